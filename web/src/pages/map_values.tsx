// A map's values over time: the keys with the largest values, or the largest change per second.

import type { MapInfo } from "./map";
import { count, percent, sentence, short, withUnit } from "../lib/format";
import { drawable, useMapSeries } from "../lib/map_series";
import { oneOf, params, setParams } from "../lib/router";
import { Card, Choice, Pick } from "../parts/bits";
import { Chart } from "../parts/chart";
import { Empty, Failure, Loading } from "../parts/states";

const kinds = ["rate", "value"] as const;
const kindText = [["rate", "Per second"], ["value", "Value"]] as const;
const tops = ["10", "5", "20"] as const;

export function Values({ map }: { map: MapInfo }) {
  const kind = oneOf("show", kinds);
  const top = Number(oneOf("top", tops));
  const by = params.value.get("by") ?? undefined;
  const chosen = params.value.get("value") ?? undefined;
  const series = useMapSeries({ id: map.id, by, value: chosen, rate: kind === "rate", top });
  if (!map.isLookupSupported) {
    return <Empty title="Its entries can't be read"><p>{sentence(map.unreadable ?? "")}</p></Empty>;
  }
  const unit = series.value?.unit;
  const format = (value: number | null) => value === null ? "–"
    : !unit ? short(value)
    : kind === "rate" && unit === "ns" ? percent(value / 1e9) : withUnit(value, unit);
  const keys = series.columns.filter((column) => column.part === "KEY");
  const values = drawable(series.columns);
  return (
    <>
      <div class="bar">
        <Choice label="Draw" words={kindText} chosen={kind}
          choose={(word) => setParams({ show: word === "rate" ? null : word })} />
        {values.length > 1 && (
          <Pick label="of" value={series.value?.name ?? ""} choose={(value) => setParams({ value })}
            options={values.map(({ name }) => [name, name] as const)} />
        )}
        {keys.length > 1 && (
          <Pick label="by" value={by ?? ""} choose={(value) => setParams({ by: value })}
            options={[["", "whole key"], ...keys.map(({ name }) => [name, name] as const)]} />
        )}
        <Pick label="Top" value={String(top)} options={tops.map((n) => [n, n] as const)}
          choose={(value) => setParams({ top: value === "10" ? null : value })} />
        <span class="end">
          {series.part && `${series.part}; `}
          {series.times.length > 0 && `${count(series.times.length)} samples`}
        </span>
      </div>
      {series.error && <Failure message={series.error} />}
      <Card>
        {series.note ? <Empty title="Nothing to draw" icon="exports"><p>{series.note}</p></Empty>
          : series.times.length < 2 ? <div style={{ height: 360 }}><Loading /></div>
          : series.curves.length === 0 ? <Empty title="No entries yet" icon="map" />
          : <Chart label={`Values of ${map.name}`} times={series.times} curves={series.curves}
              format={format} height={330} span={30} />}
      </Card>
    </>
  );
}
