// A map: its properties, entries, values over time, histogram.

import { useEffect } from "preact/hooks";
import { Fills, MapHistogram, MapPage as Query, type MapPageData } from "@gen/queries";
import type { PageProps } from "../routes";
import { bytes, count, percent, sentence, short } from "../lib/format";
import { useQuery, type Result } from "../lib/hooks";
import { useMapBeat, useReloadOn } from "../lib/map_beat";
import { oneOf } from "../lib/router";
import { maps } from "../lib/store";
import {
  Card, Figure, Figures, Head, MapLink, Meter, Owners, ProgramLink, ShowQuery, TypeTag, split,
} from "../parts/bits";
import { OfObject } from "../parts/gone";
import { Histograms } from "../parts/histogram";
import { Holders } from "../parts/holders";
import { Icon } from "../parts/icon";
import { Pins } from "../parts/pins";
import { Answer, Empty } from "../parts/states";
import { TabPanel, Tabs, chosenTab } from "../parts/tabs";
import { Panels } from "../views/panel";
import { Entries } from "./map_entries";
import { Rule } from "./map_rule";
import { Values } from "./map_values";
import { Changes } from "./map_watch";

export type MapInfo = MapPageData["map"];

function Numbers({ map }: { map: MapInfo }) {
  const live = useReloadOn(useMapBeat(map), useQuery(Fills, { ids: [map.id] }));
  const fill = live.data?.maps[0]?.fill ?? map.fill;
  const amount = fill.unit === "bytes" ? bytes : count;
  return (
    <Figures>
      <Figure label={fill.unit === "bytes" ? "Unread" : "Entries"} title={fill.why}
        {...(fill.unit === "bytes" ? split(bytes(fill.entries)) : { value: count(fill.entries) })}
        note={fill.ratio === null ? fill.why : <Meter share={fill.ratio} label="Full" />} />
      <Figure label="Capacity"
        value={fill.unit === "bytes" ? bytes(fill.capacity) : short(fill.capacity)}
        note={fill.ratio === null ? "" : `${percent(fill.ratio)} full`}
        title={amount(fill.capacity)} />
      <Figure label="Key" value={map.keySize ?? "–"} unit="bytes"
        note={map.keyType?.name ?? map.keyType?.kind} />
      <Figure label="Value" value={map.valueSize ?? "–"}
        unit={map.isPerCPU ? "bytes a CPU" : "bytes"}
        note={map.valueType?.name ?? map.valueType?.kind} />
      <Figure label="Memory" {...split(bytes(map.memory))} />
    </Figures>
  );
}

function Users({ map }: { map: MapInfo }) {
  return (
    <Card title="Used by" bare end={count(map.programs.length)}>
      {map.programs.length === 0 ? <Empty title="No program uses it" icon="program" />
        : <ul class="list">
            {map.programs.map((program) => (
              <li key={program.id}>
                <Icon name="program" /><ProgramLink program={program} />
                <span class="dim">{program.id}</span>
                <span class="end"><TypeTag type={program.type} /></span>
              </li>
            ))}
          </ul>}
    </Card>
  );
}

function Meaning({ map }: { map: MapInfo }) {
  const { decoder } = map;
  const columns = [...decoder.key.map((c) => ["key", c] as const),
    ...decoder.value.map((c) => ["value", c] as const)];
  return (
    <Card title="Decoder" end={<a href={`/maps/${map.id}/decoder`}>Write a decoder</a>}>
      <p class="dim">{sentence(decoder.why ?? `by ${decoder.name}`)}</p>
      <dl class="facts">
        {columns.map(([part, column], at) => [
          <dt key={at}>{part}</dt>,
          <dd key={`${at} is`}><span class="mono">{column.name}</span>{" "}
            <span class="dim">{column.type}{column.unit ? `, ${column.unit}` : ""}</span></dd>,
        ])}
        {decoder.source && [<dt key="from">declared at</dt>,
          <dd key="from is" class="mono">{decoder.source}</dd>]}
      </dl>
    </Card>
  );
}

function Types({ map }: { map: MapInfo }) {
  const list = [map.keyType, map.valueType].filter((type) => type?.c.includes("{"));
  if (!list.length) return null;
  return (
    <Card title="Key and value types"
      end={map.btfId && <a href={`/btf/${map.btfId}`}>BTF {map.btfId}</a>}>
      {list.map((type) => <pre class="code" tabIndex={0} key={type!.id}>{type!.c}</pre>)}
    </Card>
  );
}

function Nested({ map }: { map: MapInfo }) {
  if (!map.innerMaps.length && !map.outerMaps.length) return null;
  return (
    <Card title="Maps in maps" bare>
      <ul class="list">
        {map.outerMaps.map((outer) => (
          <li key={`in ${outer.id}`}><span class="dim">it is in</span><MapLink map={outer} /></li>
        ))}
        {map.innerMaps.map(({ key, map: inner }) => (
          <li key={key}><span class="mono dim">{key}</span><MapLink map={inner} />
            <span class="end"><TypeTag type={inner.type} map /></span></li>
        ))}
      </ul>
    </Card>
  );
}

function Identity({ map }: { map: MapInfo }) {
  return (
    <Card title="Identity">
      <dl class="facts">
        <dt>Id</dt><dd>{map.id}</dd>
        <dt>Kernel's type</dt><dd>{map.kernelType}</dd>
        <dt>Flags</dt><dd>{map.flagNames.length ? map.flagNames.join(", ") : "none"}</dd>
        {map.mapExtra && map.mapExtra !== "0" && <><dt>map_extra</dt><dd>{map.mapExtra}</dd></>}
        {map.ifindex ? <><dt>Interface</dt><dd>{map.ifindex}</dd></> : null}
      </dl>
    </Card>
  );
}

function About({ map, data }: { map: MapInfo; data: MapPageData }) {
  return (
    <>
      <Numbers map={map} />
      <div class="cards">
        <Panels panels={data.panels} />
        <Users map={map} />
        <Holders owners={map.owners} none="A program, a pin or another map keeps it." />
        <Meaning map={map} />
        <Types map={map} />
        <Nested map={map} />
        <Identity map={map} />
        <Pins kind="map" id={map.id} pins={map.pins ?? []} />
      </div>
    </>
  );
}

function HistogramTab({ map }: { map: MapInfo }) {
  const result = useReloadOn(useMapBeat(map), useQuery(MapHistogram, { id: map.id }));
  return (
    <Answer result={result}>
      {(data) => <Histograms list={data.map.histogram ?? []} />}
    </Answer>
  );
}

/** True when the map looks like a histogram: bpftrace's hist() and lhist(), or a decoder says
 *  so. */
const histLike = (map: MapInfo): boolean =>
  map.decoder.key.some((column) => /bucket|slot|log2/i.test(`${column.name} ${column.type}`)) ||
  map.decoder.value.some((column) => /hist|slots/i.test(`${column.name} ${column.type}`));

/** Tabs whose table fills the remaining height. */
const filling = new Set(["entries", "changes"]);

function Body({ data }: { data: MapPageData }) {
  const { map } = data;
  const tabs = [
    { id: "entries", title: "Entries" },
    { id: "values", title: "Over time" },
    { id: "changes", title: "Changes" },
    ...(histLike(map) ? [{ id: "histogram", title: "Histogram" }] : []),
    { id: "about", title: "About", tally: map.programs.length },
    { id: "export", title: "Export" },
  ];
  const tab = chosenTab(tabs);
  useEffect(() => { document.title = `${map.name || map.id} · Lunette`; }, [map.name]);
  return (
    <>
      <Head title={map.name || `map ${map.id}`} mono crumbs={[["Maps", "/maps"]]}
        actions={
          <>
            <a class="button" href={`/graph?from=map:${map.id}`}><Icon name="graph" />Graph</a>
            {tab !== "entries" && <ShowQuery doc={Query} variables={{ id: map.id }} />}
          </>
        }>
        <TypeTag type={map.type} map /><span class="dim">id {map.id}</span>
        {map.own && <span class="badge">Lunette's own</span>}
        {map.frozen && <span class="badge warn">frozen</span>}
        <span class="dim gap">
          {map.programs.length > 0 && <span>used by {map.programs.slice(0, 3).map((program, at) => (
            <span key={program.id}>{at > 0 && ", "}<ProgramLink program={program} /></span>))}
            {map.programs.length > 3 && ` +${map.programs.length - 3}`}</span>}
          {map.owners.length > 0 && <span>held by <Owners owners={map.owners} /></span>}
        </span>
      </Head>
      <Tabs tabs={tabs} label="Map" />
      <TabPanel id={tab} grow={filling.has(tab)}>
        {tab === "entries" && <Entries map={map} />}
        {tab === "values" && <Values map={map} />}
        {tab === "changes" && <Changes key={map.id} map={map} />}
        {tab === "histogram" && <HistogramTab map={map} />}
        {tab === "about" && <About map={map} data={data} />}
        {tab === "export" && <Rule id={map.id} />}
      </TabPanel>
    </>
  );
}

const idsOf = (list: readonly { id: number }[]): string =>
  list.map(({ id }) => id).sort((x, y) => x - y).join();

/** Reads a map again when its users change, as seen in the list of all maps. */
function useMap(id: number): Result<MapPageData> {
  const result = useQuery(Query, { id });
  const row = maps.value.get(id);
  const users = row && idsOf(row.programs);
  const shown = result.data !== undefined;
  useEffect(() => {
    if (users !== undefined && shown && users !== idsOf(result.data!.map.programs)) result.reload();
  }, [users, shown]);
  return result;
}

export function MapPage({ id }: PageProps) {
  const number = Number(id);
  const result = useMap(number);
  const gone = result.data !== undefined && maps.value.size > 0 && !maps.value.has(number);
  const tab = oneOf("tab", ["entries", "values", "changes", "histogram", "about", "export"]);
  return (
    <div class={`page${filling.has(tab) ? " fill" : ""}`}>
      <OfObject noun="map" id={number} gone={gone}>
        <Answer result={result} lines={12} missing={{
          title: `There is no map ${id}`, icon: "map", href: "/maps", all: "All maps",
        }}>
          {(data) => <Body data={data} />}
        </Answer>
      </OfObject>
    </div>
  );
}
