// Changes a map's entries, and undoes the last change.

import { signal } from "@preact/signals";
import { DeleteValues, PopValue, WriteEntry, type Json, type WriteEntryData } from "@gen/queries";
import { run } from "./api";

export type Written = WriteEntryData["writeMapEntry"];

/** The last change: its map, a description, and the function that undoes it, if possible. */
export interface Change { mapId: number; what: string; back?: () => Promise<void> }
export const lastChange = signal<Change | undefined>(undefined);

const bytesOf = (values: readonly string[]): Json =>
  values.length === 1 ? { hex: values[0]! } : values.map((hex) => ({ hex }));

const done = (error: string | null): void => {
  if (error) throw new Error(error);
};

interface Wish {
  id: number; key: Json; value: Json; mode?: "ANY" | "CREATE" | "UPDATE";
}

/** The bytes that would be written; writes nothing. */
export const preview = async ({ id, key, value }: Wish): Promise<Written> =>
  (await run(WriteEntry, { id, key, value, dryRun: true })).data.writeMapEntry;

const erase = async (id: number, key: string): Promise<void> =>
  done((await run(DeleteValues, { id, keys: [key], keyFormat: "HEX" }))
    .data.deleteMapValues?.error ?? null);

const restore = async (id: number, key: string, values: readonly string[]): Promise<void> =>
  done((await run(WriteEntry, { id, key: key ? { hex: key } : null, value: bytesOf(values) }))
    .data.writeMapEntry.error);

const takeOut = async (id: number): Promise<string | null> => {
  const { error, value } = (await run(PopValue, { id })).data.popMapValue;
  done(error);
  return value;
};

/** Writes an entry. Undo restores the previous value, or removes a new entry. */
export async function write(wish: Wish): Promise<void> {
  const { id, key, value, mode } = wish;
  const { error, key: hex, before } =
    (await run(WriteEntry, { id, key, value, mode: mode ?? "ANY" })).data.writeMapEntry;
  done(error);
  lastChange.value = {
    mapId: id, what: before ? "The value was written." : "The entry was added.",
    back: () => (before ? restore(id, hex!, before) : erase(id, hex!)),
  };
}

export async function remove(id: number, key: string, before: readonly string[]): Promise<void> {
  await erase(id, key);
  lastChange.value = {
    mapId: id, what: "The entry was deleted.", back: () => restore(id, key, before),
  };
}

/** Adds a value to a queue, stack or bloom filter. Undo is possible only for a stack. */
export async function push(id: number, kernelType: string, value: Json): Promise<void> {
  done((await run(WriteEntry, { id, key: null, value })).data.writeMapEntry.error);
  lastChange.value = {
    mapId: id, what: "The value was put in.",
    ...(kernelType === "stack" ? { back: async () => { await takeOut(id); } } : {}),
  };
}

/** Removes a value from a queue or stack. */
export async function pop(id: number, kernelType: string): Promise<void> {
  const value = await takeOut(id);
  lastChange.value = {
    mapId: id, what: value === null ? "There was nothing in it." : `${value} was taken out.`,
    ...(kernelType === "stack" && value !== null ? { back: () => restore(id, "", [value]) } : {}),
  };
}
