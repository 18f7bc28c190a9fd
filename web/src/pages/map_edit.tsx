// Shows and changes one entry: the bytes are shown before they are written, and the last change can
// be undone.

import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { MapEntryCells, MapEntryText, type TablePart } from "@gen/queries";
import type { MapInfo } from "./map";
import type { EntryColumn, EntryRow } from "../lib/entries";
import { spaced } from "../lib/format";
import { useQuery } from "../lib/hooks";
import { start } from "../lib/store";
import { typedText, type Typed } from "../lib/typed";
import { lastChange, pop, push, remove, write } from "../lib/writes";
import { Copy } from "../parts/bits";
import { Dialog } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { Answer, Failure } from "../parts/states";
import { Frames, cellInFull, columnTitle, framesOf } from "./map_cells";
import {
  EntryForm, emptyForm, inputFrom, usePreview, type Before, type FormState, type Preview,
} from "./map_form";

const takes = new Set([
  "hash", "percpu_hash", "lru_hash", "lru_percpu_hash", "lpm_trie", "hash_of_maps", "prog_array",
  "array_of_maps", "devmap", "devmap_hash", "cpumap", "queue", "stack", "bloom_filter",
]);
const keyless = new Set(["queue", "stack", "bloom_filter"]);
const fixed = new Set([
  "stack_trace", "sockmap", "sockhash", "reuseport_sockarray", "xskmap", "perf_event_array",
  "cgroup_array",
]);

const writes = (map: MapInfo): boolean =>
  start.value?.health.canWrite === true && !map.frozen && !map.flagNames.includes("rdonly");

/** True when entries can be added to this map by this reader. */
export const mayAdd = (map: MapInfo): boolean => writes(map) && takes.has(map.kernelType);

const mayEdit = (map: MapInfo): boolean =>
  writes(map) && map.isLookupSupported && !fixed.has(map.kernelType);

const mayDelete = (map: MapInfo): boolean =>
  writes(map) && map.isLookupSupported && takes.has(map.kernelType);

/** Runs a change; returns its error in words. */
function useChange(done: () => void) {
  const [error, setError] = useState<string | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const change = async (work: () => Promise<void>) => {
    setBusy(true);
    try {
      await work();
      setError(undefined);
      done();
    } catch (problem) {
      setError((problem as Error).message);
    }
    setBusy(false);
  };
  return { error, busy, change };
}

export function UndoBar({ mapId }: { mapId: number }) {
  const last = lastChange.value;
  const { error, busy, change } = useChange(() => { lastChange.value = undefined; });
  if (!last || last.mapId !== mapId) return null;
  const { back } = last;
  return (
    <div class="notice" role="status">
      {last.what}
      {back && (
        <button class="plain" disabled={busy} onClick={() => void change(back)}>
          <Icon name="undo" />Undo
        </button>
      )}
      <button class="plain" onClick={() => { lastChange.value = undefined; }}>Dismiss</button>
      {error && <span class="bad">{error}</span>}
    </div>
  );
}

/** Each CPU's cells of the value, as text by field name. */
function cellsByCpu(table: TablePart, fields: readonly { name: string }[]): Typed[] {
  const cells = table.rows[0]?.cells ?? [];
  const values = cells.slice(table.columns.filter(({ part }) => part === "KEY").length);
  return Array.from({ length: Math.max(1, Math.round(values.length / (fields.length || 1))) },
    (_, cpu) => Object.fromEntries(fields.map(({ name }, at) =>
      [name, typedText(values[cpu * fields.length + at])])));
}

/** True when nothing was typed, so that there is nothing to write. */
const untouched = (form: FormState, before: Before): boolean =>
  form.as === "fields" && form.values.every((typed, cpu) => Object.entries(typed)
    .every(([name, text]) => text === (before.cells[cpu]?.[name] ?? "")));

/** Fields typed back to their old value are not sent. */
const changed = (form: FormState, before: Before): FormState => ({
  ...form, values: form.values.map((typed, cpu) => Object.fromEntries(Object.entries(typed)
    .filter(([name, text]) => text !== before.cells[cpu]?.[name]))),
});

function Footer({ label, found, idle, busy, go, children }: {
  label: string; found: Preview; idle: boolean; busy: boolean; go: () => void;
  children?: ComponentChildren;
}) {
  return (
    <footer class="within">
      {children}
      <button class="primary" onClick={go}
        disabled={busy || idle || !found.fresh || !found.written}>{label}</button>
    </footer>
  );
}

function ValueEditor({ map, before, close }: { map: MapInfo; before: Before; close: () => void }) {
  const [form, set] = useState(() => emptyForm(map, before.cells.length));
  const sent = changed(form, before);
  const found = usePreview(map, useSame(sent), before);
  const { error, busy, change } = useChange(close);
  return (
    <>
      <EntryForm map={map} form={form} set={set} before={before} found={found} />
      {error && <Failure message={error} />}
      <Footer label="Write" found={found} idle={untouched(form, before)} busy={busy}
        go={() => void change(() => write({
          id: map.id, mode: "UPDATE", ...inputFrom(map, sent, before) }))} />
    </>
  );
}

/** The previous object while the new one is equal. */
function useSame<Value>(value: Value): Value {
  const kept = useRef(value);
  if (JSON.stringify(kept.current) !== JSON.stringify(value)) kept.current = value;
  return kept.current;
}

function Shown({ columns, row, bytes }: {
  columns: readonly EntryColumn[]; row: EntryRow; bytes: string[] | undefined;
}) {
  return (
    <dl class="facts">
      {columns.map((column, at) => {
        const frames = framesOf(row.cells[at], column);
        return [
          <dt key={column.name} title={column.type}>{columnTitle(column, columns)}</dt>,
          <dd key={`${column.name} is`} class="mono">
            {frames ? <Frames frames={frames} /> : cellInFull(row.cells[at], column)}</dd>,
        ];
      })}
      {bytes && <><dt>key bytes</dt><dd class="mono dim">{spaced(row.key)}</dd></>}
      {bytes?.map((value, cpu) => [
        <dt key={cpu}>{bytes.length > 1 ? `CPU ${cpu} bytes` : "value bytes"}</dt>,
        <dd key={`${cpu} is`} class="mono dim">{spaced(value)}</dd>,
      ])}
    </dl>
  );
}

export function EntryDialog({ map, row, columns, close }: {
  map: MapInfo; row: EntryRow; columns: readonly EntryColumn[]; close: () => void;
}) {
  const [editing, edit] = useState(false);
  const skip = !map.isLookupSupported;
  const text = useQuery(MapEntryText, { id: map.id, key: row.key }, { skip });
  const cells = useQuery(MapEntryCells, { id: map.id, key: row.key }, { skip: skip || !editing });
  const { error, change, busy } = useChange(close);
  const entry = text.data?.map.entry;
  const bytes = entry ? (entry.value !== null ? [entry.value] : entry.cpuValues) : undefined;
  const value = () => JSON.stringify(
    Object.fromEntries(columns.map((column, at) => [column.name, row.cells[at]])), null, 2);
  return (
    <Dialog title={editing ? "Change the entry" : "Entry"} close={close}
      footer={!editing && (
        <>
          <Copy label="Copy as JSON" text={value} />
          {mayDelete(map) && bytes && (
            <button class="danger" disabled={busy}
              onClick={() => void change(() => remove(map.id, row.key, bytes))}>
              <Icon name="trash" />Delete
            </button>
          )}
          {keyless.has(map.kernelType) && writes(map) && (
            <button class="danger" disabled={busy}
              onClick={() => void change(() => pop(map.id, map.kernelType))}>Pop</button>
          )}
          {mayEdit(map) && (
            <button class="primary" onClick={() => edit(true)}><Icon name="edit" />Edit</button>
          )}
        </>
      )}>
      {!editing && <Shown columns={columns} row={row} bytes={bytes} />}
      {error && <Failure message={error} />}
      {editing && (
        <Answer result={cells} lines={4}>
          {({ map: { table } }) => table.rows.length
            ? <EditOf map={map} row={row} table={table} close={close} />
            : <p class="dim">The entry is gone.</p>}
        </Answer>
      )}
    </Dialog>
  );
}

/** The form keeps the entry as it was when the form was opened. */
function EditOf({ map, row, table, close }: {
  map: MapInfo; row: EntryRow; table: TablePart; close: () => void;
}) {
  const [before] = useState(() => ({ key: row.key, cells: cellsByCpu(table, map.decoder.value) }));
  return <ValueEditor map={map} before={before} close={close} />;
}

export function NewEntry({ map, close }: { map: MapInfo; close: () => void }) {
  const cpus = map.isPerCPU ? start.value?.host.possibleCpus ?? 1 : 1;
  const [form, set] = useState(() => emptyForm(map, cpus));
  const found = usePreview(map, form, undefined);
  const { error, busy, change } = useChange(close);
  const alone = keyless.has(map.kernelType);
  const there = !alone && found.written?.before;
  const add = () => {
    const { key, value } = inputFrom(map, form, undefined);
    return alone ? push(map.id, map.kernelType, value)
      : write({ id: map.id, key, value, mode: "CREATE" });
  };
  return (
    <Dialog title={alone ? "Put in a value" : "Add an entry"} close={close}>
      <EntryForm map={map} form={form} set={set} before={undefined} found={found} />
      {there && <p class="warn">This key exists already: edit that entry.</p>}
      {error && <Failure message={error} />}
      <Footer label={alone ? "Put in" : "Add"} found={found} idle={Boolean(there)} busy={busy}
        go={() => void change(add)} />
    </Dialog>
  );
}
