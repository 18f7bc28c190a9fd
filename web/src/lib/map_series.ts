// A map's values over time by key: reads its table periodically and keeps the values.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { MapTableLive, MapTablePage, type TablePart } from "@gen/queries";
import type { Curve } from "../parts/chart";
import { connection } from "./api";
import { cellText, numberOf } from "./cells";
import { count } from "./format";
import { useQuery, useSubscription, visible } from "./hooks";

export interface SeriesWish {
  id: number;
  /** Column of the key that names the curves; by default all columns. */
  by?: string | undefined;
  /** Column of the value; by default the first one with numbers. */
  value?: string | undefined;
  /** Shows the change per second instead of the value. */
  rate?: boolean | undefined;
  top?: number | undefined;
  every?: number | undefined;
  skip?: boolean | undefined;
}

interface Sample { time: number; values: Map<string, number>; entries: number; read: number }

type Column = TablePart["columns"][number];

const kept = 300;
const rowsRead = 500;

/** Values by name: values of keys with the same name are added. */
function sampleOf(table: TablePart, by: string | undefined, value: Column): Sample {
  const at = table.columns.findIndex((column) => column.name === value.name);
  const names = table.columns.flatMap((column, place) =>
    column.part === "KEY" && (!by || column.name === by) ? [place] : []);
  const values = new Map<string, number>();
  for (const row of table.rows) {
    const name = names.map((place) => cellText(row.cells[place])).join(" ") || row.key;
    const number = numberOf(row.cells[at]);
    if (!Number.isNaN(number)) values.set(name, (values.get(name) ?? 0) + number);
  }
  const entries = table.matched ?? table.rows.length;
  return { time: table.time, values, entries, read: table.rows.length };
}

/** Only the rows with the largest values are read: what is drawn of larger maps is a part. */
function partOf(sample: Sample | undefined): string | undefined {
  if (!sample || sample.read >= sample.entries) return undefined;
  return `Drawn from the ${count(sample.read)} largest of ${count(sample.entries)} entries`;
}

function valueAt(samples: Sample[], at: number, name: string, rate: boolean): number | null {
  const now = samples[at]!.values.get(name);
  if (now === undefined) return null;
  if (!rate) return now;
  const before = samples[at - 1];
  const old = before?.values.get(name);
  if (!before || old === undefined || now < old) return null;
  return (now - old) / Math.max(0.001, samples[at]!.time - before.time);
}

function curvesOf(samples: Sample[], rate: boolean, top: number): Curve[] {
  const names = new Map<string, number>();
  samples.forEach((sample, at) => {
    for (const name of sample.values.keys()) {
      const value = valueAt(samples, at, name, rate) ?? 0;
      names.set(name, Math.max(names.get(name) ?? 0, value));
    }
  });
  return [...names].sort(([, a], [, b]) => b - a).slice(0, top).map(([name]) => ({
    name: name || "(empty)", values: samples.map((_, at) => valueAt(samples, at, name, rate)),
  }));
}

export interface Series {
  times: number[]; curves: Curve[]; columns: Column[]; value: Column | undefined;
  error: string | undefined; note: string | undefined;
  /** Says which part of the entries is drawn; undefined where all are. */
  part: string | undefined;
}

/** Columns whose values can be drawn. */
export const drawable = (columns: Column[]): Column[] =>
  columns.filter((column) => column.part === "VALUE" && column.numeric);

export function useMapSeries(wish: SeriesWish): Series {
  const { id, by, rate = false, top = 10, every = 1 } = wish;
  const first = useQuery(MapTablePage, { id, first: 1, cpus: "SUM" }, { skip: wish.skip ?? false });
  const table = first.data?.map.table;
  const columns = table?.columns ?? [];
  const value = wish.value
    ? columns.find((column) => column.name === wish.value) : drawable(columns)[0];
  const samples = useRef<Sample[]>([]);
  const heard = useRef(0);
  const [beat, setBeat] = useState(0);
  const [failed, setFailed] = useState<string | undefined>(undefined);
  useEffect(() => { samples.current = []; }, [id, by, value?.name]);

  useSubscription(MapTableLive, {
    id, every, first: rowsRead, top: rowsRead, cpus: "SUM",
    sort: { column: value?.name ?? "", order: "DESC" },
  }, ({ mapTable }) => {
    if (!value) return;
    heard.current = Date.now();
    samples.current = [...samples.current, sampleOf(mapTable, by, value)].slice(-kept);
    setFailed(undefined);
    setBeat((n) => n + 1);
  }, { skip: !value || (wish.skip ?? false), failed: (error) => setFailed(error.message) });

  // The server sends nothing while nothing changes: the old values still hold.
  useEffect(() => {
    const timer = setInterval(() => {
      const last = samples.current[samples.current.length - 1];
      const silent = Date.now() - heard.current > every * 1500;
      if (!last || !silent || connection.value !== "live" || !visible.value) return;
      samples.current = [...samples.current, { ...last, time: last.time + every }].slice(-kept);
      setBeat((n) => n + 1);
    }, every * 1000);
    return () => clearInterval(timer);
  }, [every]);

  return useMemo(() => {
    const list = rate ? samples.current.slice(1) : samples.current;
    const all = curvesOf(samples.current, rate, top);
    const curves = rate
      ? all.map((curve) => ({ ...curve, values: curve.values.slice(1) })) : all;
    const missing = table && !value && !wish.value
      ? table.note ?? "This map has no value that is a number." : undefined;
    const unknown = table && !value && wish.value
      ? `There is no column “${wish.value}”.` : undefined;
    return {
      times: list.map((sample) => sample.time), curves, columns, value,
      error: failed ?? first.error?.message, note: unknown ?? missing,
      part: partOf(samples.current[samples.current.length - 1]),
    };
  }, [beat, rate, top, table, value?.name, failed, first.error]);
}
