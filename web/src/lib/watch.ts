// Changes of a map since a moment: adds up the events of mapChanges by key.

import type { Json, MapWatchData } from "@gen/queries";
import { numberOf } from "./cells";

export type Changes = MapWatchData["mapChanges"];
export type WatchColumn = Changes["columns"][number];
export type Sort = "added" | "removed" | "changed" | "passed";

export interface Watched {
  key: string;
  /** passed: added and removed again. */
  state: Sort;
  /** The cells at the start; null when the entry did not exist. */
  first: readonly Json[] | null;
  cells: readonly Json[];
  /** Change per second of each number, at the last event. */
  rates: readonly (number | null)[];
  /** Columns whose cells changed at the last event. */
  moved: ReadonlySet<string>;
  time: number;
}

export interface Watch {
  since: number;
  time: number;
  entries: number;
  truncated: boolean;
  columns: readonly WatchColumn[];
  rows: ReadonlyMap<string, Watched>;
  /** Changed entries per second at the last event. */
  pace: number;
}

const still: ReadonlySet<string> = new Set();

const beginning = (event: Changes): Watch => ({
  since: event.time, time: event.time, entries: event.entries, truncated: event.truncated,
  columns: event.columns, rows: new Map(), pace: 0,
});

/** Names of the columns whose cells differ. */
const differing = (
  before: readonly Json[], after: readonly Json[], columns: readonly WatchColumn[],
): Set<string> => new Set(columns.filter((_, at) =>
  JSON.stringify(before[at]) !== JSON.stringify(after[at])).map(({ name }) => name));

const same = (a: readonly Json[] | null, b: readonly Json[]): boolean =>
  a !== null && JSON.stringify(a) === JSON.stringify(b);

/** The state after one more event; without a state it begins with the event. */
export function watched(old: Watch | undefined, event: Changes): Watch {
  if (!old) return beginning(event);
  const rows = new Map([...old.rows].map(([key, row]) =>
    [key, row.moved === still ? row : { ...row, rates: [], moved: still }] as const));
  const all = new Set(event.columns.map(({ name }) => name));
  const { time } = event;
  for (const { key, cells } of event.added) {
    const known = rows.get(key);
    const first = known?.first ?? null;
    if (same(first, cells)) rows.delete(key);
    else {
      const state = first ? "changed" : "added";
      rows.set(key, { key, cells, first, state, rates: [], moved: all, time });
    }
  }
  for (const { key, cells } of event.removed) {
    const known = rows.get(key);
    const first = known ? known.first : cells;
    const state = first ? "removed" : "passed";
    rows.set(key, { key, cells, first, state, rates: [], moved: all, time });
  }
  for (const { key, before, after, rates } of event.changed) {
    const known = rows.get(key);
    rows.set(key, {
      key, cells: after, first: known ? known.first : before, rates, time,
      state: known?.state === "added" ? "added" : "changed",
      moved: differing(before, after, event.columns),
    });
  }
  const moves = event.added.length + event.removed.length + event.changed.length;
  return {
    since: old.since, time, entries: event.entries, truncated: event.truncated,
    columns: event.columns, rows, pace: moves / (event.seconds ?? 1),
  };
}

/** The growth of a number since the start; null when that is meaningless. */
export function growth(row: Watched, at: number): number | null {
  const now = numberOf(row.cells[at]);
  const then = row.first ? numberOf(row.first[at]) : 0;
  return Number.isNaN(now - then) ? null : now - then;
}

export const tally = (watch: Watch, state: Sort): number =>
  [...watch.rows.values()].filter((row) => row.state === state).length;
