// Programs, maps, links, processes, cgroups and interfaces, and what joins them: drawn in layers.
// Drag moves, the wheel zooms, a click opens, hovering traces what hangs together.

import { useMemo, useState } from "preact/hooks";
import { WholeGraph, type WholeGraphData } from "@gen/queries";
import { bundled, busiest, fitting, type GraphEdge, type Shown } from "../lib/bundle";
import { useDrawn } from "../lib/drawn";
import { count, plural } from "../lib/format";
import { useQuery } from "../lib/hooks";
import { go, oneOf, params, setParams } from "../lib/router";
import { setShowOwn, showOwn } from "../lib/store";
import { Head, Pick, ShowQuery, familyTone } from "../parts/bits";
import { Canvas } from "../parts/canvas";
import { Answer, Empty, Failure, Loading } from "../parts/states";
import type { Layout } from "../lib/layout";

type Kind = WholeGraphData["graph"]["nodes"][number]["kind"];
type Node = Shown<Kind>;
interface Graph { nodes: Node[]; edges: GraphEdge[] }

const kinds: [Kind, string][] = [
  ["PROGRAM", "programs"], ["MAP", "maps"], ["LINK", "links"], ["PROCESS", "processes"],
  ["CGROUP", "cgroups"], ["INTERFACE", "interfaces"],
];

const edgeWord: Record<string, string> = {
  USES: "uses", HOLDS: "holds", CONTAINS: "contains", TAIL_CALL: "may jump to",
  EXTENDS: "extends", OWNS: "owns", ATTACHED: "attached to",
};

const words = Object.fromEntries(kinds) as Record<Kind, string>;

/** The names in the address after a word: ?open=a,b */
const listed = (name: string) =>
  new Set((params.value.get(name) ?? "").split(",").filter(Boolean));

/** The address of this graph with a bundle opened. */
function opened(id: string): string {
  const next = new URLSearchParams(params.value);
  next.set("open", [...listed("open"), id].join(","));
  return `/graph?${next}`;
}

function hrefOf(node: Node): string {
  if (node.members) return opened(node.id);
  const [kind, id] = node.id.split(":");
  switch (kind) {
    case "prog": return `/programs/${id}`;
    case "map": return `/maps/${id}`;
    case "link": return `/links/${id}`;
    case "process": return `/owners/${id}`;
    default: return `/graph?from=${encodeURIComponent(node.id)}`;
  }
}

/** What a node is joined to, and itself. */
function reach(graph: Graph, from: string): Set<string> {
  return new Set([from, ...graph.edges.flatMap(({ from: a, to: b }) =>
    (a === from ? [b] : b === from ? [a] : []))]);
}

const toneOf = (node: Node): string =>
  node.kind === "PROCESS" ? "s10" : node.kind === "LINK" ? "s7"
    : familyTone(node.detail ?? node.kind);

const namesInTip = 30;

/** What stands in a box that is pointed at; of a bundle the names. */
function tip(node: Node): string {
  const { members } = node;
  if (!members) return `${node.label}\n${node.detail ?? node.kind.toLowerCase()}`;
  const names = members.slice(0, namesInTip).map(({ label }) => label);
  const rest = members.length - names.length;
  return [...names, rest > 0 ? `and ${rest} more` : "", "Click to see each"]
    .filter(Boolean).join("\n");
}

/** The box whose middle is nearest in the direction of an arrow key. */
function beside(layout: Layout, from: string, key: string): string | undefined {
  const here = layout.nodes.get(from);
  const [x, y] = arrows[key]!;
  let best: { id: string; far: number } | undefined;
  for (const [id, box] of layout.nodes) {
    const along = (box.x - here!.x) * x + (box.y - here!.y) * y;
    const aside = Math.abs((box.x - here!.x) * y) + Math.abs((box.y - here!.y) * x);
    const far = along + 2 * aside;
    if (along > 1 && (!best || far < best.far)) best = { id, far };
  }
  return best?.id;
}

const arrows: Record<string, [number, number]> = {
  ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0],
};

function Box({ node, at, dim, root, enter, leave }: {
  node: Node; at: { x: number; y: number; width: number; height: number }; dim: boolean;
  root: boolean; enter: () => void; leave: () => void;
}) {
  const round = node.kind === "MAP" ? at.height / 2 : node.kind === "PROCESS" ? 2 : 6;
  return (
    <a href={hrefOf(node)} id={node.id} class={`node${dim ? " dim" : ""}${root ? " root" : ""}`}
      onMouseEnter={enter} onMouseLeave={leave} onFocus={enter} onBlur={leave}
      style={{ "--tone": `var(--${toneOf(node)})` }} draggable={false}>
      <g transform={`translate(${at.x - at.width / 2} ${at.y - at.height / 2})`}>
        {node.members && <rect x={4} y={4} width={at.width} height={at.height} rx={round} />}
        <rect width={at.width} height={at.height} rx={round} />
        <text x={14} y={node.detail ? 16 : 23}>{cut(node.label, 21)}</text>
        {node.detail && <text x={14} y={30} class="detail">{cut(node.detail, 25)}</text>}
      </g>
      <title>{tip(node)}</title>
    </a>
  );
}

const cut = (text: string, most: number) =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;

const curve = (points: { x: number; y: number }[]): string => {
  const [first, ...rest] = points;
  if (!first || rest.length === 0) return "";
  let path = `M${first.x} ${first.y}`;
  for (let at = 0; at < rest.length - 1; at++) {
    const here = rest[at]!;
    const next = rest[at + 1]!;
    path += `Q${here.x} ${here.y} ${(here.x + next.x) / 2} ${(here.y + next.y) / 2}`;
  }
  const last = rest[rest.length - 1]!;
  return `${path}L${last.x} ${last.y}`;
};

/** Below this, text is too small to read: what does not fit is reached by dragging. */
const smallest = 0.7;

/** dagre takes seconds beyond, and nobody reads so many. */
const drawnAtMost = 500;

function TooMany({ graph, shown }: { graph: Graph; shown: number }) {
  return (
    <Empty title={`${count(shown)} boxes are too many to draw`} icon="graph">
      <p>Type a name above, leave out kinds, or start at one of those that most hangs on:</p>
      <ul class="choices">
        {busiest(graph, 12).map((node) => (
          <li key={node.id}><a class="mono" href={`/graph?from=${encodeURIComponent(node.id)}`}>
            {node.label}</a> <span class="dim">{node.detail ?? node.kind.toLowerCase()}</span></li>
        ))}
      </ul>
    </Empty>
  );
}

function Drawing({ graph: asked, root }: { graph: Graph; root: string | null }) {
  const [over, setOver] = useState<string | null>(null);
  const drawn = useDrawn(asked, ({ nodes, edges }) => ({
    nodes: nodes.map(({ id }) => ({ id, width: 178, height: 38 })), edges, direction: "LR",
  }));
  const lit = useMemo(
    () => (over && drawn && "of" in drawn ? reach(drawn.of, over) : null), [drawn, over]);
  if (!drawn) return <Loading />;
  if (drawn instanceof Error) return <Failure message={drawn.message} />;
  const { of: graph, layout } = drawn;
  const onKey = (event: KeyboardEvent) => {
    const node = (event.target as Element).closest("a.node");
    if (!node || !(event.key in arrows)) return;
    event.preventDefault();
    event.stopPropagation();
    const next = beside(layout, node.id, event.key);
    if (next) document.getElementById(next)?.focus();
  };
  return (
    <Canvas layout={layout} label="Graph" smallest={smallest}
      start={root ?? undefined}>
      <g onKeyDown={onKey}>
      {layout.edges.map(({ from, to, points }, at) => {
        const kind = graph.edges[at]!.kind;
        const state = !over ? "" : over === from || over === to ? " lit" : " dim";
        return (
          <path key={`${from} ${to} ${kind}`} d={curve(points)}
            class={`edge ${kind.toLowerCase()}${state}`}>
            <title>{edgeWord[kind]}</title>
          </path>
        );
      })}
      {graph.nodes.map((node) => {
        const at = layout.nodes.get(node.id);
        return at && (
          <Box key={node.id} node={node} at={at} root={node.id === root}
            dim={lit !== null && !lit.has(node.id)}
            enter={() => setOver(node.id)} leave={() => setOver(null)} />
        );
      })}
      </g>
    </Canvas>
  );
}

const depths = ["8", "1", "2", "3"] as const;

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
  const root = graph?.nodes.find((node) => node.id === from);
  const toggle = (kind: Kind) => {
    if (!left.delete(kind)) left.add(kind);
    setParams({ without: [...left].join(",") });
  };
  return (
    <div class="page fill">
      <Head title={root ? `Around ${root.label}` : "Graph"} actions={<>
        {from && <button onClick={() => go("/graph")}>Show all</button>}
        <ShowQuery doc={WholeGraph} variables={wish} />
      </>} />
      <div class="bar">
        <input type="search" value={text} placeholder="Filter by name, type or id"
          spellcheck={false} aria-label="Filter the graph"
          onInput={(event) => setParams({ q: event.currentTarget.value })} />
        {kinds.map(([kind, text]) => (
          <label class="check" key={kind}>
            <input type="checkbox" checked={!left.has(kind)} onChange={() => toggle(kind)} />{text}
          </label>
        ))}
        {from && <Pick label="Steps" value={oneOf("depth", depths)}
          options={[["8", "all"], ["1", "1"], ["2", "2"], ["3", "3"]]}
          choose={(depth) => setParams({ depth: depth === "8" ? null : depth })} />}
        <label class="check"><input type="checkbox" checked={showOwn.value}
          onChange={(event) => setShowOwn(event.currentTarget.checked)} />Lunette's own</label>
        {open && <button onClick={() => setParams({ open: null })}>Close bundles</button>}
        <span class="end">{graph && `${plural(graph.nodes.length, "nodes")}, ${
          plural(graph.edges.length, "edges")}`}</span>
      </div>
      <Answer result={result}>
        {(data) => (!shown ? null : data.graph.nodes.length === 0
          ? <Empty title={from ? `Nothing is known of ${from}` : "Nothing to draw"} icon="graph">
              <p>Programs and maps appear here as soon as they are loaded.</p></Empty>
          : shown.nodes.length === 0
            ? <Empty title={`Nothing here fits “${text}”`} icon="search" />
            : shown.nodes.length > drawnAtMost
              ? <TooMany graph={data.graph} shown={shown.nodes.length} />
              : <Drawing key={from} graph={shown} root={from} />)}
      </Answer>
    </div>
  );
}
