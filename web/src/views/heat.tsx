// A histogram over time: a column per read, a row per bucket; darker cells had more counts since
// the column before.

import { useEffect, useRef, useState } from "preact/hooks";
import { LiveHistogram } from "@gen/queries";
import { connection } from "../lib/api";
import { short } from "../lib/format";
import { useLive, visible } from "../lib/hooks";
import { colour, dark } from "../lib/theme";
import { Empty, Failure, Loading } from "../parts/states";
import type { Bucket } from "../parts/histogram";

const columnsKept = 90;
const cell = { width: 9, height: 15 };

const nothing: ReadonlyMap<string, number> = new Map();

const keyOf = (bucket: Bucket) => `${bucket.from ?? ""} ${bucket.to ?? ""}`;

/** The columns of a histogram over time, as they come: what was counted since the one before. */
export function useGrowth(): {
  columns: readonly ReadonlyMap<string, number>[]; order: [string, Bucket][];
  take: (buckets: readonly Bucket[] | null) => void;
} {
  const before = useRef(new Map<string, number>());
  const rows = useRef(new Map<string, Bucket>());
  const [columns, setColumns] = useState<readonly ReadonlyMap<string, number>[]>([]);
  const take = (buckets: readonly Bucket[] | null) => {
    if (!buckets) return setColumns((old) => [...old, nothing].slice(-columnsKept));
    const now = new Map<string, number>();
    for (const bucket of buckets) {
      now.set(keyOf(bucket), (now.get(keyOf(bucket)) ?? 0) + bucket.count);
      rows.current.set(keyOf(bucket), bucket);
    }
    const grown = (key: string, n: number) => Math.max(0, n - (before.current.get(key) ?? n));
    const fresh = new Map([...now].map(([key, n]) => [key, grown(key, n)]));
    before.current = now;
    setColumns((old) => [...old, fresh].slice(-columnsKept));
  };
  const order = [...rows.current]
    .sort(([, a], [, b]) => (b.from ?? -Infinity) - (a.from ?? -Infinity));
  return { columns, order, take };
}

export function HeatDrawing({ columns, order }: {
  columns: readonly ReadonlyMap<string, number>[]; order: [string, Bucket][];
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const most = Math.max(1, ...columns.flatMap((column) => [...column.values()]));
    context.clearRect(0, 0, columnsKept * cell.width, order.length * cell.height);
    context.fillStyle = colour("s2");
    columns.forEach((column, x) => order.forEach(([key], y) => {
      context.globalAlpha = Math.sqrt((column.get(key) ?? 0) / most);
      context.fillRect(x * cell.width, y * cell.height, cell.width - 1, cell.height - 1);
    }));
  }, [columns, dark.value]);
  return (
    <div class="heat">
      <div class="axis">{order.map(([key, { from }]) => <span key={key}>{short(from)}</span>)}</div>
      <canvas ref={canvas} width={columnsKept * cell.width} height={order.length * cell.height}
        role="img" aria-label="Count by bucket, over time" />
    </div>
  );
}

export function Heat({ id, every }: { id: number; every: number }) {
  const result = useLive(LiveHistogram, { id, every });
  const heard = useRef(0);
  const { columns, order, take } = useGrowth();

  useEffect(() => {
    const buckets = (result.data?.map.histogram ?? []).flatMap((one) => one.buckets);
    if (!buckets.length) return;
    heard.current = Date.now();
    take(buckets);
  }, [result.data]);

  // The server sends nothing while nothing is counted: empty columns show the time passing.
  useEffect(() => {
    const timer = setInterval(() => {
      const silent = heard.current > 0 && Date.now() - heard.current > every * 1500;
      if (!silent || connection.value !== "live" || !visible.value) return;
      take(null);
    }, every * 1000);
    return () => clearInterval(timer);
  }, [every]);

  if (result.error) return <Failure message={result.error.message} />;
  if (!result.data) return <Loading />;
  if (!order.length) return <Empty title="No histogram yet" icon="exports" />;
  return <HeatDrawing columns={columns} order={order} />;
}
