// Changes in a map since a moment: entries added, removed and changed, how much and how fast. The
// server sends them; while nothing changes, it sends nothing.

import { useState } from "preact/hooks";
import { MapWatch } from "@gen/queries";
import type { MapInfo } from "./map";
import { now } from "../lib/clock";
import { ago, count, exactTime, sentence, short, withUnit } from "../lib/format";
import { useSubscription } from "../lib/hooks";
import { oneOf, params, setParams } from "../lib/router";
import {
  growth, tally, watched, type Sort, type Watch, type WatchColumn, type Watched,
} from "../lib/watch";
import { Choice, Figure, Figures, Pick, ShowQuery, download } from "../parts/bits";
import { Icon } from "../parts/icon";
import { Empty, Failure, Loading } from "../parts/states";
import { Table, type Column } from "../parts/table";
import { cellView } from "./map_cells";

const words: Record<Sort, string> = {
  added: "added", removed: "removed", changed: "changed", passed: "came and went",
};
const tones: Record<Sort, string> = { added: "good", removed: "bad", changed: "warn", passed: "" };
const kinds = ["all", "added", "removed", "changed"] as const;
const kindText = [
  ["all", "All"], ["added", "Added"], ["removed", "Removed"], ["changed", "Changed"],
] as const;

const signed = (value: number, unit: string | null): string =>
  `${value > 0 ? "+" : value < 0 ? "−" : ""}${withUnit(Math.abs(value), unit)}`;

/** A cell before and after, when it has changed. */
function Moved({ row, at, column }: { row: Watched; at: number; column: WatchColumn }) {
  const before = row.first?.[at];
  const same = row.first === null || row.state === "removed" ||
    JSON.stringify(before) === JSON.stringify(row.cells[at]);
  return (
    <>
      {!same && <span class="dim">{cellView(before, column)} → </span>}
      {cellView(row.cells[at], column)}
    </>
  );
}

/** A number's growth since the moment, and its change per second at the last event. */
function numberColumns(column: WatchColumn, at: number, silent: boolean): Column<Watched>[] {
  return [
    { id: "since", title: "Change", least: 120, most: 160, end: true, wideOnly: true,
      hint: `How much ${column.name} grew since then`, value: (row) => growth(row, at),
      cell: (row) => {
        const grown = growth(row, at);
        return grown === null || row.state === "removed" ? <span class="dim">–</span>
          : signed(grown, column.unit);
      } },
    { id: "rate", title: "Per second", least: 110, most: 150, end: true,
      hint: `By how much ${column.name} grew a second when it was last looked at`,
      value: (row) => (silent ? 0 : row.rates[at] ?? 0),
      cell: (row) => {
        const rate = silent ? 0 : row.rates[at] ?? 0;
        return rate ? signed(Number(rate.toPrecision(4)), column.unit)
          : <span class="dim">–</span>;
      } },
  ];
}

function columnsOf(
  watch: Watch, number: WatchColumn | undefined, silent: boolean,
): Column<Watched>[] {
  const cells = watch.columns.map((column, at): Column<Watched> => ({
    id: column.name, title: column.name, least: column.numeric ? 110 : 150,
    ...(column.numeric ? { most: 220 } : { grow: 2 }), end: column.numeric, mono: !column.numeric,
    value: (row) => row.cells[at],
    cell: (row) => column.part === "KEY" || column.numeric
      ? cellView(row.cells[at], column) : <Moved row={row} at={at} column={column} />,
  }));
  const keys = watch.columns.filter(({ part }) => part === "KEY").length;
  return [
    { id: "state", title: "State", least: 116, value: (row) => row.state,
      cell: (row) => <span class={`badge ${tones[row.state]}`}>{words[row.state]}</span> },
    ...cells.slice(0, keys),
    ...(number ? numberColumns(number, watch.columns.indexOf(number), silent) : []),
    ...cells.slice(keys),
    { id: "time", title: "Last change", least: 90, end: true, wideOnly: true,
      value: (row) => row.time,
      cell: (row) => <time title={exactTime(row.time)}>
        {ago(row.time, watch.time)}</time> },
  ];
}

const asCsv = (watch: Watch): string => {
  const quote = (value: unknown) => `"${String(value ?? "").replace(/"/g, '""')}"`;
  const heads = ["what", ...watch.columns.map(({ name }) => name),
    ...watch.columns.map(({ name }) => `${name} before`)];
  const rows = [...watch.rows.values()].map((row) =>
    [row.state, ...row.cells, ...(row.first ?? watch.columns.map(() => ""))]);
  return [heads, ...rows].map((row) => row.map(quote).join(",")).join("\n") + "\n";
};

function Heads({ watch, silent }: { watch: Watch; silent: boolean }) {
  return (
    <Figures>
      <Figure label="Added" value={count(tally(watch, "added"))} />
      <Figure label="Removed" value={count(tally(watch, "removed"))} />
      <Figure label="Changed" value={count(tally(watch, "changed"))} />
      <Figure label="Loaded and freed" value={count(tally(watch, "passed"))} />
      <Figure label="Changes per second" value={silent ? "0" : short(watch.pace)} />
      <Figure label="Entries now" value={count(watch.entries)}
        note={watch.truncated ? "of a part of the keys" : undefined} />
    </Figures>
  );
}

export function Changes({ map }: { map: MapInfo }) {
  const [live, setLive] = useState<Watch | undefined>(undefined);
  const [held, hold] = useState<Watch | undefined>(undefined);
  const [error, setError] = useState<string | undefined>(undefined);
  const kind = oneOf("what", kinds);
  const wish = { id: map.id, every: 1, cpus: "SUM" as const };
  useSubscription(MapWatch, wish, (data) => {
    setError(undefined);
    setLive((old) => watched(old, data.mapChanges));
  }, { skip: !map.isLookupSupported, failed: (problem) => setError(problem.message) });
  const watch = held ?? live;
  if (!map.isLookupSupported) {
    return <Empty title="Its entries can't be compared" icon="map">
      <p>{sentence(map.unreadable ?? "")}</p></Empty>;
  }
  if (error) return <Failure message={error} />;
  if (!watch) return <Loading lines={8} />;
  const numbers = watch.columns.filter(({ part, numeric }) => part === "VALUE" && numeric);
  const number = numbers.find(({ name }) => name === params.value.get("of")) ?? numbers[0];
  const silent = now.value - watch.time > 3;
  const rows = [...watch.rows.values()].filter(({ state }) => kind === "all" || state === kind);
  const again = () => {
    setLive({ ...watch, since: Date.now() / 1000, rows: new Map(), pace: 0 });
    hold(undefined);
  };
  return (
    <>
      <div class="bar">
        <Choice label="Show" words={kindText} chosen={kind}
          choose={(word) => setParams({ what: word === "all" ? null : word })} />
        {numbers.length > 1 && (
          <Pick label="by" value={number!.name} choose={(name) => setParams({ of: name })}
            options={numbers.map(({ name }) => [name, name] as const)} />
        )}
        <button onClick={again}><Icon name="undo" />Start over</button>
        <button aria-pressed={held !== undefined} onClick={() => hold(held ? undefined : live)}>
          <Icon name={held ? "play" : "pause"} />{held ? "Go on" : "Pause"}
        </button>
        <span class="end">since {exactTime(watch.since).slice(11)}
          <button class="plain" onClick={() => download(`map_${map.id}_changes.csv`, asCsv(watch))}>
            <Icon name="save" />CSV</button>
          <ShowQuery doc={MapWatch} variables={wish} /></span>
      </div>
      <Heads watch={watch} silent={silent} />
      <Table className="grow" label="Changes" rows={rows} rowKey={(row) => row.key}
        columns={columnsOf(watch, number, silent)}
        first={{ column: number ? "rate" : "time", down: true }}
        moved={new Map(rows.map(({ key, moved }) => [key, moved]))} beat={Math.round(watch.time)}
        empty={
          <Empty title={watch.rows.size ? "No such change" : "Nothing changed yet"} icon="map">
            <p>Entries appear here when they are added, removed or changed.</p>
          </Empty>
        } />
    </>
  );
}
