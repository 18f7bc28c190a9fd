// The boxes of a graph and the lines between them. Hovering or arrow keys highlight a node's
// relations; a click opens it.

import { useMemo, useState } from "preact/hooks";
import type { WholeGraphData } from "@gen/queries";
import type { GraphEdge, Shown } from "../lib/bundle";
import { layGraph } from "../lib/graph_layout";
import type { Box, Layout, Point } from "../lib/layout";
import { params } from "../lib/router";
import { beside, pathOf } from "../lib/trace";
import { familyTone } from "../parts/bits";
import { Canvas } from "../parts/canvas";

export type Kind = WholeGraphData["graph"]["nodes"][number]["kind"];
type Node = Shown<Kind>;
export interface Graph { nodes: Node[]; edges: GraphEdge[] }

const edgeWord: Record<string, string> = {
  USES: "uses", HOLDS: "holds", CONTAINS: "contains", TAIL_CALL: "may jump to",
  EXTENDS: "extends", OWNS: "owns", ATTACHED: "attached to",
};

const boxSize = { width: 178, height: 38 };
/** Below this scale text is unreadable; drag to see the rest. */
const smallest = 0.7;
const namesInTip = 30;

/** A list of names in an address parameter: ?open=a,b */
export const listed = (name: string) =>
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

const toneOf = (node: Node): string =>
  node.kind === "PROCESS" ? "s10" : node.kind === "LINK" ? "s7"
    : familyTone(node.detail ?? node.kind);

/** The tooltip of a box; for a bundle the names in it. */
function tip(node: Node): string {
  const { members } = node;
  if (!members) return `${node.label}\n${node.detail ?? node.kind.toLowerCase()}`;
  const names = members.slice(0, namesInTip).map(({ label }) => label);
  const rest = members.length - names.length;
  return [...names, rest > 0 ? `and ${rest} more` : "", "Click to see each"]
    .filter(Boolean).join("\n");
}

const cut = (text: string, most: number) =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;

function NodeBox({ node, at, dim, root, enter, leave }: {
  node: Node; at: Box; dim: boolean; root: boolean; enter: () => void; leave: () => void;
}) {
  const round = node.kind === "MAP" ? at.height / 2 : node.kind === "PROCESS" ? 2 : 6;
  return (
    <a href={hrefOf(node)} id={node.id} class={`node${dim ? " dim" : ""}${root ? " root" : ""}`}
      onMouseEnter={enter} onMouseLeave={leave} onFocus={enter} onBlur={leave}
      style={{ "--tone": `var(--${toneOf(node)})` }} draggable={false}>
      <g transform={`translate(${at.x - at.width / 2} ${at.y - at.height / 2})`}>
        {node.members && <rect x={4} y={4} width={at.width} height={at.height} rx={round} />}
        <rect width={at.width} height={at.height} rx={round} />
        <text x={14} y={node.detail ? 16 : 23}>{cut(node.label, 20)}</text>
        {node.detail && <text x={14} y={30} class="detail">{cut(node.detail, 25)}</text>}
      </g>
      <title>{tip(node)}</title>
    </a>
  );
}

/** One path per kind for the lines that pass a test. */
function Lines({ graph, layout, state, shown = () => true }: {
  graph: Graph; layout: Layout; state: string; shown?: (edge: GraphEdge) => boolean;
}) {
  const byKind = new Map<string, Point[][]>();
  graph.edges.forEach((edge, at) => {
    if (!shown(edge)) return;
    const list = byKind.get(edge.kind) ?? [];
    byKind.set(edge.kind, list);
    list.push(layout.edges[at]!.points);
  });
  return (
    <>
      {[...byKind].map(([kind, lines]) => (
        <path key={kind} d={pathOf(lines)} class={`edge ${kind.toLowerCase()} ${state}`}>
          <title>{edgeWord[kind]}</title>
        </path>
      ))}
    </>
  );
}

/** A node and its neighbours. */
const reach = (graph: Graph, from: string): Set<string> =>
  new Set([from, ...graph.edges.flatMap(({ from: a, to: b }) =>
    (a === from ? [b] : b === from ? [a] : []))]);

function onKey(event: KeyboardEvent, layout: Layout) {
  const node = (event.target as Element).closest("a.node");
  if (!node || !event.key.startsWith("Arrow")) return;
  event.preventDefault();
  event.stopPropagation();
  const next = beside(layout, node.id, event.key);
  if (next) document.getElementById(next)?.focus();
}

export const layoutOf = ({ nodes, edges }: Graph): Layout =>
  layGraph(nodes.map(({ id }) => id), edges, boxSize);

export function GraphDrawing({ graph, layout, root }: {
  graph: Graph; layout: Layout; root: string | null;
}) {
  const [over, setOver] = useState<string | null>(null);
  const lit = useMemo(() => over && reach(graph, over), [graph, over]);
  const tracing = over !== null;
  const resting = useMemo(
    () => <Lines graph={graph} layout={layout} state={tracing ? "dim" : ""} />, [layout, tracing]);
  return (
    <Canvas layout={layout} label="Graph" smallest={smallest} start={root ?? undefined}>
      <g onKeyDown={(event) => onKey(event, layout)}>
        {resting}
        {over && <Lines graph={graph} layout={layout} state="lit"
          shown={({ from, to }) => from === over || to === over} />}
        {graph.nodes.map((node) => (
          <NodeBox key={node.id} node={node} at={layout.nodes.get(node.id)!}
            root={node.id === root} dim={Boolean(lit) && !(lit as Set<string>).has(node.id)}
            enter={() => setOver(node.id)} leave={() => setOver(null)} />
        ))}
      </g>
    </Canvas>
  );
}
