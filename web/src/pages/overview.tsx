// The overview: the host, the cost of BPF, recent changes, full maps, errors.

import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import {
  FullestMaps, Leaks as LeaksQuery, Overview as OverviewQuery, RuleHealth, type OverviewData,
} from "@gen/queries";
import { now } from "../lib/clock";
import { bytes, count, duration, percent, plural, short } from "../lib/format";
import { useLive, useQuery } from "../lib/hooks";
import { params } from "../lib/router";
import {
  isQuiet, measured, quietSeconds, rates, ratesFailed, serverTime, trails, useRates,
} from "../lib/rates";
import {
  failure, happenings, happeningsKept, loaded, mapList, programList, programs, showOwn, start,
} from "../lib/store";
import {
  Ago, Card, Figure, Figures, Head, Meter, ShowQuery, TypeTag, familyTone, split,
} from "../parts/bits";
import { Chart, type Curve } from "../parts/chart";
import { Icon } from "../parts/icon";
import { NotMeasured, isOff } from "../parts/sampler";
import { Panels } from "../views/panel";
import { Empty, Failure, Loading, Refused } from "../parts/states";
import { byType } from "./lists";

/** Depends only on the set of objects, though the numbers beside it change each second. */
const totals = computed(() => ({
  memory: [...programList.value, ...mapList.value]
    .reduce((sum, row) => sum + (row.memory ?? 0), 0),
  programTypes: byType(programList.value).length,
  mapTypes: byType(mapList.value).length,
}));

function Numbers() {
  const list = programList.value;
  const host = start.value?.host;
  let cpu = 0;
  let runs = 0;
  const shown = [...rates.value.values()].filter(({ id }) => isShown(id));
  for (const rate of shown) {
    cpu += rate.cpu;
    runs += rate.runs;
  }
  const known = measured.value;
  const { memory, programTypes, mapTypes } = totals.value;
  const running = shown.filter((rate) => rate.runs > 0).length;
  return (
    <Figures>
      <Figure label="CPU in BPF" {...split(known ? percent(cpu) : "–")}
        note={host ? `of one CPU; ${host.onlineCpus} online` : ""}
        title="Time that programs ran over the last second, as a share of one CPU" />
      <Figure label="Runs per second" value={known ? short(runs) : "–"}
        note={known ? `${plural(running, "programs")} ran` : ""} />
      <Figure label="Programs" value={loaded.value ? count(list.length) : "–"}
        note={loaded.value ? plural(programTypes, "types") : ""} />
      <Figure label="Maps" value={loaded.value ? count(mapList.value.length) : "–"}
        note={loaded.value ? plural(mapTypes, "types") : ""} />
      <Figure label="Memory" {...split(loaded.value ? bytes(memory) : "–")}
        note="locked by both" />
      <Figure label="Uptime" {...split(duration(host?.uptime))}
        note={host ? `${host.name}, ${host.architecture}` : ""} title={host?.kernel ?? ""} />
    </Figures>
  );
}

const mostCurves = 6;
const window = 300;
const span = 60;
const longestPause = 3;

const isShown = (id: number): boolean => showOwn.value || !programs.value.get(id)?.own;

/** A time without values, between two seconds, interrupts the curves where nothing was measured. */
const withGaps = (times: number[]): number[] => times.flatMap((time, at) =>
  at > 0 && time - times[at - 1]! > longestPause ? [times[at - 1]! + 0.5, time] : [time]);

/** The most expensive programs lately, a curve each; the others together. */
function costCurves(): { times: number[]; curves: Curve[] } {
  const first = serverTime() - window;
  const all = [...trails].filter(([id]) => isShown(id)).map(([id, points]) => {
    const trail = points.filter(({ time }) => time > first);
    return { id, trail, sum: trail.reduce((sum, point) => sum + point.cpu, 0) };
  }).filter(({ sum }) => sum > 0).sort((a, b) => b.sum - a.sum);
  const seconds = all.flatMap(({ trail }) => trail.map((point) => Math.round(point.time)));
  const times = withGaps([...new Set([...seconds, ...quietSeconds()])].sort((a, b) => a - b));
  const valuesOf = (list: typeof all) => {
    const at = new Map<number, number>();
    for (const { trail } of list) {
      for (const { time, cpu } of trail) {
        at.set(Math.round(time), (at.get(Math.round(time)) ?? 0) + cpu);
      }
    }
    return times.map((time) => (Number.isInteger(time) ? at.get(time) ?? 0 : null));
  };
  const nameOf = (id: number) => `${programs.value.get(id)?.name ?? "program"} ${id}`;
  const curves: Curve[] = all.slice(0, mostCurves)
    .map((entry) => ({ name: nameOf(entry.id), values: valuesOf([entry]) }));
  const rest = all.slice(mostCurves);
  if (rest.length) {
    const name = rest.length === 1 ? nameOf(rest[0]!.id) : `${rest.length} others`;
    curves.push({ name, values: valuesOf(rest), tone: "s10" });
  }
  return { times, curves };
}

function Cost() {
  const last = rates.value;
  // While nothing runs, no events come: the curves move out of view by themselves.
  const beat = isQuiet() && trails.size > 0 ? Math.floor(now.value) : 0;
  const { times, curves } = useMemo(costCurves, [last, beat]);
  if (isOff()) return <NotMeasured />;
  if (ratesFailed.value) return <Failure message={ratesFailed.value} />;
  if (!programList.value.length && loaded.value) {
    return <Empty title="No program is loaded"><p>No program is loaded.</p></Empty>;
  }
  if (!curves.length && measured.value && loaded.value) {
    return (
      <Empty title="No program runs">
        <p>{programList.value.length === 1 ? "The one here did not run lately."
          : `None of the ${count(programList.value.length)} programs here ran lately.`}</p>
      </Empty>
    );
  }
  if (times.length < 2 || !loaded.value) return <Loading lines={4} />;
  return <Chart label="CPU spent in BPF, by program" times={times} curves={curves} stacked
    span={span} format={percent} height={210} />;
}

/** The height of the chart with its legend: whatever stands there first, the page below stays. */
const costHeight = 238;

const typesShown = 12;

function Types({ title, rows, href, map }: {
  title: string; rows: { type: string }[]; href: string; map?: boolean;
}) {
  const types = byType(rows);
  const shown = types.length > typesShown ? types.slice(0, typesShown - 1) : types;
  const rest = types.length - shown.length;
  return (
    <Card title={<a href={href}>{title}</a>} end={loaded.value ? count(rows.length) : ""}>
      {!loaded.value ? <Loading lines={3} /> : types.length === 0 ? <p class="dim">None.</p> : (
        <>
          <div class="share" role="img" aria-label={`${title} by type`}>
            {types.map(([type, n]) => (
              <i key={type} title={`${type}: ${count(n)}`}
                style={{ flexGrow: n, "--tone": `var(--${familyTone(type)})` }} />
            ))}
          </div>
          <div class="keys" style={{ marginTop: 10 }}>
            {shown.map(([type, n]) => (
              <a key={type} href={`${href}?q=${encodeURIComponent(type)}`}>
                <TypeTag type={type} map={map ?? false} /><b>{count(n)}</b>
              </a>
            ))}
            {rest > 0 && <a href={`${href}?group=type`}>{plural(rest, "more types")}</a>}
          </div>
        </>
      )}
    </Card>
  );
}

function Happened() {
  const list = happenings.value;
  return (
    <Card title="Loaded and freed" bare
      end={list.length === 0 ? "" : list.length < happeningsKept
        ? `${count(list.length)} since this page opened` : `the last ${count(happeningsKept)}`}>
      {list.length === 0
        ? <Empty title="No changes yet" icon="overview">
            <p>Programs and maps loaded or freed from now on appear here.</p>
          </Empty>
        : <ul class="list scrolls">
            {list.slice(0, 60).map((one, at) => {
              const kind = one.kind === "PROGRAM" ? "program" : "map";
              const text = one.name || `${kind} ${one.id}`;
              return (
                <li key={`${one.time} ${one.id} ${at}`}>
                  <span class={one.came ? "good" : "dim"} aria-label={one.came ? "came" : "went"}>
                    {one.came ? "+" : "−"}
                  </span>
                  <Icon name={kind} />
                  {one.came
                    ? <a class="mono clip" href={`/${kind}s/${one.id}`}>{text}</a>
                    : <span class="mono clip">{text}</span>}
                  <span class="dim">{one.type}</span>
                  <span class="end"><Ago time={one.time} /></span>
                </li>
              );
            })}
          </ul>}
    </Card>
  );
}

const fillText = (value: number | null, unit: string): string =>
  unit === "bytes" ? bytes(value) : short(value);

function Fullest() {
  const many = mapList.value.length > 2000;
  const result = useLive(FullestMaps, { own: showOwn.value, every: many ? 30 : 5 });
  const full = result.data?.fullestMaps ?? [];
  return (
    <Card title="Fullest maps" bare>
      {result.error && !result.data && <Failure message={result.error.message} />}
      {!result.data ? !result.error && <Loading /> : full.length === 0
        ? <Empty title="No map that can fill up" icon="map" />
        : <ul class="list fills">
            {full.map(({ id, name, fill }) => (
              <li key={id} title={fill.why}>
                <a class="mono clip name" href={`/maps/${id}`}>{name || `map ${id}`}</a>
                <Meter share={fill.ratio!} label={`${name} is full`} />
                <span class="num share-of">{percent(fill.ratio)}</span>
                <span class="num of-all">
                  {fillText(fill.entries, fill.unit)} of {fillText(fill.capacity, fill.unit)}
                </span>
              </li>
            ))}
          </ul>}
    </Card>
  );
}

const leaksShown = 40;

/** Finding unused objects reads every object, so it is a query of its own. */
function Leaks() {
  const result = useQuery(LeaksQuery, {}, { kinds: ["PROGRAM", "MAP"] });
  const leaks = result.data?.leaks;
  if (!leaks) {
    return (
      <Card title="Possibly leaked" bare>
        {result.error ? <Failure message={result.error.message} retry={result.reload} />
          : <Loading />}
      </Card>
    );
  }
  return (
    <Card title="Possibly leaked" bare end={leaks.length ? count(leaks.length) : ""}>
      {leaks.length === 0 && (
        <Empty title="No leaks found" icon="check">
          <p>Every object is held by a process, a pin, a link or another object.</p>
        </Empty>
      )}
      <ul class="list scrolls">
        {leaks.slice(0, leaksShown).map(({ kind, id, name, why, memory }) => (
          <li key={`${kind} ${id}`} title={why}>
            <a class="mono clip" href={`/${kind.toLowerCase()}s/${id}`}>
              {name || `${kind.toLowerCase()} ${id}`}</a>
            <span class="dim clip">{why}</span>
            <span class="end">{bytes(memory)}</span>
          </li>
        ))}
        {leaks.length > leaksShown && (
          <li class="dim">and {count(leaks.length - leaksShown)} more</li>
        )}
      </ul>
    </Card>
  );
}

type Declaration = OverviewData["health"]["declarations"][number];

/** Each script's declarations by file: "2 decoders, 1 page". */
function byFile(declarations: Declaration[]): [string, string][] {
  const files = new Map<string, Map<string, number>>();
  for (const { file, kind, builtIn } of declarations) {
    const name = builtIn ? "Lunette itself" : file ?? "a script";
    const kinds = files.get(name) ?? new Map<string, number>();
    files.set(name, kinds.set(kind, (kinds.get(kind) ?? 0) + 1));
  }
  return [...files].map(([file, kinds]): [string, string] =>
    [file, [...kinds].map(([kind, n]) => `${n} ${n === 1 ? kind : many(kind)}`).join(", ")]);
}

const many = (kind: string) => (kind === "graphql" ? kind : `${kind}s`);

/** The state of scripts and metrics rules. */
function Scripts({ data }: { data: OverviewData }) {
  const rules = useLive(RuleHealth, {}).data?.metricRules ?? [];
  const errors = start.value?.health.errors ?? [];
  const broken = rules.filter((rule) => rule.error);
  const failed = errors.length + broken.length;
  return (
    <Card title="Scripts and rules" end={
      failed ? <span class="bad">{count(failed)} failed</span>
        : <span class="good">all well</span>}>
      {errors.map((error) => <Failure key={error.message} message={error.message} />)}
      {broken.map((rule) => <Failure key={rule.name} message={`${rule.name}: ${rule.error}`} />)}
      <dl class="facts">
        {byFile(data.health.declarations).map(([file, text]) => [
          <dt key={file} class="mono clip" title={file}>{file.replace(/^.*\//, "")}</dt>,
          <dd key={`${file} n`}>{text}</dd>,
        ])}
        <dt>Metrics</dt>
        <dd><a href="/exports">{plural(rules.length, "rules")}</a>, {broken.length
          ? <span class="bad">{broken.length} with errors</span> : "none with errors"}</dd>
      </dl>
    </Card>
  );
}

/** Missing privileges and features, and what is lost without them. */
function Missing() {
  const missing = (start.value?.host.features ?? []).filter((feature) => !feature.available);
  if (!missing.length) return null;
  return (
    <Card title="Not available here">
      <dl class="facts">
        {missing.map(({ name, detail }) => [
          <dt key={name}>{name}</dt>, <dd key={`${name} detail`}>{detail}</dd>,
        ])}
      </dl>
    </Card>
  );
}

export function Overview() {
  useRates();
  const result = useQuery(OverviewQuery, {});
  const { data } = result;
  const first = params.value.get("show") === "scripts";
  if (failure.value && !loaded.value) {
    return (
      <div class="page">
        <Head title="Overview" /><Refused message={failure.value.message} />
      </div>
    );
  }
  return (
    <div class="page">
      <Head title="Overview" actions={<ShowQuery doc={OverviewQuery} variables={{}} />} />
      <Numbers />
      {first && data && <Scripts data={data} />}
      <div class="cards even">
        <Card title="CPU in BPF, by program" wide end={<a href="/programs?sort=-cpu">By cost</a>}>
          <div style={{ minHeight: costHeight }}><Cost /></div>
        </Card>
        <Types title="Programs" rows={programList.value} href="/programs" />
        <Types title="Maps" rows={mapList.value} href="/maps" map />
        <Happened />
        <Fullest />
        {result.error && !data && <Failure message={result.error.message} retry={result.reload} />}
        <Leaks />
        {data && !first && <Scripts data={data} />}
        <Missing />
        {data && <Panels panels={data.panels} />}
      </div>
    </div>
  );
}
