// Counts by range, as bars: each on a scale of its own.

import { bytes, count, duration, short } from "../lib/format";
import { Card } from "./bits";
import { Empty } from "./states";

export interface Bucket { from: number | null; to: number | null; count: number }
export interface Histogram { label: string | null; unit: string | null; buckets: Bucket[] }

/** 4096 → 4 Ki: buckets of powers of two have round bounds. */
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

/** The smallest bound under which a share of all lies. */
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

export function Histograms({ list }: { list: Histogram[] }) {
  if (!list.length) {
    return <Empty title="No histogram yet" icon="exports">
      <p>It holds no buckets, or its decoder doesn't say what the buckets mean.</p>
    </Empty>;
  }
  return (
    <div class="cards">
      {list.map((histogram, at) => {
        const half = quantile(histogram.buckets, 0.5);
        const tail = quantile(histogram.buckets, 0.99);
        const all = histogram.buckets.reduce((sum, bucket) => sum + bucket.count, 0);
        return (
          <Card key={histogram.label ?? at} title={histogram.label || "All"} end={
            <span>{count(all)} in all
              {half && `, half in ${range(half, histogram.unit)}`}
              {tail && `, 99 % up to ${range(tail, histogram.unit)}`}</span>
          }>
            <HistogramBars histogram={histogram} />
          </Card>
        );
      })}
    </div>
  );
}
