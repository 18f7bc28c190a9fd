// Draws a script's lunette.ui description: a tree of objects whose `kind` names the explorer's
// component.

import type { ComponentChildren } from "preact";
import { LiveHistogram, type Json } from "@gen/queries";
import { count } from "../lib/format";
import { useLive } from "../lib/hooks";
import { cellText } from "../lib/cells";
import { maps } from "../lib/store";
import { Card, Figure, Figures } from "../parts/bits";
import { HistogramBars, Histograms, type Histogram } from "../parts/histogram";
import { Empty, Failure, Loading } from "../parts/states";
import { DataChart, MapChart } from "./chart";
import { Flame } from "./flame";
import { Heat } from "./heat";
import { DataTable, MapTable } from "./table";

export type Node = { [name: string]: Json };

export const isNode = (view: Json | undefined): view is Node =>
  typeof view === "object" && view !== null && !Array.isArray(view);

export const text = (value: Json | undefined): string | undefined =>
  value === null || value === undefined ? undefined : cellText(value);

export const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

const children = (node: Node): Json[] =>
  listOf(node.children).length ? listOf(node.children) : listOf(node.items);

/** The newest map with that name or id; undefined while there is none. */
export function findMap(wanted: Json | undefined): number | undefined {
  if (typeof wanted === "number") return maps.value.has(wanted) ? wanted : undefined;
  const name = text(wanted);
  const found = [...maps.value.values()]
    .filter((map) => map.name === name || map.kernelName === name
      || map.pins?.includes(name ?? ""));
  return found.length ? Math.max(...found.map((map) => map.id)) : undefined;
}

/** Draws with the map that a node names, or a message that there is none. */
export function WithMap({ node, children: draw }: {
  node: Node; children: (id: number) => ComponentChildren;
}) {
  const id = findMap(node.map);
  if (id === undefined) {
    return <Empty title={`There is no map “${text(node.map)}” now`} icon="map">
      <p>It is drawn here as soon as it appears.</p></Empty>;
  }
  return <>{draw(id)}</>;
}

function MapHistograms({ id, every }: { id: number; every: number }) {
  const result = useLive(LiveHistogram, { id, every });
  if (result.error) return <Failure message={result.error.message} />;
  if (!result.data) return <Loading />;
  return <Histograms list={result.data.map.histogram ?? []} />;
}

const number = (value: Json | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);

function givenHistogram(node: Node): Histogram {
  return {
    label: text(node.title) ?? null, unit: text(node.unit) ?? null,
    buckets: listOf(node.buckets).filter(isNode).map((bucket) => ({
      from: number(bucket.from), to: number(bucket.to), count: Number(bucket.count ?? 0),
    })),
  };
}

function Numbers({ node }: { node: Node }) {
  return (
    <Figures>
      {children(node).filter(isNode).map((item, at) => (
        <Figure key={at} label={text(item.label) ?? text(item.title) ?? ""}
          value={typeof item.value === "number" ? count(item.value) : text(item.value) ?? "–"}
          {...(text(item.unit) ? { unit: text(item.unit)! } : {})} note={text(item.note)} />
      ))}
    </Figures>
  );
}

/** Paragraphs, with `code` in them. */
function Prose({ body }: { body: string }) {
  return (
    <div class="prose">
      {body.split(/\n{2,}/).map((paragraph, at) => (
        <p key={at}>{paragraph.split(/(`[^`]+`)/).map((part) =>
          part.startsWith("`") ? <code>{part.slice(1, -1)}</code> : part)}</p>
      ))}
    </div>
  );
}

function Group({ node, of, open }: { node: Node; of: string; open?: boolean }) {
  return (
    <div class={`stack ${of}`}>
      {children(node).map((child, at) => <View key={at} view={child} open={open ?? false} />)}
    </div>
  );
}

function Part({ node, open }: { node: Node; open: boolean }) {
  const every = Number(node.every ?? 1);
  switch (node.kind) {
    case "page": case "column": return <Group node={node} of="column" open={open} />;
    case "row": case "grid": return <Group node={node} of="row" open={open} />;
    case "section": case "card": return <Group node={node} of="column" />;
    case "text": return <Prose body={text(node.text) ?? ""} />;
    case "figures": return <Numbers node={node} />;
    case "figure": return <Numbers node={{ items: [node] }} />;
    case "chart": return node.map !== undefined && node.map !== null
      ? <WithMap node={node}>{(id) => <MapChart id={id} node={node} />}</WithMap>
      : <DataChart node={node} />;
    case "table": return node.map !== undefined && node.map !== null
      ? <WithMap node={node}>{(id) => <MapTable id={id} node={node} />}</WithMap>
      : <DataTable node={node} />;
    case "histogram": return node.map !== undefined && node.map !== null
      ? <WithMap node={node}>{(id) => <MapHistograms id={id} every={every} />}</WithMap>
      : <HistogramBars histogram={givenHistogram(node)} />;
    case "heatmap": return node.map !== undefined && node.map !== null
      ? <WithMap node={node}>{(id) => <Heat id={id} every={every} />}</WithMap>
      : <Empty title="A heat map needs a map" />;
    case "flame": case "flamegraph": return <Flame node={node} />;
    default:
      return <Failure message={
        `The explorer knows no component “${text(node.kind) ?? "without a kind"}”`} />;
  }
}

const drawn = new Set(["chart", "table", "histogram", "heatmap", "flame", "flamegraph"]);
const framed = new Set([...drawn, "section", "card", "text"]);

/** open: drawn directly on the page; a drawing has a frame there, with or without a title. */
export function View({ view, open = false }: { view: Json; open?: boolean }) {
  if (Array.isArray(view)) {
    return <>{view.map((child, at) => <View key={at} view={child} open={open} />)}</>;
  }
  if (typeof view === "string") return <Prose body={view} />;
  if (!isNode(view)) return null;
  const title = text(view.title);
  const kind = String(view.kind);
  if (title ? framed.has(kind) : open && drawn.has(kind)) {
    return <Card title={title} bare={kind === "table"}><Part node={view} open={false} /></Card>;
  }
  return <Part node={view} open={open} />;
}
