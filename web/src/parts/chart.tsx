// Curves over time, drawn by uPlot, which is loaded with the first chart; a sparkline is an SVG
// path.

import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { colour, dark, tone } from "../lib/theme";

export interface Curve { name: string; values: (number | null)[]; tone?: string; href?: string }

interface Props {
  label: string;
  /** Seconds since 1970, in order. */
  times: number[];
  curves: Curve[];
  format: (value: number | null) => string;
  height?: number;
  stacked?: boolean;
  /** Least seconds on the axis, up to the last time. */
  span?: number;
}

let library: Promise<typeof uPlot> | undefined;
const loadLibrary = () => {
  library ??= import("../lib/uplot").then((module) => module.uPlot);
  return library;
};

/** Stacks the curves; a gap where none has a value. */
function stack(curves: Curve[], hidden: ReadonlySet<string>): (number | null)[][] {
  const sums: number[] = [];
  const isGap = (at: number) => curves.every(({ values }) => values[at] === null);
  const gaps = (curves[0]?.values ?? []).map((_, at) => isGap(at));
  return curves.map(({ name, values }) => values.map((value, at) => {
    if (gaps[at]) return null;
    if (hidden.has(name)) return sums[at] ?? 0;
    sums[at] = (sums[at] ?? 0) + (value ?? 0);
    return sums[at]!;
  }));
}

/** Seconds between two labels of the time axis; labels show whole seconds. */
const steps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400,
];

const toneOf = (curve: Curve, at: number) => curve.tone ?? tone(at);

function makeOptions(
  props: Props, hidden: ReadonlySet<string>, width: number, hover: (at: number | null) => void,
): uPlot.Options {
  const { curves, format, height = 200, stacked } = props;
  const grid = { stroke: colour("line"), width: 1 };
  const font = "11px Public Sans, sans-serif";
  const axis = { stroke: colour("dim"), font, grid, ticks: { show: false } };
  const fillOf = (name: string) => {
    const value = colour(name);
    return value.replace(/^rgb\(/, "rgba(").replace(/\)$/, stacked ? ", 0.72)" : ", 0.10)");
  };
  return {
    width, height,
    cursor: { points: { size: 6 }, drag: { x: true, y: false } },
    legend: { show: false },
    padding: [8, 30, 0, 0],
    scales: { y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.08 : 1] } },
    axes: [
      { ...axis, space: 70, size: 26, incrs: steps,
        values: [[3600, "{HH}:{mm}", null, null, null, null, null, null, 1],
          [60, "{HH}:{mm}", null, null, null, null, null, null, 1],
          [1, "{HH}:{mm}:{ss}", null, null, null, null, null, null, 1]] },
      { ...axis, size: 62, space: 34, values: (_, ticks) => ticks.map((tick) => format(tick)) },
    ],
    series: [{}, ...curves.map((curve, at) => ({
      label: curve.name, stroke: colour(toneOf(curve, at)), width: stacked ? 1 : 1.5,
      fill: fillOf(toneOf(curve, at)), show: !hidden.has(curve.name), points: { show: false },
    }))],
    bands: stacked
      ? curves.slice(1).map((_, at) => ({ series: [at + 2, at + 1] as [number, number] })) : [],
    hooks: { setCursor: [(plot) => hover(plot.cursor.idx ?? null)] },
  };
}

export function Chart(props: Props) {
  const { times, curves, format, height = 200, stacked, span } = props;
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [at, setAt] = useState<number | null>(null);
  const names = curves.map((curve) => curve.name).join("\n");
  const drawn = stacked ? stack(curves, hidden) : curves.map((curve) => curve.values);
  const data = useRef<uPlot.AlignedData>([[]]);
  data.current = [times, ...drawn] as uPlot.AlignedData;

  useEffect(() => {
    let here = true;
    let observer: ResizeObserver | undefined;
    void loadLibrary().then((Plot) => {
      const box = holder.current;
      if (!here || !box) return;
      plot.current = new Plot(
        makeOptions(props, hidden, box.clientWidth, setAt), data.current, box);
      const fit = () => plot.current?.setSize({ width: box.clientWidth, height });
      observer = new ResizeObserver(fit);
      observer.observe(box);
      follow(plot.current, times, span);
    });
    return () => {
      here = false;
      observer?.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [names, stacked, height, hidden, dark.value]);

  useEffect(() => {
    const now = plot.current;
    if (!now) return;
    const zoomed = isZoomed(now, data.current[0] as number[], span);
    now.setData(data.current, false);
    if (zoomed) now.redraw(true, true);
    else follow(now, times, span);
  });

  const last = at ?? times.length - 1;
  const toggle = (name: string) => setHidden((old) => {
    const next = new Set(old);
    if (!next.delete(name)) next.add(name);
    return next;
  });
  return (
    <figure class="chart" style={{ margin: 0 }} aria-label={props.label}>
      <div ref={holder} style={{ height }} onDblClick={() => follow(plot.current, times, span)} />
      <figcaption class="legend">
        {curves.map((curve, place) => (
          <button key={curve.name} aria-pressed={!hidden.has(curve.name)}
            onClick={() => toggle(curve.name)} title="Show or hide">
            <i class="swatch" style={{ "--tone": `var(--${toneOf(curve, place)})` }} />
            <span class="mono">{curve.name}</span>
            <span class="val">{format(curve.values[last] ?? null)}</span>
          </button>
        ))}
      </figcaption>
    </figure>
  );
}

const ranges = new WeakMap<uPlot, [number, number]>();

/** Shows the whole time range, up to the last time. */
function follow(plot: uPlot | null, times: number[], span: number | undefined): void {
  if (!plot || times.length === 0) return;
  const max = times[times.length - 1]!;
  const min = Math.min(times[0]!, span ? max - span : times[0]!);
  ranges.set(plot, [min, max]);
  plot.setScale("x", { min, max: max > min ? max : min + 1 });
}

/** True when the reader has zoomed with the mouse; then the range stays. */
function isZoomed(plot: uPlot, _times: number[], _span: number | undefined): boolean {
  const range = ranges.get(plot);
  const { min, max } = plot.scales.x!;
  return range !== undefined && min != null && max != null &&
    (Math.abs(min - range[0]) > 0.5 || Math.abs(max - range[1]) > 1.5);
}

/** A small curve without axes. */
export function Spark({ values, width = 90, height = 20, tone: name = "s1", label }: {
  values: number[]; width?: number; height?: number; tone?: string; label: string;
}) {
  if (values.length < 2) return <svg width={width} height={height} aria-hidden="true" />;
  const top = Math.max(...values) || 1;
  const step = width / (values.length - 1);
  const points = values.map((value, at) =>
    `${(at * step).toFixed(1)} ${(height - 1 - (value / top) * (height - 2)).toFixed(1)}`);
  const line = `M${points.join("L")}`;
  return (
    <svg class="spark" width={width} height={height} role="img" aria-label={label}
      style={{ "--tone": `var(--${name})` }}>
      <path class="area" d={`${line}L${width} ${height}L0 ${height}z`} />
      <path d={line} />
    </svg>
  );
}
