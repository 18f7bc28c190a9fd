// Counts by range, as bars; each histogram has its own scale.

import { useRef } from "preact/hooks";
import { bytes, count, duration, short } from "../lib/format";
import { Card } from "./bits";
import { Empty } from "./states";

export interface Bucket { from: number | null; to: number | null; count: number }
export interface Histogram { label: string | null; unit: string | null; buckets: Bucket[] }

/** 4096 → 4 Ki: power-of-two buckets have round bounds. */
function binary(value: number): string | undefined {
  const units = ["", " Ki", " Mi", " Gi", " Ti"];
  let at = 0;
  let rest = value;
  while (rest >= 1024 && rest % 1024 === 0 && at < units.length - 1) {
    rest /= 1024;
    at++;
  }
  return rest < 1024 && at > 0 ? `${rest}${units[at]}` : undefined;
}

function bound(value: number, unit: string | null): string {
  switch (unit) {
    case "ns": return duration(value / 1e9);
    case "us": case "µs": return duration(value / 1e6);
    case "ms": return duration(value / 1e3);
    case "s": return duration(value);
    case "bytes": return bytes(value);
    default: return binary(value) ?? short(value);
  }
}

function range({ from, to }: Bucket, unit: string | null): string {
  if (from === null && to === null) return "all";
  if (from === null) return `< ${bound(to!, unit)}`;
  if (to === null) return `≥ ${bound(from, unit)}`;
  if (to - from === 1) return bound(from, unit);
  return `${bound(from, unit)} – ${bound(to, unit)}`;
}

/** The smallest bound below which a share of all counts lies. */
function quantile(buckets: Bucket[], share: number): Bucket | undefined {
  const all = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  let seen = 0;
  return buckets.find((bucket) => (seen += bucket.count) >= all * share && all > 0);
}

export function HistogramBars({ histogram: { buckets, unit } }: { histogram: Histogram }) {
  const most = Math.max(...buckets.map((bucket) => bucket.count), 1);
  return (
    <div class="hist" role="list">
      {buckets.map((bucket) => (
        <div class="bucket" role="listitem" key={`${bucket.from} ${bucket.to}`}>
          <span class="range">{range(bucket, unit)}</span>
          <span class="track"><i style={{ width: `${(bucket.count / most) * 100}%` }} /></span>
          <span class="n">{count(bucket.count)}</span>
        </div>
      ))}
    </div>
  );
}

const total = ({ buckets }: Histogram): number =>
  buckets.reduce((sum, bucket) => sum + bucket.count, 0);

/** The median, and the bound below which almost all counts lie, unless there is only one bucket. */
function Spread({ histogram }: { histogram: Histogram }) {
  const { unit } = histogram;
  const buckets = histogram.buckets.filter((bucket) => bucket.count > 0);
  const half = quantile(buckets, 0.5);
  const tail = quantile(buckets, 0.99);
  return (
    <span>{count(total(histogram))} in all
      {buckets.length > 1 && half && `, median ${range(half, unit)}`}
      {buckets.length > 1 && tail && tail.to !== null && `, 99 % below ${bound(tail.to, unit)}`}
    </span>
  );
}

/** Largest first when first seen; the order then stays, so that nothing moves. */
function useOrder(list: Histogram[]): Histogram[] {
  const places = useRef(new Map<string | null, number>()).current;
  const fresh = list.filter(({ label }) => !places.has(label));
  fresh.sort((a, b) => total(b) - total(a))
    .forEach(({ label }) => places.set(label, places.size));
  return [...list].sort((a, b) => places.get(a.label)! - places.get(b.label)!);
}

export function Histograms({ list }: { list: Histogram[] }) {
  const ordered = useOrder(list);
  if (!list.length) {
    return <Empty title="No histogram yet" icon="exports">
      <p>The map holds no buckets, or its decoder does not name them.</p>
    </Empty>;
  }
  return (
    <div class="cards">
      {ordered.map((histogram, at) => (
        <Card key={histogram.label ?? at} title={histogram.label || "All"}
          end={<Spread histogram={histogram} />}>
          <HistogramBars histogram={histogram} />
        </Card>
      ))}
    </div>
  );
}
