// A map's entries as one reads on: pages after a cursor, the first of them kept live. Cells that
// changed are told, so that the table can mark them.

import { useEffect, useRef, useState } from "preact/hooks";
import {
  MapTableLive, MapTablePage, type Json, type MapTablePageVariables, type TablePart,
} from "@gen/queries";
import { run, type ApiError } from "./api";
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
  reading: boolean;
  /** Are these still the rows of the wish before? */
  stale: boolean;
  /** Fetches the next page; nothing when there is none or one is on its way. */
  more(): void;
}

const pageSize = 200;
const liveAtMost = 1000;
/** Rows that the server gives at once at most: a sorted table has no pages beyond them. */
const sortedAtMost = 10_000;

const same = (a: Json | undefined, b: Json | undefined): boolean =>
  a === b || (typeof a === "object" && JSON.stringify(a) === JSON.stringify(b));

/** Names of the columns whose cell is new or other than before, by row key. */
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

/** The live rows, then those read further down, each key once. */
function joined(live: readonly EntryRow[], rest: readonly EntryRow[]): EntryRow[] {
  const seen = new Set(live.map((row) => row.key));
  return [...live, ...rest.filter((row) => !seen.has(row.key))];
}

/** Is there more to read than these rows? */
export const hasMore = (table: TablePart | undefined, rows: number): boolean =>
  table !== undefined && (table.pageInfo.hasNextPage ||
    ((table.matched ?? 0) > rows && rows < sortedAtMost));

const nothing: ReadonlyMap<string, ReadonlySet<string>> = new Map();

interface State {
  key: string;
  table?: TablePart;
  rows: readonly EntryRow[];
  /** Rows beyond the live ones. */
  rest: readonly EntryRow[];
  moved: ReadonlyMap<string, ReadonlySet<string>>;
  cursor: string | null;
  /** Rows asked for at once: grows where there are no pages. */
  want: number;
  stale: boolean;
  error?: ApiError | undefined;
  reading: boolean;
}

const blank = (key: string): State =>
  ({ key, rows: [], rest: [], moved: nothing, cursor: null, want: pageSize, stale: false, reading: true });

export function useEntries(wish: TableWish, every: number | null): Entries {
  const key = JSON.stringify(wish);
  const state = useRef<State>(blank(key));
  const [beat, setBeat] = useState(0);
  const redraw = () => setBeat((n) => n + 1);
  if (state.current.key !== key) {
    // The old rows stay until the new ones are there: no jump.
    const { table, rows } = state.current;
    state.current = { ...blank(key), ...(table ? { table, stale: true } : {}), rows };
  }

  const read = async (after: string | null) => {
    const now = state.current;
    now.reading = true;
    try {
      const { data } = await run(MapTablePage, { ...wish, first: now.want, after });
      if (state.current !== now) return;
      const { table } = data.map;
      now.rows = after ? joined(now.rows, table.rows) : table.rows;
      now.rest = now.rows.slice(Math.min(liveAtMost, now.want));
      now.table = table;
      now.stale = false;
      now.cursor = table.pageInfo.hasNextPage ? table.pageInfo.endCursor : null;
      now.error = undefined;
      now.moved = nothing;
    } catch (error) {
      if (state.current === now) now.error = error as ApiError;
    }
    now.reading = false;
    redraw();
  };
  useEffect(() => { void read(null); }, [key]);

  const live = Math.min(liveAtMost, state.current.want);
  useSubscription(MapTableLive, { ...wish, first: live, every: every ?? 1 }, ({ mapTable }) => {
    const now = state.current;
    if (now.key !== key) return;
    now.moved = changes(byKey(now.rows.slice(0, live * 2)), mapTable.rows, mapTable.columns);
    const columnsSame = mapTable.columns.length === now.table?.columns.length;
    now.rows = joined(mapTable.rows, columnsSame ? now.rest : []);
    if (!now.rest.length) {
      now.cursor = mapTable.pageInfo.hasNextPage ? mapTable.pageInfo.endCursor : null;
    }
    now.table = mapTable;
    now.stale = false;
    now.error = undefined;
    redraw();
  }, { skip: every === null, failed: (error) => { state.current.error = error; redraw(); } });

  const { table, rows, moved, error, reading, stale } = state.current;
  return {
    table, rows, moved, beat, error, reading, stale,
    more: () => {
      const now = state.current;
      if (now.reading) return;
      if (now.cursor) return void read(now.cursor);
      if (!hasMore(now.table, now.rows.length) || now.want >= sortedAtMost) return;
      now.want = Math.min(sortedAtMost, now.want * 5);
      void read(null);
    },
  };
}
