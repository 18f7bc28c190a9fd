// Tables on scripts' pages: a live map, or rows given by the script.

import { useMemo } from "preact/hooks";
import type { Json } from "@gen/queries";
import { count, withUnit } from "../lib/format";
import { useEntries } from "../lib/entries";
import { cellText } from "../lib/cells";
import { setParams } from "../lib/router";
import { Empty, Failure, Loading } from "../parts/states";
import { Table, sortFromAddress, type Column } from "../parts/table";
import { cellView, columnTitle } from "../pages/map_cells";
import { isNode, listOf, text, type Node } from "./view";

export function MapTable({ id, node }: { id: number; node: Node }) {
  const asked = sortFromAddress(undefined);
  const column = asked?.column ?? text(node.sort);
  const down = asked ? asked.down : node.ascending !== true;
  const entries = useEntries({
    id, cpus: node.cpus === "each" ? "EACH" : "SUM",
    sort: column ? { column, order: down ? "DESC" : "ASC" } : null,
    top: node.top ? Number(node.top) : null,
  }, Number(node.every ?? 1));
  const { table } = entries;
  const columns = useMemo((): Column<(typeof entries.rows)[number]>[] =>
    (table?.columns ?? []).map((one, at) => ({
      id: one.name, title: columnTitle(one, table?.columns ?? []),
      least: one.numeric ? 110 : 150, grow: one.numeric ? 1 : 3,
      end: one.numeric, mono: !one.numeric, value: (row) => row.cells[at],
      cell: (row) => cellView(row.cells[at], one),
    })), [JSON.stringify(table?.columns)]);
  if (entries.error) return <Failure message={entries.error.message} />;
  if (!table) return <Loading />;
  return (
    <Table className="inside" label={text(node.title) ?? "Entries"} rows={entries.rows}
      columns={columns} rowKey={(row) => row.key} moved={entries.moved} beat={entries.beat}
      sort={column ? { column, down } : null} onEnd={entries.more}
      onSort={(sort) => setParams({ sort: (sort.down ? "-" : "") + sort.column })}
      empty={<Empty title="It is empty" icon="map" />} />
  );
}

interface Given { name: string; title: string; unit: string | undefined; numeric: boolean }

/** Columns given as names or objects; by default the fields of the first row. */
function givenColumns(node: Node, rows: Json[]): Given[] {
  const first = rows[0];
  const listed = listOf(node.columns);
  const columns = listed.length ? listed : isNode(first) ? Object.keys(first) : [];
  return columns.map((column, at) => {
    const name = isNode(column) ? text(column.name) ?? String(at) : String(column);
    const numbers = rows.length > 0 && rows.every((row) => {
      const value = isNode(row) ? row[name] : listOf(row)[at];
      return value === null || value === undefined || typeof value === "number";
    });
    return {
      name, numeric: numbers, title: (isNode(column) && text(column.title)) || name,
      unit: isNode(column) ? text(column.unit) : undefined,
    };
  });
}

export function DataTable({ node }: { node: Node }) {
  const rows = listOf(node.rows);
  const given = givenColumns(node, rows);
  const valueOf = (row: Json, column: Given, at: number): Json =>
    (isNode(row) ? row[column.name] : listOf(row)[at]) ?? null;
  const columns: Column<{ row: Json; at: number }>[] = given.map((column, at) => ({
    id: column.name, title: column.title, least: column.numeric ? 110 : 140,
    grow: column.numeric ? 1 : 3, end: column.numeric, mono: !column.numeric,
    value: ({ row }) => valueOf(row, column, at),
    cell: ({ row }) => {
      const value = valueOf(row, column, at);
      if (typeof value !== "number") return cellText(value);
      return column.unit ? withUnit(value, column.unit) : count(value);
    },
  }));
  const items = rows.map((row, at) => ({ row, at }));
  return (
    <Table className="inside" label={text(node.title) ?? "Table"} rows={items} columns={columns}
      rowKey={({ at }) => at} empty={<Empty title="No rows" icon="map" />} />
  );
}
