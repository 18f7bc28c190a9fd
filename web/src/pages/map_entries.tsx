// The entries of a map as a table: typed columns or a chosen format, the CPUs' values or their
// sum, sorted and filtered by the server, live.

import { useEffect, useMemo, useState } from "preact/hooks";
import { MapTablePage, type Json } from "@gen/queries";
import type { MapInfo } from "./map";
import { count, sentence, withUnit } from "../lib/format";
import { hasMore, useEntries, type EntryColumn, type EntryRow, type TableWish } from "../lib/entries";
import { parseFilter } from "../lib/filter";
import { cellText } from "../lib/map_series";
import { oneOf, params, setParams } from "../lib/router";
import { start } from "../lib/store";
import { Pick, ShowQuery } from "../parts/bits";
import { Icon } from "../parts/icon";
import { Empty, Failure, Loading } from "../parts/states";
import { Table, narrow, sortFromAddress, type Column } from "../parts/table";
import { EntryDialog, NewEntry, UndoBar } from "./map_edit";

const formats = ["", "STRING", "NUMBER", "HEX"] as const;
const formatText = [
  ["", "decoded"], ["STRING", "string"], ["NUMBER", "number"], ["HEX", "hex"],
] as const;
const cpuWords = ["BOTH", "SUM", "EACH"] as const;
const cpuText = [["BOTH", "sum and each"], ["SUM", "sum"], ["EACH", "each"]] as const;
const paces = ["1", "5", "off"] as const;
const paceText = [["1", "each second"], ["5", "every 5 s"], ["off", "paused"]] as const;

/** Maps with more entries than this are not sorted unless it is asked for. */
const sortedByItself = 10_000;

export function cellView(cell: Json | undefined, column: EntryColumn) {
  if (cell === null || cell === undefined) return <span class="dim">–</span>;
  if (typeof cell === "boolean") return cell ? "yes" : "no";
  if (column.numeric && (typeof cell === "number" || typeof cell === "string")) {
    return column.unit ? <span title={count(cell)}>{withUnit(cell, column.unit)}</span> : count(cell);
  }
  return cellText(cell);
}

/** "calls@1" is CPU 1 where calls is the only value, else calls, CPU 1. */
export function columnTitle(column: EntryColumn, columns: readonly EntryColumn[]): string {
  if (column.part !== "CPU" || column.cpu === null) return column.name;
  const alone = columns.filter(({ part, cpu }) => part === "CPU" && cpu === column.cpu).length === 1;
  return alone ? `CPU ${column.cpu}` : `${column.name.replace(/@\d+$/, "")}, CPU ${column.cpu}`;
}

function tableColumns(columns: readonly EntryColumn[]): Column<EntryRow>[] {
  return columns.map((column, at) => {
    const cpu = column.part === "CPU";
    return {
      id: column.name,
      title: columnTitle(column, columns),
      hint: `${column.type}${column.unit ? `, ${column.unit}` : ""} (${column.part.toLowerCase()})`,
      least: column.numeric ? (cpu ? 96 : 110) : 140,
      grow: column.numeric ? 1 : 3,
      end: column.numeric,
      mono: !column.numeric,
      value: (row) => row.cells[at],
      cell: (row) => row.error && column.part !== "KEY"
        ? <span class="bad" title={row.error}>{row.error}</span>
        : cellView(row.cells[at], column),
    };
  });
}

/** The order asked for, else the key's for maps that are quickly sorted. */
function useOrder(map: MapInfo, columns: readonly EntryColumn[]) {
  const key = columns.find((column) => column.part === "KEY");
  const small = (map.fill.entries ?? map.maxEntries ?? 0) <= sortedByItself;
  const asked = sortFromAddress(undefined);
  const sort = asked ?? (small && key ? { column: key.name, down: false } : undefined);
  return columns.some((column) => column.name === sort?.column) ? sort : undefined;
}

/** Narrow screens begin with the sum alone. */
const chosenCpus = () =>
  oneOf("cpus", narrow.value ? ["SUM", "BOTH", "EACH"] as const : cpuWords);

function useWish(map: MapInfo, columns: readonly EntryColumn[]) {
  const cpus = map.isPerCPU ? chosenCpus() : "SUM";
  const keyFormat = oneOf("key", formats) || null;
  const valueFormat = oneOf("value", formats) || null;
  const text = params.value.get("q") ?? "";
  const sort = useOrder(map, columns);
  const { conditions, unknown } = parseFilter(text, columns);
  const wish: TableWish = {
    id: map.id, cpus, keyFormat, valueFormat,
    sort: sort ? { column: sort.column, order: sort.down ? "DESC" : "ASC" } : null,
    filter: conditions.length ? conditions : null,
  };
  return { wish, sort, text, unknown };
}

function Bar({ map, text, shown, unknown, wish, add }: {
  map: MapInfo; text: string; shown: string; unknown: string | undefined; wish: TableWish;
  add: (() => void) | undefined;
}) {
  const choose = (name: string) => (value: string) => setParams({ [name]: value });
  const [typed, setTyped] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setParams({ q: typed }), 250);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <div class="bar">
      <input type="search" value={typed} placeholder="Filter: bash, calls>100" spellcheck={false}
        aria-label="Filter entries" aria-invalid={unknown !== undefined}
        title="Words that the key contains, or conditions on columns, with commas between them"
        onInput={(event) => setTyped(event.currentTarget.value)} />
      <Pick label="Key" value={wish.keyFormat ?? ""} options={formatText} choose={choose("key")} />
      <Pick label="Value" value={wish.valueFormat ?? ""} options={formatText} choose={choose("value")} />
      {map.isPerCPU && (
        <Pick label="CPUs" value={wish.cpus ?? "BOTH"} options={cpuText}
          choose={(value) => setParams({ cpus: value })} />
      )}
      <Pick label="Read" value={oneOf("every", paces)} options={paceText}
        choose={(value) => setParams({ every: value === "1" ? null : value })} />
      {add && <button onClick={add}><Icon name="plus" />Add</button>}
      <span class="end">
        {unknown ? <span class="bad">There is no column “{unknown}”</span> : shown}
        <ShowQuery doc={MapTablePage} variables={{ ...wish, first: 100 }} />
      </span>
    </div>
  );
}

function shownText(rows: number, map: MapInfo, matched: number | null | undefined, more: boolean) {
  if (matched !== null && matched !== undefined && matched > rows) {
    return `${count(rows)} of ${count(matched)}`;
  }
  const all = map.fill.unit === "entries" ? map.fill.entries : null;
  if (more) return all ? `${count(rows)} of about ${count(all)}` : `the first ${count(rows)}`;
  return rows === 1 ? "1 entry" : `${count(rows)} entries`;
}

/** Another format has other columns: what was known of them is no longer true. */
const formatKey = (): string => `${oneOf("key", formats)} ${oneOf("value", formats)}`;

export function Entries({ map }: { map: MapInfo }) {
  const [known, setKnown] = useState<{ of: string; columns: readonly EntryColumn[] } | null>(null);
  const columns = known?.of === formatKey() ? known.columns : [];
  const [chosen, setChosen] = useState<EntryRow | undefined>(undefined);
  const [adding, setAdding] = useState(false);
  const { wish, sort, text, unknown } = useWish(map, columns);
  const pace = oneOf("every", paces);
  const entries = useEntries(wish, pace === "off" || !map.isLookupSupported ? null : Number(pace));
  const { table, rows } = entries;
  const heads = JSON.stringify(table?.columns ?? []);
  const shape = useMemo(() => tableColumns(table?.columns ?? []), [heads]);
  const of = formatKey();
  useEffect(() => {
    if (table && !entries.stale) setKnown({ of, columns: table.columns });
  }, [heads, of, entries.stale]);

  if (!map.isLookupSupported) {
    return <Empty title="The entries of this map can't be read" icon="map"><p>{sentence(map.unreadable ?? "")}</p></Empty>;
  }
  const more = hasMore(table, rows.length);
  const writes = start.value?.health.canWrite && !map.frozen;
  // A map that holds nothing says so too; what is worth a sentence is why one can't be read.
  const why = table?.note === "It is empty." ? null : table?.note;
  return (
    <>
      <Bar map={map} text={text} unknown={unknown} wish={wish}
        shown={table ? shownText(rows.length, map, table.matched, more) : ""}
        add={writes ? () => setAdding(true) : undefined} />
      {entries.error && <Failure message={entries.error.message} />}
      {(table?.restarted || table?.truncated) && (
        <div class="notice"><Icon name="alert" />
          The map changed while it was read: rows may be missing or double.
        </div>
      )}
      <UndoBar mapId={map.id} />
      {!table ? (entries.error ? null : <Loading lines={10} />) : (
        <Table label="Entries" className={shape.length < 5 ? "slim" : ""} rows={rows} columns={shape} rowKey={(row) => row.key}
          sort={sort ?? null} moved={entries.moved} beat={entries.beat} onOpen={setChosen}
          onSort={({ column, down }) => setParams({ sort: (down ? "-" : "") + column })}
          onEnd={entries.more}
          under={more ? "Reading on…" : null}
          empty={<Empty title={text ? "No entry fits the filter" : why ? "Nothing to show" : "It is empty"} icon="map">
            {why && <p>{why}</p>}
          </Empty>} />
      )}
      {chosen && table && (
        <EntryDialog map={map} columns={table.columns} close={() => setChosen(undefined)}
          row={rows.find((row) => row.key === chosen.key) ?? chosen} />
      )}
      {adding && <NewEntry map={map} close={() => setAdding(false)} />}
    </>
  );
}
