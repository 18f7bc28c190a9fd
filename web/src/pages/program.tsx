// A program: its properties, costs, attachments, holders, maps, code.

import { useEffect, useMemo, useState } from "preact/hooks";
import { ProgramHistory, ProgramPage as Query, type ProgramPageData } from "@gen/queries";
import type { PageProps } from "../routes";
import { bytes, count, duration, exactTime, percent, short } from "../lib/format";
import { lazy } from "../lib/lazy";
import { useQuery } from "../lib/hooks";
import { oneOf, setParams } from "../lib/router";
import { measured, rates, ratesFailed, useRates } from "../lib/rates";
import { programs } from "../lib/store";
import {
  Ago, Card, Choice, Copy, Figure, Figures, Head, MapLink, Owners, ProgramLink, ShowQuery,
  TypeTag, download, split,
} from "../parts/bits";
import { Chart } from "../parts/chart";
import { OfObject } from "../parts/gone";
import { Holders } from "../parts/holders";
import { Icon } from "../parts/icon";
import { Pins } from "../parts/pins";
import { NotMeasured, isOff } from "../parts/sampler";
import { Answer, Empty } from "../parts/states";
import { Table } from "../parts/table";
import { TabPanel, Tabs, chosenTab } from "../parts/tabs";
import { Panels } from "../views/panel";
import { mapColumns } from "./lists";

type Program = ProgramPageData["program"];

const Code = lazy<{ id: number }>(() => import("./code").then((m) => m.Code));
const Hot = lazy<{ id: number }>(() => import("./hot").then((m) => m.Hot));
const Run = lazy<{ program: Program }>(() => import("./program_run").then((m) => m.Run));
const Flow = lazy<{ id: number }>(() => import("./flow").then((m) => m.Flow));

function Numbers({ program }: { program: Program }) {
  const rate = rates.value.get(program.id);
  return (
    <Figures>
      <Figure label="CPU" {...split(percent(rate?.cpu))} note="of one CPU, last second" />
      <Figure label="Runs per second" value={short(rate?.runs)}
        note={`${count(program.runs)} counted`} />
      <Figure label="Per run" {...split(duration(rate?.average))} note="on average" />
      <Figure label="Run time"
        {...split(duration(program.runTimeNs ? Number(program.runTimeNs) / 1e9 : null))}
        note="while statistics were on" />
      <Figure label="Size" unit="insns"
        value={count(program.xlatedSize ? program.xlatedSize / 8 : null)}
        note={`${bytes(program.jitedSize)} native`} />
      <Figure label="Memory" {...split(bytes(program.memory))}
        note={program.loadTime ? <>loaded <Ago time={program.loadTime} /></> : ""} />
    </Figures>
  );
}

const measures = ["cpu", "runs", "average"] as const;
const measureText = [["cpu", "CPU"], ["runs", "Runs/s"], ["average", "Per run"]] as const;

/** The server's history, then the points measured since; empty when it never ran. */
function usePoints(id: number, seconds: number) {
  const result = useQuery(ProgramHistory, { id, seconds });
  const [since] = useState(() => Date.now() / 1000);
  const live = rates.value.get(id);
  const [points, setPoints] = useState<NonNullable<typeof live>[]>([]);
  useEffect(() => {
    if (live) setPoints((old) => [...old.slice(-600), live]);
  }, [live]);
  return useMemo(() => {
    const old = (result.data?.program.history ?? []).filter((point) => point.time < since);
    const first = points[0]?.time ?? Infinity;
    const all = [...old.filter((point) => point.time < first), ...points];
    return all.some(({ runs, misses }) => runs > 0 || misses > 0) ? all : [];
  }, [result.data, points, since]);
}

type Point = ReturnType<typeof usePoints>[number];

/** A curve with gaps where it did not run or was not sampled. A range begins at its first
 *  sample's start, so that a single sample is visible. */
function curveOf(points: Point[], measure: (typeof measures)[number]) {
  const times: number[] = [];
  const values: (number | null)[] = [];
  for (const point of points) {
    const last = times[times.length - 1];
    const begin = point.time - point.seconds;
    if (last === undefined || begin - last > 2) {
      if (last !== undefined) {
        times.push((last + begin) / 2);
        values.push(null);
      }
      times.push(begin);
      values.push(point[measure]);
    }
    times.push(point.time);
    values.push(point[measure]);
  }
  return { times, values };
}

const ranges = ["300", "900", "3600"] as const;
const rangeText = [["300", "5 min"], ["900", "15 min"], ["3600", "1 h"]] as const;

const asCsv = (points: Point[]): string =>
  ["time,seconds,runs,cpu,average,misses", ...points.map((point) =>
    [point.time, point.seconds, point.runs, point.cpu, point.average ?? "", point.misses])]
    .join("\n") + "\n";

function Cost({ program }: { program: Program }) {
  const range = oneOf("range", ranges);
  const points = usePoints(program.id, Number(range));
  const measure = oneOf("show", measures);
  const { times, values } = curveOf(points, measure);
  const format = { cpu: percent, runs: short, average: duration }[measure];
  const name = { cpu: "CPU", runs: "runs a second", average: "average run" }[measure];
  const still = measured.value && points.length === 0;
  return (
    <Card title="Cost over time" wide end={
      <>
        <button class="plain" onClick={() => download(`prog_${program.id}_cost.csv`,
          asCsv(points), "text/csv")}><Icon name="save" />CSV</button>
        <Choice label="Time range" words={rangeText} chosen={range}
          choose={(word) => setParams({ range: word === "300" ? null : word })} />
        <Choice label="Show" words={measureText} chosen={measure}
          choose={(word) => setParams({ show: word === "cpu" ? null : word })} />
      </>
    }>
      {points.length === 0 && isOff() ? <NotMeasured />
        : points.length === 0
        ? <Empty icon="exports"
            title={ratesFailed.value ? "No statistics" : still ? "It does not run" : "Measuring"}>
            <p>{ratesFailed.value ?? (still
              ? "The curve begins with its first run."
              : "Waiting for the first sample.")}</p>
          </Empty>
        : <Chart label={`${name} of ${program.name}`} times={times} curves={[{ name, values }]}
            format={format} height={190} span={60} />}
      {points.length > 0 &&
        <p class="dim hint">Drag to zoom in; double-click to show all.</p>}
    </Card>
  );
}

function Identity({ program }: { program: Program }) {
  const facts: [string, string | number | null | undefined][] = [
    ["Id", program.id], ["Tag", program.tag],
    ["Kernel's type", program.kernelType], ["Built to attach to", program.attachTo],
    ["Loaded", program.loadTime ? exactTime(program.loadTime) : null],
    ["By user", program.user ?? program.uid],
    ["Verified", program.verifiedInsns
      ? `${count(program.verifiedInsns)} instructions walked` : null],
    ["Skipped", Number(program.recursionMisses) > 0
      ? `${count(program.recursionMisses)} runs, already running on that CPU` : null],
    ["Licence", program.gplCompatible === null ? null
      : program.gplCompatible ? "GPL compatible" : "not GPL compatible"],
    ["Interface", program.ifindex || null],
  ];
  return (
    <Card title="Identity">
      <dl class="facts">
        {facts.filter(([, value]) => value !== null && value !== undefined).map(([name, value]) => [
          <dt key={name}>{name}</dt>,
          <dd key={`${name} is`}
            class={name === "Tag" || name === "Built to attach to" ? "mono" : ""}>
            {value}
          </dd>,
        ])}
        {program.btfId ? [<dt key="btf">BTF</dt>,
          <dd key="btf is"><a href={`/btf/${program.btfId}`}>{program.btfId}</a></dd>] : null}
      </dl>
    </Card>
  );
}

function Attached({ program }: { program: Program }) {
  return (
    <Card title="Attach points" bare end={count(program.attachments.length)}>
      {program.attachments.length === 0
        ? <Empty title="Attached nowhere that can be seen" icon="attach">
            <p>Another program may call it, or its holder has not attached it.</p>
          </Empty>
        : <ul class="list">
            {program.attachments.map((point, at) => (
              <li key={at}>
                <TypeTag type={point.kind} />
                <span class="mono clip" title={point.target}>{point.target}</span>
                <span class="end">
                  {point.link
                    ? <a href={`/links/${point.link.id}`}>link {point.link.id}</a> : point.how}
                </span>
              </li>
            ))}
          </ul>}
    </Card>
  );
}

function Tasks({ program }: { program: Program }) {
  if (!program.tasks.length) return null;
  return (
    <ul class="list">
      {program.tasks.map((task) => (
        <li key={`${task.pid} ${task.fd}`}>
          <Icon name="attach" /><span>{task.type}</span>
          <span class="mono clip">{task.name}</span>
          <span class="end">
            <a href={`/owners/${task.pid}`}>process {task.pid}</a>, fd {task.fd}</span>
        </li>
      ))}
    </ul>
  );
}

function TailCalls({ program }: { program: Program }) {
  if (!program.tailCalls.length) return null;
  return (
    <Card title="May jump to" bare>
      <ul class="list">
        {program.tailCalls.map(({ index, via, program: target }) => (
          <li key={`${via.id} ${index}`}>
            <ProgramLink program={target} /><span class="dim">{target.type}</span>
            <span class="end"><MapLink map={via} /> [{index}]</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function About({ program, data }: { program: Program; data: ProgramPageData }) {
  return (
    <>
      <Numbers program={program} />
      <div class="cards">
        <Cost program={program} />
        <Panels panels={data.panels} />
        <Attached program={program} />
        <Card title="Maps that it uses" bare end={count(program.maps.length)}>
          {program.maps.length === 0 ? <Empty title="It uses no map" icon="map" />
            : <ul class="list">
                {program.maps.map((map) => (
                  <li key={map.id}>
                    <MapLink map={map} /><span class="dim">{map.id}</span>
                    <span class="end"><TypeTag type={map.type} map /></span>
                  </li>
                ))}
              </ul>}
        </Card>
        <Holders owners={program.owners} none="A link, a pin or another object keeps it loaded.">
          <Tasks program={program} />
        </Holders>
        <TailCalls program={program} />
        <Identity program={program} />
        <Pins kind="program" id={program.id} pins={program.pins} />
        {program.verifierLog && (
          <Card title="Verifier's log" wide end={<Copy text={program.verifierLog} />}>
            <pre class="code" tabIndex={0}>{program.verifierLog}</pre>
          </Card>
        )}
      </div>
    </>
  );
}

const tabIds = ["about", "code", "flow", "maps", "hot", "run"] as const;
const filling = new Set<string>(["code", "flow", "maps"]);

function Body({ data }: { data: ProgramPageData }) {
  const { program } = data;
  const tabs = [
    { id: "about", title: "About" },
    { id: "maps", title: "Maps", tally: program.maps.length },
    { id: "code", title: "Code" },
    { id: "flow", title: "Control flow" },
    { id: "hot", title: "Hot spots" },
    { id: "run", title: "Run" },
  ];
  const tab = chosenTab(tabs);
  useEffect(() => { document.title = `${program.name ?? program.id} · Lunette`; }, [program.name]);
  return (
    <>
      <Head title={program.name || `program ${program.id}`} mono
        crumbs={[["Programs", "/programs"]]}
        actions={
          <>
            <a class="button" href={`/graph?from=prog:${program.id}`}><Icon name="graph" />Graph</a>
            <ShowQuery doc={Query} variables={{ id: program.id }} />
          </>
        }>
        <TypeTag type={program.type} /><span class="dim">id {program.id}</span>
        {program.own && <span class="badge">Lunette's own</span>}
        {program.orphaned && <span class="badge warn">orphaned</span>}
        {program.owners.length > 0 &&
          <span class="dim">held by <Owners owners={program.owners} /></span>}
      </Head>
      <Tabs tabs={tabs} label="Program" />
      <TabPanel id={tab} grow={filling.has(tab)}>
        {tab === "about" && <About program={program} data={data} />}
        {tab === "maps" && (
          <Table label="Maps" rows={program.maps} columns={mapColumns} rowKey={(row) => row.id}
            href={(row) => `/maps/${row.id}`} empty={<Empty title="It uses no map" icon="map" />} />
        )}
        {tab === "code" && <Code id={program.id} />}
        {tab === "hot" && <Hot id={program.id} />}
        {tab === "run" && <Run key={program.id} program={program} />}
        {tab === "flow" && <Flow id={program.id} />}
      </TabPanel>
    </>
  );
}

export function ProgramPage({ id }: PageProps) {
  useRates();
  const number = Number(id);
  const result = useQuery(Query, { id: number }, { kinds: ["LINK"] });
  const gone = result.data !== undefined && programs.value.size > 0 && !programs.value.has(number);
  return (
    <div class={`page${filling.has(oneOf("tab", tabIds)) ? " fill" : ""}`}>
      <OfObject noun="program" id={number} gone={gone}>
        <Answer result={result} lines={12} missing={{
          title: `There is no program ${id}`, icon: "program", href: "/programs",
          all: "All programs",
        }}>
          {(data) => <Body data={data} />}
        </Answer>
      </OfObject>
    </div>
  );
}
