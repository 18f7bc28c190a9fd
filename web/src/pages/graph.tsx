// Programs, maps, links, processes, cgroups and interfaces, and their relations: all, those that
// match a search, or those around one object.

import { useMemo, useRef } from "preact/hooks";
import { WholeGraph, type WholeGraphData } from "@gen/queries";
import { bundled, busiest, fitting } from "../lib/bundle";
import { dotOf } from "../lib/dot";
import { count, plural } from "../lib/format";
import { useQuery } from "../lib/hooks";
import type { Layout } from "../lib/layout";
import { go, oneOf, params, setParams } from "../lib/router";
import { setShowOwn, showOwn } from "../lib/store";
import { svgText } from "../lib/svg";
import { Copy, Head, Pick, ShowQuery, download } from "../parts/bits";
import { Icon } from "../parts/icon";
import { Answer, Empty } from "../parts/states";
import { GraphDrawing, layoutOf, listed, type Graph, type Kind } from "./graph_drawing";

const kinds: [Kind, string][] = [
  ["PROGRAM", "programs"], ["MAP", "maps"], ["LINK", "links"], ["PROCESS", "processes"],
  ["CGROUP", "cgroups"], ["INTERFACE", "interfaces"],
];

const words = Object.fromEntries(kinds) as Record<Kind, string>;

const depths = ["8", "1", "2", "3"] as const;

/** A larger drawing would be unreadable. */
const drawnAtMost = 2000;

function TooMany({ graph, shown }: { graph: WholeGraphData["graph"]; shown: number }) {
  return (
    <Empty title={`${count(shown)} boxes are too many to draw`} icon="graph">
      <p>Type a name above, hide kinds, or start at one of the most connected objects:</p>
      <ul class="choices">
        {busiest(graph, 12).map((node) => (
          <li key={node.id}><a class="mono" href={`/graph?from=${encodeURIComponent(node.id)}`}>
            {node.label}</a> <span class="dim">{node.detail ?? node.kind.toLowerCase()}</span></li>
        ))}
      </ul>
    </Empty>
  );
}

/** Buttons that save the drawing as a file. */
function Keep({ graph, layout, name, drawing }: {
  graph: Graph; layout: Layout; name: string; drawing: () => SVGSVGElement | null | undefined;
}) {
  const save = () => {
    const svg = drawing();
    if (svg) download(`${name}.svg`, svgText(svg, layout.width, layout.height), "image/svg+xml");
  };
  return (
    <>
      <Copy text={() => dotOf(graph)} label="Copy as DOT" />
      <button class="plain" onClick={() => download(`${name}.dot`, dotOf(graph))}>
        <Icon name="save" />DOT</button>
      <button class="plain" onClick={save}><Icon name="save" />SVG</button>
    </>
  );
}

/** Checkboxes for kinds to leave out. */
function Filters({ from, left, open }: { from: string | null; left: Set<string>; open: string }) {
  const toggle = (kind: Kind) => {
    if (!left.delete(kind)) left.add(kind);
    setParams({ without: [...left].join(",") });
  };
  return (
    <>
      <input type="search" value={params.value.get("q") ?? ""}
        placeholder="Filter by name, type or id" spellcheck={false} aria-label="Filter the graph"
        onInput={(event) => setParams({ q: event.currentTarget.value })} />
      {kinds.map(([kind, text]) => (
        <label class="check" key={kind}>
          <input type="checkbox" checked={!left.has(kind)} onChange={() => toggle(kind)} />{text}
        </label>
      ))}
      {from && <Pick label="Depth" value={oneOf("depth", depths)}
        options={[["8", "all"], ["1", "1"], ["2", "2"], ["3", "3"]]}
        choose={(depth) => setParams({ depth: depth === "8" ? null : depth })} />}
      <label class="check"><input type="checkbox" checked={showOwn.value}
        onChange={(event) => setShowOwn(event.currentTarget.checked)} />Lunette's own</label>
      {open && <button onClick={() => setParams({ open: null })}>Close bundles</button>}
    </>
  );
}

export function GraphPage() {
  const from = params.value.get("from");
  const left = listed("without");
  const text = params.value.get("q") ?? "";
  const open = params.value.get("open") ?? "";
  const wish = {
    from, depth: Number(oneOf("depth", depths)), own: showOwn.value,
    kinds: left.size ? kinds.map(([kind]) => kind).filter((kind) => !left.has(kind)) : null,
  };
  const result = useQuery(WholeGraph, wish, { kinds: ["PROGRAM", "MAP", "LINK"] });
  const graph = result.data?.graph;
  const shown = useMemo(
    () => graph && bundled(fitting(graph, text), words, listed("open"), from),
    [graph, text, open, from]);
  const layout = useMemo(
    () => (shown?.nodes.length && shown.nodes.length <= drawnAtMost ? layoutOf(shown) : undefined),
    [shown]);
  const place = useRef<HTMLDivElement>(null);
  const root = graph?.nodes.find((node) => node.id === from);
  return (
    <div class="page fill" ref={place}>
      <Head title={root ? `Around ${root.label}` : "Graph"} actions={<>
        {from && <button onClick={() => go("/graph")}>Show all</button>}
        <ShowQuery doc={WholeGraph} variables={wish} />
      </>} />
      <div class="bar">
        <Filters from={from} left={left} open={open} />
        <span class="end">{graph && `${plural(graph.nodes.length, "nodes")}, ${
          plural(graph.edges.length, "edges")}`}
          {layout && <Keep graph={shown!} layout={layout}
            name={["graph", ...(from?.split(":") ?? [])].join("_")}
            drawing={() => place.current?.querySelector<SVGSVGElement>(".canvas > svg")} />}</span>
      </div>
      <Answer result={result}>
        {(data) => (!shown ? null : data.graph.nodes.length === 0
          ? <Empty title={from ? `Nothing is known of ${from}` : "Nothing to draw"} icon="graph">
              <p>Programs and maps appear here as soon as they are loaded.</p></Empty>
          : shown.nodes.length === 0
            ? <Empty title={`Nothing here fits “${text}”`} icon="search" />
            : !layout
              ? <TooMany graph={data.graph} shown={shown.nodes.length} />
              : <GraphDrawing key={from} graph={shown} layout={layout} root={from} />)}
      </Answer>
    </div>
  );
}
