// The current programs and maps by id, kept up to date by the subscription `objects`.

import { computed, signal } from "@preact/signals";
import {
  HealthWatch, Ids, MapRows, Objects, ProgramRows, Start,
  type MapRow, type ProgramRow, type StartData,
} from "@gen/queries";
import { ApiError, connection, epoch, run, subscribe } from "./api";
import { rowsAtOnce } from "./ask";
import { noteChange, type Kind } from "./changes";
import { visible } from "./hooks";

export const start = signal<StartData | undefined>(undefined);
export const programs = signal<ReadonlyMap<number, ProgramRow>>(new Map());
export const maps = signal<ReadonlyMap<number, MapRow>>(new Map());
/** Which lists have been read: maps can be shown while programs are still loading. */
export const programsRead = signal(false);
export const mapsRead = signal(false);
export const loaded = computed(() => programsRead.value && mapsRead.value);
export const failure = signal<ApiError | undefined>(undefined);

/** An object that was added or removed, for the overview. */
export interface Happening {
  time: number; kind: Kind; id: number; came: boolean; name: string; type: string;
}
export const happenings = signal<readonly Happening[]>([]);

/** True: lists also show Lunette's own objects. */
export const showOwn = signal(localStorage.getItem("lunette.own") === "true");
export function setShowOwn(value: boolean): void {
  showOwn.value = value;
  localStorage.setItem("lunette.own", String(value));
}

const listed = <Row extends { own: boolean }>(all: ReadonlyMap<number, Row>): Row[] =>
  [...all.values()].filter((row) => showOwn.value || !row.own);

export const programList = computed(() => listed(programs.value));
export const mapList = computed(() => listed(maps.value));

const byId = <Row extends { id: number }>(rows: Row[]) => new Map(rows.map((row) => [row.id, row]));

async function inChunks<Row>(ids: number[], read: (ids: number[]) => Promise<Row[]>) {
  const rows: Row[] = [];
  for (let at = 0; at < ids.length; at += rowsAtOnce) {
    rows.push(...await read(ids.slice(at, at + rowsAtOnce)));
  }
  return rows;
}

const readPrograms = (ids: number[]) =>
  inChunks(ids, async (some) => (await run(ProgramRows, { ids: some })).data.programs);
const readMaps = (ids: number[]) =>
  inChunks(ids, async (some) => (await run(MapRows, { ids: some })).data.maps);

async function loadLists(): Promise<void> {
  const { data } = await run(Ids, {});
  await Promise.all([
    readPrograms(data.programs).then((rows) => {
      programs.value = byId(rows);
      programsRead.value = true;
    }),
    readMaps(data.maps).then((rows) => {
      maps.value = byId(rows);
      mapsRead.value = true;
    }),
  ]);
}

const retryAfter = 3000;
let loading: Promise<void> | undefined;
/** Set by a change during a read, whose result may then be outdated. */
let outdated = false;

/** Reads everything, one read at a time; a failed read is repeated while the tab is visible. */
function loadAll(): Promise<void> {
  outdated = loading !== undefined;
  loading ??= Promise.all([
    run(Start, {}).then(({ data }) => { start.value = data; }), loadLists(),
  ]).then(() => {
    failure.value = undefined;
  }, (error: ApiError) => {
    failure.value = error;
    setTimeout(retry, retryAfter);
  }).finally(() => {
    loading = undefined;
    if (outdated) void loadAll();
  });
  return loading;
}

function retry(): void {
  if (failure.value && visible.value) void loadAll();
}
visible.subscribe(retry);

export const happeningsKept = 200;

function note(kind: Kind, ids: number[], came: boolean): void {
  const rows = kind === "PROGRAM" ? programs.value : kind === "MAP" ? maps.value : undefined;
  if (!rows) return;
  const fresh: Happening[] = [];
  for (const id of ids) {
    const row = rows.get(id);
    if (!row || row.own) continue;
    fresh.push({ time: Date.now() / 1000, kind, id, came, name: row.name ?? "", type: row.type });
  }
  happenings.value = [...fresh.reverse(), ...happenings.value].slice(0, happeningsKept);
}

/** The rows with some removed and others added, by id. */
function patched<Row extends { id: number; error: string | null }>(
  rows: ReadonlyMap<number, Row>, removed: number[], fresh: Row[],
): ReadonlyMap<number, Row> {
  const next = new Map(rows);
  for (const id of removed) next.delete(id);
  for (const row of fresh) if (!row.error) next.set(row.id, row);
  return next;
}

/** Maps of the given programs, to be read again because their users have changed. */
function touched(rows: Iterable<ProgramRow | undefined>): number[] {
  const ids = new Set<number>();
  for (const row of rows) for (const map of row?.maps ?? []) ids.add(map.id);
  return [...ids];
}

async function onPrograms(added: number[], removed: number[]): Promise<void> {
  note("PROGRAM", removed, false);
  const gone = removed.map((id) => programs.value.get(id));
  const fresh = await readPrograms(added);
  programs.value = patched(programs.value, removed, fresh);
  note("PROGRAM", added, true);
  const ids = touched([...gone, ...fresh]).filter((id) => maps.value.has(id));
  if (!ids.length) return;
  const users = await readMaps(ids);
  maps.value = patched(maps.value, [], users.filter(({ id }) => maps.value.has(id)));
}

async function onMaps(added: number[], removed: number[]): Promise<void> {
  note("MAP", removed, false);
  const fresh = await readMaps(added);
  maps.value = patched(maps.value, removed, fresh);
  note("MAP", added, true);
}

async function change(kind: Kind, added: number[], removed: number[]): Promise<void> {
  await loading;
  try {
    if (kind === "PROGRAM") await onPrograms(added, removed);
    if (kind === "MAP") await onMaps(added, removed);
  } catch {
    await loadAll();
  }
  noteChange(kind);
}

let turn: Promise<void> = Promise.resolve();

/** Handles events one after another, so that an old answer can't bring back a removed object. */
function onObjects(kind: Kind, added: number[], removed: number[]): Promise<void> {
  turn = turn.then(() => change(kind, added, removed));
  return turn;
}

/** Items of the first list that are missing in the second. */
const without = (ids: Iterable<number>, other: { has(id: number): boolean }): number[] =>
  [...ids].filter((id) => !other.has(id));

/** Finds changes made before the subscription began, which the server does not report. */
async function settle(): Promise<void> {
  await loading;
  const { data } = await run(Ids, {});
  for (const [kind, rows, known] of [
    ["PROGRAM", data.programs, programs.value], ["MAP", data.maps, maps.value],
  ] as const) {
    const ids = new Set<number>(rows);
    const added = without(ids, known);
    const removed = without(known.keys(), ids);
    if (added.length || removed.length) await onObjects(kind, added, removed);
  }
}

const settling = 800;

/** Loads everything, follows changes, and starts again after a reconnection. */
export function startStore(): void {
  epoch.subscribe(() => { void loadAll(); });
  connection.subscribe((state) => {
    if (state === "live") setTimeout(() => { settle().catch(() => {}); }, settling);
  });
  subscribe(Objects, {}, ({ objects }) => {
    void onObjects(objects.kind, objects.added, objects.removed);
  });
  subscribe(HealthWatch, {}, ({ health }) => {
    const old = start.value;
    if (!old) return;
    if (health.generation !== old.health.generation) epoch.value++;
    start.value = { ...old, health };
  });
}
