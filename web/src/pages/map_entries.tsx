// The entries of a map as a table: typed columns or a chosen format, each CPU's values or their
// sum, sorted and filtered by the server, live.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { MapTablePage, type Json } from "@gen/queries";
import type { MapInfo } from "./map";
import { cellAs } from "../lib/cell_format";
import { chosenFormats, hiddenColumns } from "../lib/columns";
import { count, sentence } from "../lib/format";
import { useEntries, type EntryColumn, type EntryRow, type TableWish } from "../lib/entries";
import { parseFilter } from "../lib/filter";
import { seenText } from "../lib/cells";
import { oneOf, params, setParams } from "../lib/router";
import { Pick, ShowQuery } from "../parts/bits";
import { Icon } from "../parts/icon";
import { Empty, Failure, Loading } from "../parts/states";
import { Table, narrow, sortFromAddress, type Column } from "../parts/table";
import { cellView, columnTitle } from "./map_cells";
import { ColumnsDialog } from "./map_columns";
import { EntryDialog, NewEntry, UndoBar, mayAdd } from "./map_edit";

const formats = ["", "STRING", "NUMBER", "HEX"] as const;
const formatText = [
  ["", "decoded"], ["STRING", "string"], ["NUMBER", "number"], ["HEX", "hex"],
] as const;
const cpuWords = ["BOTH", "SUM", "EACH"] as const;
const cpuText = [["BOTH", "sum and each"], ["SUM", "sum"], ["EACH", "each"]] as const;
const paces = ["1", "5", "off"] as const;
const paceText = [["1", "each second"], ["5", "every 5 s"], ["off", "paused"]] as const;

/** Larger maps are sorted only on request. */
const sortedByItself = 10_000;

/** Pixels that a column's longest text needs, within limits. */
function widthOf(title: string, texts: string[]): number {
  const longest = Math.max(0, ...texts.map((text) => text.length));
  const cells = longest * 8 + 20;
  return Math.round(Math.min(420, Math.max(64, cells, title.length * 7 + 36)));
}

/** A cell's text of about the right length. */
const roughly = (cell: Json | undefined, column: EntryColumn): string =>
  column.numeric && !column.unit && cell !== null ? count(cell as number) : seenText(cell);

const rowsMeasured = 100;
/** A key at most this wide stays visible while other columns are scrolled. */
const pinnedAtMost = 260;

function tableColumns(
  columns: readonly EntryColumn[], rows: readonly EntryRow[], widths: Map<string, number>,
): Column<EntryRow>[] {
  const formats = chosenFormats();
  const hidden = hiddenColumns();
  return columns.flatMap((column, at) => {
    if (hidden.has(column.name)) return [];
    const format = formats.get(column.name);
    const title = columnTitle(column, columns);
    const texts = rows.slice(0, rowsMeasured).map((row) => format
      ? seenText(cellAs(row.cells[at], column, format)) : roughly(row.cells[at], column));
    const memory = `${column.name} ${format ?? ""}`;
    const least = Math.max(widths.get(memory) ?? 0, widthOf(title, texts));
    widths.set(memory, least);
    const plain = column.numeric && !format;
    return [{
      id: column.name, title, least,
      hint: `${column.type}${column.unit ? `, ${column.unit}` : ""} (${column.part.toLowerCase()})`,
      ...(!plain ? { grow: least / 100 }
        : column.part === "KEY" ? {} : { most: Math.max(least, 170) }),
      end: plain,
      mono: !plain,
      pin: at === 0 && column.part === "KEY" && least <= pinnedAtMost,
      value: (row: EntryRow) => row.cells[at],
      cell: (row: EntryRow) => row.error && column.part !== "KEY"
        ? <span class="bad" title={row.error}>{row.error}</span>
        : cellView(row.cells[at], column, format),
    }];
  });
}

/** Column widths by content; they only grow, so that the table does not jump. */
function useColumns(columns: readonly EntryColumn[], rows: readonly EntryRow[]) {
  const widths = useRef({ of: "", list: new Map<string, number>() });
  const heads = JSON.stringify(columns);
  if (widths.current.of !== heads) widths.current = { of: heads, list: new Map() };
  const { list } = widths.current;
  const first = rows[0]?.key;
  return useMemo(() => tableColumns(columns, rows, list),
    [heads, params.value.get("as"), params.value.get("hide"), first,
      Math.min(rows.length, rowsMeasured)]);
}

/** The requested order, else by key for maps that are sorted quickly. */
function useOrder(map: MapInfo, columns: readonly EntryColumn[]) {
  const key = columns.find((column) => column.part === "KEY");
  const small = (map.fill.entries ?? map.maxEntries ?? 0) <= sortedByItself;
  const asked = sortFromAddress(undefined);
  const sort = asked ?? (small && key ? { column: key.name, down: false } : undefined);
  return columns.some((column) => column.name === sort?.column) ? sort : undefined;
}

/** Narrow screens begin with the sum only. */
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

function Bar({ map, text, shown, unknown, wish, add, columns }: {
  map: MapInfo; text: string; shown: string; unknown: string | undefined; wish: TableWish;
  add: (() => void) | undefined; columns: () => void;
}) {
  const choose = (name: string) => (value: string) => setParams({ [name]: value });
  const [typed, setTyped] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setParams({ q: typed }), 250);
    return () => clearTimeout(timer);
  }, [typed]);
  const raw = map.isLookupSupported;
  return (
    <div class="bar entries">
      <input type="search" value={typed} placeholder="Filter: bash, calls>100" spellcheck={false}
        aria-label="Filter entries" aria-invalid={unknown !== undefined}
        title="Words of the key, or conditions on columns, separated by commas"
        onInput={(event) => setTyped(event.currentTarget.value)} />
      {raw && <Pick label="Key" value={wish.keyFormat ?? ""} options={formatText}
        choose={choose("key")} />}
      {raw && <Pick label="Value" value={wish.valueFormat ?? ""} options={formatText}
        choose={choose("value")} />}
      {map.isPerCPU && (
        <Pick label="CPUs" value={wish.cpus ?? "BOTH"} options={cpuText}
          choose={(value) => setParams({ cpus: value })} />
      )}
      <button onClick={columns}>Columns</button>
      <Pick label="Refresh" value={oneOf("every", paces)} options={paceText}
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

/** Another format has other columns: known widths no longer apply. */
const formatKey = (): string => `${oneOf("key", formats)} ${oneOf("value", formats)}`;

const Unreadable = ({ map, why, children }: {
  map: MapInfo; why: string; children?: ComponentChildren;
}) => (
  <Empty title="The entries of this map can't be read" icon="map">
    <p>{sentence(why || map.unreadable || "")}</p>{children}
  </Empty>
);

export function Entries({ map }: { map: MapInfo }) {
  const [known, setKnown] = useState<{ of: string; columns: readonly EntryColumn[] } | null>(null);
  const columns = known?.of === formatKey() ? known.columns : [];
  const [chosen, setChosen] = useState<EntryRow | undefined>(undefined);
  const [adding, setAdding] = useState(false);
  const [choosing, setChoosing] = useState(false);
  const { wish, sort, text, unknown } = useWish(map, columns);
  const pace = oneOf("every", paces);
  const entries = useEntries(wish, pace === "off" ? null : Number(pace), map.isLookupSupported);
  const { table, rows } = entries;
  const heads = JSON.stringify(table?.columns ?? []);
  const shape = useColumns(table?.columns ?? [], rows);
  const of = formatKey();
  useEffect(() => {
    if (table && !entries.stale) setKnown({ of, columns: table.columns });
  }, [heads, of, entries.stale]);
  // The column in the address no longer exists: removes the order.
  const lost = entries.error !== undefined && entries.stale && known !== null;
  useEffect(() => { if (lost) setKnown(null); }, [lost]);

  const more = entries.hasMore;
  const add = mayAdd(map) ? () => setAdding(true) : undefined;
  // An empty map needs no sentence; a map that can't be read does.
  const why = table?.note === "It is empty." ? null : table?.note;
  if (table && rows.length === 0 && why && why === map.unreadable) {
    return (
      <>
        <UndoBar mapId={map.id} />
        <Unreadable map={map} why={why}>
          {add && <button onClick={add}><Icon name="plus" />Push a value</button>}
        </Unreadable>
        {adding && <NewEntry key="new" map={map} close={() => setAdding(false)} />}
      </>
    );
  }
  // Dialogs have keys: without them an open dialog would start again when the first rows arrive.
  return (
    <>
      <Bar map={map} text={text} unknown={unknown} wish={wish} columns={() => setChoosing(true)}
        shown={table ? shownText(rows.length, map, table.matched, more) : ""} add={add} />
      {entries.error && <Failure message={entries.error.message} />}
      {(table?.restarted || table?.truncated) && (
        <div class="notice"><Icon name="alert" />
          The map changed during the read: rows may be missing or repeated.
        </div>
      )}
      <UndoBar mapId={map.id} />
      {rows.length > 0 && why && <p class="dim tight">{why}</p>}
      {!table ? (entries.error ? null : <Loading lines={10} />) : (
        <Table label="Entries" rows={rows} columns={shape} rowKey={(row) => row.key}
          sort={sort ?? null} moved={entries.moved} beat={entries.beat} onOpen={setChosen}
          onSort={({ column, down }) => setParams({ sort: (down ? "-" : "") + column })}
          onEnd={entries.more}
          under={more ? "Reading on…" : null}
          empty={
            <Empty icon="map"
              title={text ? "No entry fits the filter" : why ? "Nothing to show" : "It is empty"}>
              {text && <p>A word is sought in the key; <code>{table.columns.at(-1)?.name} &gt; 10
                </code> in a column.</p>}
              {why && <p>{why}</p>}
            </Empty>
          } />
      )}
      {chosen && table && (
        <EntryDialog key="entry" map={map} columns={table.columns}
          close={() => setChosen(undefined)}
          row={rows.find((row) => row.key === chosen.key) ?? chosen} />
      )}
      {adding && <NewEntry key="new" map={map} close={() => setAdding(false)} />}
      {choosing && table && (
        <ColumnsDialog key="columns" columns={table.columns} close={() => setChoosing(false)} />
      )}
    </>
  );
}
