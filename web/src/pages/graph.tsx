// Programs, maps, links, processes, cgroups and interfaces, and what joins them: drawn in layers.
// Drag moves, the wheel zooms, a click opens, hovering traces what hangs together.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { WholeGraph, type WholeGraphData } from "@gen/queries";
import { count } from "../lib/format";
import { useQuery } from "../lib/hooks";
import { go, oneOf, params, setParams } from "../lib/router";
import { setShowOwn, showOwn } from "../lib/store";
import { Head, Pick, ShowQuery, familyTone } from "../parts/bits";
import { Answer, Empty, Loading } from "../parts/states";
import { layoutGraph, type Layout } from "../lib/layout";

type Graph = WholeGraphData["graph"];
type Node = Graph["nodes"][number];
type Kind = Node["kind"];

const kinds: [Kind, string][] = [
  ["PROGRAM", "programs"], ["MAP", "maps"], ["LINK", "links"], ["PROCESS", "processes"],
  ["CGROUP", "cgroups"], ["INTERFACE", "interfaces"],
];

const edgeWord: Record<string, string> = {
  USES: "uses", HOLDS: "holds", CONTAINS: "contains", TAIL_CALL: "may jump to",
  EXTENDS: "extends", OWNS: "owns", ATTACHED: "attached to",
};

function hrefOf(node: Node): string {
  const [kind, id] = node.id.split(":");
  switch (kind) {
    case "prog": return `/programs/${id}`;
    case "map": return `/maps/${id}`;
    case "link": return `/links/${id}`;
    case "process": return `/owners/${id}`;
    default: return `/graph?from=${encodeURIComponent(node.id)}`;
  }
}

/** Everything that can be reached along the edges, both ways. */
function reach(graph: Graph, from: string): Set<string> {
  const near = new Map<string, string[]>();
  for (const { from: a, to: b } of graph.edges) {
    near.set(a, [...(near.get(a) ?? []), b]);
    near.set(b, [...(near.get(b) ?? []), a]);
  }
  return new Set([from, ...(near.get(from) ?? [])]);
}

const toneOf = (node: Node): string =>
  node.kind === "PROCESS" ? "s10" : node.kind === "LINK" ? "s7" : familyTone(node.detail ?? node.kind);

function Box({ node, at, dim, root, enter, leave }: {
  node: Node; at: { x: number; y: number; width: number; height: number }; dim: boolean;
  root: boolean; enter: () => void; leave: () => void;
}) {
  const round = node.kind === "MAP" ? at.height / 2 : node.kind === "PROCESS" ? 2 : 6;
  return (
    <a href={hrefOf(node)} class={`node${dim ? " dim" : ""}${root ? " root" : ""}`}
      onMouseEnter={enter} onMouseLeave={leave} onFocus={enter} onBlur={leave}
      style={{ "--tone": `var(--${toneOf(node)})` }} draggable={false}>
      <g transform={`translate(${at.x - at.width / 2} ${at.y - at.height / 2})`}>
        <rect width={at.width} height={at.height} rx={round} />
        <text x={14} y={node.detail ? 16 : 23}>{cut(node.label, 21)}</text>
        {node.detail && <text x={14} y={30} class="detail">{cut(node.detail, 25)}</text>}
      </g>
      <title>{`${node.label}\n${node.detail ?? node.kind.toLowerCase()}`}</title>
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

interface View { x: number; y: number; scale: number }

/** The whole drawing in the box, never larger than life, never too small to read. */
function fitted(layout: Layout, box: HTMLElement, smallest: number): View {
  const scale = Math.max(smallest, Math.min(1,
    (box.clientWidth - 24) / layout.width, (box.clientHeight - 24) / layout.height));
  return {
    x: Math.max(12, (box.clientWidth - layout.width * scale) / 2),
    y: Math.max(12, (box.clientHeight - layout.height * scale) / 2), scale,
  };
}

/** A surface that is dragged and zoomed. */
export function Canvas({ layout, children, label, smallest = 0.35 }: {
  layout: Layout; children: ComponentChildren; label: string; smallest?: number;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<View>({ x: 12, y: 12, scale: 1 });
  const drag = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  useEffect(() => { if (box.current) setView(fitted(layout, box.current, smallest)); }, [layout]);
  const zoom = (factor: number, x: number, y: number) => setView((old) => {
    const scale = Math.max(0.1, Math.min(2.5, old.scale * factor));
    const ratio = scale / old.scale;
    return { scale, x: x - (x - old.x) * ratio, y: y - (y - old.y) * ratio };
  });
  useEffect(() => {
    const element = box.current!;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const rect = element.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY / 500), event.clientX - rect.left, event.clientY - rect.top);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, []);
  const onDown = (event: PointerEvent) => {
    drag.current = { x: event.clientX, y: event.clientY, moved: false };
  };
  const onMove = (event: PointerEvent) => {
    const from = drag.current;
    if (!from || !event.buttons) return;
    const dx = event.clientX - from.x;
    const dy = event.clientY - from.y;
    if (!from.moved && Math.hypot(dx, dy) < 4) return;
    drag.current = { x: event.clientX, y: event.clientY, moved: true };
    setView((old) => ({ ...old, x: old.x + dx, y: old.y + dy }));
  };
  const onClick = (event: MouseEvent) => {
    if (!drag.current?.moved) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const middle = (factor: number) =>
    zoom(factor, box.current!.clientWidth / 2, box.current!.clientHeight / 2);
  return (
    <div class="canvas grow" ref={box} onPointerDown={onDown} onPointerMove={onMove}
      onClickCapture={onClick}>
      <svg role="group" aria-label={label}>
        <g transform={`translate(${view.x} ${view.y}) scale(${view.scale})`}>{children}</g>
      </svg>
      <div class="zoom">
        <button aria-label="Closer" onClick={() => middle(1.3)}>+</button>
        <button aria-label="Farther" onClick={() => middle(1 / 1.3)}>−</button>
        <button onClick={() => setView(fitted(layout, box.current!, smallest))}>Fit</button>
      </div>
    </div>
  );
}

function Drawing({ graph: asked, root }: { graph: Graph; root: string | null }) {
  const [drawn, setDrawn] = useState<{ graph: Graph; layout: Layout } | undefined>(undefined);
  const [over, setOver] = useState<string | null>(null);
  useEffect(() => {
    let here = true;
    void layoutGraph(
      asked.nodes.map(({ id }) => ({ id, width: 178, height: 38 })), asked.edges, "LR",
    ).then((layout) => { if (here) setDrawn({ graph: asked, layout }); });
    return () => { here = false; };
  }, [asked]);
  const lit = useMemo(() => (over && drawn ? reach(drawn.graph, over) : null), [drawn, over]);
  if (!drawn) return <Loading />;
  const { graph, layout } = drawn;
  return (
    <Canvas layout={layout} label="Graph">
      {layout.edges.map(({ from, to, points }, at) => {
        const kind = graph.edges[at]!.kind;
        const state = !over ? "" : over === from || over === to ? " lit" : " dim";
        return (
          <path key={`${from} ${to} ${kind}`} d={curve(points)} class={`edge ${kind.toLowerCase()}${state}`}>
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
    </Canvas>
  );
}

const depths = ["8", "1", "2", "3"] as const;

export function GraphPage() {
  const from = params.value.get("from");
  const left = new Set((params.value.get("without") ?? "").split(",").filter(Boolean));
  const wish = {
    from, depth: Number(oneOf("depth", depths)), own: showOwn.value,
    kinds: left.size ? kinds.map(([kind]) => kind).filter((kind) => !left.has(kind)) : null,
  };
  const result = useQuery(WholeGraph, wish, { kinds: ["PROGRAM", "MAP", "LINK"] });
  const graph = result.data?.graph;
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
        <span class="end">{graph && `${count(graph.nodes.length)} nodes, ${count(graph.edges.length)} edges`}</span>
      </div>
      <Answer result={result}>
        {(data) => data.graph.nodes.length === 0
          ? <Empty title={from ? `Nothing is known of ${from}` : "Nothing to draw"} icon="graph">
              <p>Programs and maps appear here as soon as they are loaded.</p></Empty>
          : <Drawing graph={data.graph} root={from} />}
      </Answer>
    </div>
  );
}
