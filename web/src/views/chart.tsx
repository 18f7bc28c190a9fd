// Charts on scripts' pages: a map's values over time, or curves given by the script.

import { bytes, duration, percent, short, withUnit } from "../lib/format";
import { useMapSeries } from "../lib/map_series";
import { Chart, type Curve } from "../parts/chart";
import { Empty, Failure, Loading } from "../parts/states";
import { isNode, listOf, text, type Node } from "./view";

function formatOf(unit: string | null | undefined, rate: boolean) {
  return (value: number | null): string => {
    if (value === null) return "–";
    switch (unit) {
      case "bytes": return bytes(value) + (rate ? "/s" : "");
      case "ns": return rate ? percent(value / 1e9) : duration(value / 1e9);
      case "s": case "seconds": return duration(value);
      case "ratio": case "cpu": return percent(value);
      case undefined: case null: case "": return short(value) + (rate ? "/s" : "");
      default: return withUnit(value, unit) + (rate ? "/s" : "");
    }
  };
}

export function MapChart({ id, node }: { id: number; node: Node }) {
  const rate = node.rate === true;
  const series = useMapSeries({
    id, rate, by: text(node.by), value: text(node.value), top: Number(node.top ?? 10),
    every: Number(node.every ?? 1),
  });
  if (series.error) return <Failure message={series.error} />;
  if (series.note) {
    return <Empty title="Nothing to draw" icon="exports"><p>{series.note}</p></Empty>;
  }
  if (series.times.length < 2) return <div style={{ height: 270 }}><Loading /></div>;
  return (
    <>
      <Chart label={text(node.title) ?? "Chart"} times={series.times} curves={series.curves}
        stacked={node.stacked === true} height={Number(node.height ?? 240)} span={30}
        format={formatOf(text(node.unit) ?? series.value?.unit, rate)} />
      {series.part && <p class="dim">{series.part}.</p>}
    </>
  );
}

export function DataChart({ node }: { node: Node }) {
  const curves: Curve[] = listOf(node.series).filter(isNode).map((one) => ({
    name: text(one.name) ?? "",
    values: listOf(one.values).map((value) => (value === null ? null : Number(value))),
  }));
  const times = listOf(node.times).map(Number);
  if (times.length < 2) return <Empty title="Not enough points yet" icon="exports" />;
  return <Chart label={text(node.title) ?? "Chart"} times={times} curves={curves}
    stacked={node.stacked === true} height={Number(node.height ?? 240)}
    format={formatOf(text(node.unit), false)} />;
}
