// A map's entries, loaded page by page while the reader scrolls; the first page is kept live.
// Changed cells are reported, so that the table can mark them.

import { useEffect, useRef, useState } from "preact/hooks";
import {
  MapPatch, MapTableLive, MapTablePage, type Json, type MapPatchData, type MapTablePageVariables,
  type TablePart,
} from "@gen/queries";
import { epoch, run, type ApiError } from "./api";
import { useSubscription } from "./hooks";

export type EntryRow = TablePart["rows"][number];
export type EntryColumn = TablePart["columns"][number];
export type TableWish = Omit<MapTablePageVariables, "first" | "after">;

export interface Entries {
  table: TablePart | undefined;
  rows: readonly EntryRow[];
  moved: ReadonlyMap<string, ReadonlySet<string>>;
  beat: number;
  error: ApiError | undefined;
  /** True while the rows still belong to the previous request. */
  stale: boolean;
  /** True when there are rows that are not loaded yet. */
  hasMore: boolean;
  /** Loads the next page; does nothing at the end or while a page is loading. */
  more(): void;
}

const pageSize = 200;
const pageAtMost = 2000;
const liveAtMost = 1000;

const same = (a: Json | undefined, b: Json | undefined): boolean =>
  a === b || (typeof a === "object" && JSON.stringify(a) === JSON.stringify(b));

/** Names of the columns whose cell is new or has changed, by row key. */
function changes(
  old: ReadonlyMap<string, EntryRow>, fresh: readonly EntryRow[], columns: readonly EntryColumn[],
): Map<string, Set<string>> {
  const moved = new Map<string, Set<string>>();
  if (old.size === 0) return moved;
  for (const row of fresh) {
    const before = old.get(row.key);
    const names = columns.filter((_, at) => !same(before?.cells[at], row.cells[at]))
      .map((column) => column.name);
    if (names.length) moved.set(row.key, new Set(names));
  }
  return moved;
}

const byKey = (rows: readonly EntryRow[]) => new Map(rows.map((row) => [row.key, row]));

/** The live rows, then the rows loaded further down, each key once. */
function joined(live: readonly EntryRow[], rest: readonly EntryRow[]): EntryRow[] {
  const seen = new Set(live.map((row) => row.key));
  return [...live, ...rest.filter((row) => !seen.has(row.key))];
}

const nothing: ReadonlyMap<string, ReadonlySet<string>> = new Map();

interface State {
  key: string;
  table?: TablePart;
  rows: EntryRow[];
  /** The number of first rows that one subscription keeps live. */
  live: number;
  /** The keys of all rows. */
  keys: Set<string>;
  moved: ReadonlyMap<string, ReadonlySet<string>>;
  cursor: string | null;
  stale: boolean;
  error?: ApiError | undefined;
  reading: boolean;
}

const blank = (key: string): State => ({
  key, rows: [], live: pageSize, keys: new Set(), moved: nothing, cursor: null, stale: false,
  reading: true,
});

const cursorOf = ({ pageInfo }: TablePart): string | null =>
  pageInfo.hasNextPage ? pageInfo.endCursor : null;

/** Adds a loaded page: the first, or the next one. */
function take(now: State, table: TablePart, after: string | null): void {
  if (!after) {
    now.rows = [...table.rows];
    now.keys = new Set(table.rows.map(({ key }) => key));
  } else {
    const fresh = table.rows.filter(({ key }) => !now.keys.has(key));
    for (const { key } of fresh) now.keys.add(key);
    now.rows = now.rows.concat(fresh);
    now.live = Math.min(liveAtMost, Math.max(now.live, now.rows.length));
  }
  now.table = table;
  now.stale = false;
  now.cursor = cursorOf(table);
  now.error = undefined;
  now.moved = nothing;
}

/** Replaces the first rows by their current state. */
function refresh(now: State, table: TablePart): void {
  const rest = now.stale || table.columns.length !== now.table?.columns.length
    ? [] : now.rows.slice(now.live);
  const known = now.stale ? [] : now.rows.slice(0, now.live * 2);
  now.moved = changes(byKey(known), table.rows, table.columns);
  now.rows = joined(table.rows, rest);
  now.keys = new Set(now.rows.map(({ key }) => key));
  if (!rest.length) now.cursor = cursorOf(table);
  now.table = table;
  now.stale = false;
  now.error = undefined;
}

/** Updates changed rows further down. */
function patch(now: State, list: MapPatchData["mapChanges"]["changed"]): boolean {
  const fresh = new Map(list.map(({ key, after }) => [key, after]));
  const moved = new Map(now.moved);
  let found = false;
  for (let at = now.live; at < now.rows.length; at++) {
    const row = now.rows[at]!;
    const cells = fresh.get(row.key);
    if (!cells) continue;
    for (const [key, names] of changes(byKey([row]), [{ ...row, cells }], now.table!.columns)) {
      moved.set(key, names);
    }
    now.rows[at] = { ...row, cells };
    found = true;
  }
  if (found) now.rows = [...now.rows];
  now.moved = moved;
  return found;
}

/** `compares`: true when the map can report changes beyond the first rows. */
export function useEntries(
  wish: TableWish, every: number | null, compares = false,
): Entries {
  const key = JSON.stringify(wish);
  const state = useRef<State>(blank(key));
  const [beat, setBeat] = useState(0);
  const redraw = () => setBeat((n) => n + 1);
  if (state.current.key !== key) {
    // The old rows stay until the new ones arrive, so that the page does not jump.
    const { table, rows } = state.current;
    state.current = { ...blank(key), ...(table ? { table, stale: true } : {}), rows };
  }
  const failed = (error: ApiError) => {
    state.current.error = error;
    redraw();
  };

  const read = async (after: string | null) => {
    const now = state.current;
    now.reading = true;
    const first = after ? Math.min(pageAtMost, Math.max(pageSize, now.rows.length)) : pageSize;
    try {
      const { data } = await run(MapTablePage, { ...wish, first, after });
      if (state.current === now) take(now, data.map.table, after);
    } catch (error) {
      now.error = error as ApiError;
    }
    now.reading = false;
    if (state.current === now) redraw();
  };
  useEffect(() => { void read(null); }, [key, epoch.value]);

  const { live } = state.current;
  useSubscription(MapTableLive, { ...wish, first: live, every: every ?? 1 }, ({ mapTable }) => {
    if (state.current.key !== key) return;
    refresh(state.current, mapTable);
    redraw();
  }, { skip: every === null, failed });

  const further = compares && state.current.rows.length > live &&
    !wish.keyFormat && !wish.valueFormat;
  useSubscription(MapPatch, { id: wish.id, every: every ?? 1, cpus: wish.cpus }, (data) => {
    if (patch(state.current, data.mapChanges.changed)) redraw();
  }, { skip: every === null || !further, failed });

  const { table, rows, moved, error, stale, cursor } = state.current;
  return {
    table, rows, moved, beat, error, stale, hasMore: cursor !== null,
    more: () => {
      const now = state.current;
      if (!now.reading && now.cursor) void read(now.cursor);
    },
  };
}
