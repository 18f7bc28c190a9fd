// The lists of programs and maps: filtered, sorted, grouped.

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { MapRows, ProgramRows, type MapRow, type ProgramRow } from "@gen/queries";
import { bytes, compare, count, duration, percent, plural, short } from "../lib/format";
import { rates, trails, useRates } from "../lib/rates";
import { oneOf, params, setParams } from "../lib/router";
import { mapFits, programFits } from "../lib/search";
import {
  failure, mapList, maps, mapsRead, programList, programs, programsRead, setShowOwn, showOwn,
} from "../lib/store";
import {
  Ago, Head, MapLink, None, Owners, Pick, ProgramLink, ShowQuery, TypeTag,
} from "../parts/bits";
import { Spark } from "../parts/chart";
import { NotMeasuredLine, isOff } from "../parts/sampler";
import { Empty, Loading, Refused } from "../parts/states";
import { Table, sortFromAddress, type Column } from "../parts/table";

const nameOf = (row: { id: number; name: string | null }) => row.name || `(no name) ${row.id}`;

const rateOf = (row: ProgramRow) => rates.value.get(row.id);

export const programColumns: Column<ProgramRow>[] = [
  { id: "id", title: "Id", least: 78, end: true, wideOnly: true, value: (row) => row.id,
    cell: (row) => row.id },
  { id: "name", title: "Name", least: 132, grow: 3, value: nameOf,
    cell: (row) => <ProgramLink program={row} /> },
  { id: "type", title: "Type", least: 124, grow: 1, value: (row) => row.type,
    cell: (row) => <TypeTag type={row.type} /> },
  { id: "cpu", title: "CPU", least: 82, end: true, hint: "Share of one CPU over the last second",
    value: (row) => rateOf(row)?.cpu ?? 0, cell: (row) => percent(rateOf(row)?.cpu) },
  { id: "trail", title: "", least: 92, wideOnly: true,
    cell: (row) => <Spark width={76} height={18} label="CPU lately"
      values={(trails.get(row.id) ?? []).slice(-60).map((point) => point.cpu)} /> },
  { id: "runs", title: "Runs/s", least: 72, end: true, wideOnly: true,
    value: (row) => rateOf(row)?.runs ?? 0, cell: (row) => short(rateOf(row)?.runs) },
  { id: "average", title: "Per run", least: 76, end: true, wideOnly: true,
    hint: "Average time of a run",
    value: (row) => rateOf(row)?.average ?? 0, cell: (row) => duration(rateOf(row)?.average) },
  { id: "attached", title: "Attached to", least: 120, grow: 2, wideOnly: true,
    value: (row) => row.attachments[0]?.target ?? "",
    cell: (row) => <AttachedTo points={row.attachments} /> },
  { id: "maps", title: "Maps", least: 110, grow: 2, wideOnly: true, value: (row) => row.maps.length,
    cell: (row) => <MapNames ids={row.maps} /> },
  { id: "owner", title: "Held by", least: 94, grow: 1, wideOnly: true,
    value: (row) => row.owners[0]?.comm ?? "",
    cell: (row) => <Owners owners={row.owners} most={2} /> },
  { id: "loaded", title: "Loaded", least: 94, end: true, wideOnly: true,
    value: (row) => row.loadTime, cell: (row) => <Ago time={row.loadTime} /> },
];

function AttachedTo({ points }: { points: ProgramRow["attachments"] }) {
  if (!points.length) return <None />;
  const title = points.map(({ kind, target }) => `${kind} ${target}`).join("\n");
  return <span class="mono" title={title}>{points.map(({ target }) => target).join(", ")}</span>;
}

function MapNames({ ids }: { ids: { id: number }[] }) {
  const known = ids.map(({ id }) => maps.value.get(id)).filter((map) => map !== undefined);
  if (!known.length) return <None />;
  return (
    <>
      {known.map((map, at) => <span key={map.id}>{at > 0 && ", "}<MapLink map={map} /></span>)}
    </>
  );
}

export const mapColumns: Column<MapRow>[] = [
  { id: "id", title: "Id", least: 78, end: true, wideOnly: true, value: (row) => row.id,
    cell: (row) => row.id },
  { id: "name", title: "Name", least: 132, grow: 3, value: nameOf,
    cell: (row) => <MapLink map={row} /> },
  { id: "type", title: "Type", least: 124, grow: 1, value: (row) => row.type,
    cell: (row) => <TypeTag type={row.type} map /> },
  { id: "key", title: "Key", least: 68, end: true, wideOnly: true, value: (row) => row.keySize,
    cell: (row) => bytes(row.keySize) },
  { id: "size", title: "Value", least: 82, end: true, wideOnly: true, value: (row) => row.valueSize,
    cell: (row) => bytes(row.valueSize) },
  { id: "max", title: "Capacity", hint: "Entries at most; bytes of a ring buffer",
    least: 78, end: true, value: (row) => row.maxEntries,
    cell: (row) => count(row.maxEntries) },
  { id: "memory", title: "Memory", least: 90, end: true, wideOnly: true,
    value: (row) => row.memory ?? 0, cell: (row) => bytes(row.memory) },
  { id: "programs", title: "Used by", least: 150, grow: 3, wideOnly: true,
    value: (row) => row.programs.length, cell: (row) => <ProgramNames ids={row.programs} /> },
  { id: "owner", title: "Held by", least: 94, grow: 1, wideOnly: true,
    value: (row) => row.owners[0]?.comm ?? "",
    cell: (row) => <Owners owners={row.owners} most={2} /> },
  { id: "pin", title: "Pinned at", least: 120, grow: 2, wideOnly: true,
    value: (row) => row.pins?.[0] ?? "", cell: (row) => (
      row.pins?.length ? <span class="mono">{row.pins.join(", ")}</span> : <None />) },
];

function ProgramNames({ ids }: { ids: { id: number }[] }) {
  const known = ids.map(({ id }) => programs.value.get(id)).filter((row) => row !== undefined)
    .filter((row) => showOwn.value || !row.own);
  if (!known.length) return <None />;
  return (
    <>
      {known.map((row, at) => (
        <span key={row.id}>{at > 0 && ", "}<ProgramLink program={row} /></span>))}
    </>
  );
}

const groups = ["none", "type", "owner", "name"] as const;
type Group = (typeof groups)[number];

const groupText: [Group, string][] = [
  ["none", "no groups"], ["type", "type"], ["owner", "process"], ["name", "name"],
];

interface Groupable { type: string; name: string | null; owners: { comm: string }[] }

function groupBy(group: Group): ((row: Groupable) => string) | undefined {
  switch (group) {
    case "none": return undefined;
    case "type": return (row) => row.type;
    case "owner": return (row) => row.owners[0]?.comm ?? "held by no process";
    case "name": return (row) => row.name || "(no name)";
  }
}

/** The bar above a list: filter, groups, Lunette's own objects. */
function ListBar({ shown, all, noun, ready }: {
  shown: number; all: number; noun: string; ready: boolean;
}) {
  const text = params.value.get("q") ?? "";
  return (
    <div class="bar">
      <input type="search" value={text} placeholder={`Filter ${noun}`} aria-label={`Filter ${noun}`}
        spellcheck={false} onInput={(event) => setParams({ q: event.currentTarget.value })}
        onKeyDown={(event) => { if (event.key === "Escape") event.currentTarget.blur(); }} />
      <Pick label="Group by" value={oneOf("group", groups)} options={groupText}
        choose={(value) => setParams({ group: value === "none" ? null : value })} />
      <label class="check">
        <input type="checkbox" checked={showOwn.value}
          onChange={(event) => setShowOwn(event.currentTarget.checked)} />
        Lunette's own
      </label>
      <span class="end">
        {!ready ? "" : shown === all ? plural(all, noun)
          : `${count(shown)} of ${plural(all, noun)}`}
      </span>
    </div>
  );
}

interface Listed extends Groupable { id: number; own: boolean }

function ListPage<Row extends Listed>({
  noun, title, doc, ready, rows, fits, columns, href, note, notice,
}: {
  noun: string; title: string; doc: { text: string }; ready: boolean; rows: Row[];
  fits: (row: Row, text: string) => boolean;
  columns: Column<Row>[]; href: (row: Row) => string; note: (rows: Row[]) => ComponentChildren;
  notice?: ComponentChildren;
}) {
  const text = params.value.get("q") ?? "";
  const shown = useMemo(
    () => (text ? rows.filter((row) => fits(row, text)) : rows), [rows, text, fits]);
  const empty = text
    ? <Empty title={`No ${noun} fit “${text}”`} icon="search">
        <p>The filter looks at name, id, type, tag, pin, process and attach point.</p>
      </Empty>
    : <Empty title={`No ${noun} are loaded`}>
        <p>They appear here by themselves. Try: <code>bpftrace -e
          'tracepoint:raw_syscalls:sys_enter {"{"} @[comm] = count(); {"}"}'</code></p>
      </Empty>;
  return (
    <div class="page fill">
      <Head title={title} actions={<ShowQuery doc={doc} variables={{ ids: null }} />} />
      <ListBar shown={shown.length} all={rows.length} noun={noun} ready={ready} />
      {notice}
      {!ready ? failure.value
        ? <Refused message={failure.value.message} /> : <Loading lines={10} /> : (
        <Table className="grow" label={title} rows={shown} columns={columns} href={href}
          rowKey={(row) => row.id} rowClass={(row) => (row.own ? "own" : "")}
          groupOf={groupBy(oneOf("group", groups))} groupNote={note} empty={empty} />
      )}
    </div>
  );
}

const cpuOf = (rows: ProgramRow[]) =>
  rows.reduce((sum, row) => sum + (rateOf(row)?.cpu ?? 0), 0);

const measuredColumns = new Set(["cpu", "runs", "average"]);

export function Programs() {
  useRates();
  // When sorted by a measured column: a new list with each measurement, so that the table sorts
  // again.
  const byCost = measuredColumns.has(sortFromAddress(undefined)?.column ?? "");
  const rows = useMemo(() => [...programList.value],
    [programList.value, byCost ? rates.value : undefined]);
  return (
    <ListPage noun="programs" title="Programs" doc={ProgramRows} ready={programsRead.value}
      rows={rows} fits={programFits} columns={programColumns} href={(row) => `/programs/${row.id}`}
      note={(list) => `${percent(cpuOf(list))} CPU`}
      notice={isOff() && <NotMeasuredLine />} />
  );
}

export function Maps() {
  return (
    <ListPage noun="maps" title="Maps" doc={MapRows} ready={mapsRead.value}
      rows={mapList.value} fits={mapFits} columns={mapColumns}
      href={(row) => `/maps/${row.id}`}
      note={(list) => bytes(list.reduce((sum, row) => sum + (row.memory ?? 0), 0))} />
  );
}

/** The number of objects by type, most first. */
export function byType(rows: { type: string }[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { type } of rows) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || compare(a, b));
}
