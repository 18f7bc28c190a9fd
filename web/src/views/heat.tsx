// A histogram over time: a column each time it was read, a row a bucket, the darker the more came
// in since the column before.

import { useEffect, useRef, useState } from "preact/hooks";
import { MapHistogram } from "@gen/queries";
import { short } from "../lib/format";
import { useQuery } from "../lib/hooks";
import { colour, dark } from "../lib/theme";
import { Empty, Failure, Loading } from "../parts/states";
import type { Bucket } from "../parts/histogram";

const columnsKept = 90;
const cell = { width: 9, height: 15 };

const keyOf = (bucket: Bucket) => `${bucket.from ?? ""} ${bucket.to ?? ""}`;

export function Heat({ id, every }: { id: number; every: number }) {
  const result = useQuery(MapHistogram, { id }, { every });
  const canvas = useRef<HTMLCanvasElement>(null);
  const before = useRef(new Map<string, number>());
  const rows = useRef(new Map<string, Bucket>());
  const [columns, setColumns] = useState<Map<string, number>[]>([]);

  useEffect(() => {
    const buckets = (result.data?.map.histogram ?? []).flatMap((one) => one.buckets);
    if (!buckets.length) return;
    const now = new Map<string, number>();
    for (const bucket of buckets) {
      now.set(keyOf(bucket), (now.get(keyOf(bucket)) ?? 0) + bucket.count);
      rows.current.set(keyOf(bucket), bucket);
    }
    const fresh = new Map([...now].map(([key, n]) => [key, Math.max(0, n - (before.current.get(key) ?? n))]));
    before.current = now;
    setColumns((old) => [...old, fresh].slice(-columnsKept));
  }, [result.data]);

  const order = [...rows.current].sort(([, a], [, b]) => (b.from ?? -Infinity) - (a.from ?? -Infinity));
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

  if (result.error) return <Failure message={result.error.message} />;
  if (!result.data) return <Loading />;
  if (!order.length) return <Empty title="No histogram yet" icon="exports" />;
  return (
    <div class="heat">
      <div class="axis">{order.map(([key, { from }]) => <span key={key}>{short(from)}</span>)}</div>
      <canvas ref={canvas} width={columnsKept * cell.width} height={order.length * cell.height}
        role="img" aria-label="How many fell in each bucket, over time" />
    </div>
  );
}
