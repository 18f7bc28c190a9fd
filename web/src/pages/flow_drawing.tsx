// The visible blocks of a function and the edges between them; search hits are marked.

import { useLayoutEffect, useMemo, useState } from "preact/hooks";
import {
  blockWidth, heightOf, inWords, lineHeight, shownOf, type Block, type Cfg, type Hit,
} from "../lib/flow";
import { layFlow } from "../lib/flow_layout";
import type { Box, Layout, Point } from "../lib/layout";
import { touches, type Part } from "../lib/view";
import { Canvas } from "../parts/canvas";

const padding = 9;
/** The width of a character of the blocks' font. */
const charWidth = 6.9;
const charsShown = Math.floor((blockWidth - 2 * padding) / charWidth);
/** Below this scale text is unreadable: only boxes are drawn. */
const legible = 0.3;

const cut = (text: string) =>
  text.length > charsShown ? `${text.slice(0, charsShown - 1)}…` : text;

function Lines({ block, hits, here }: { block: Block; hits: readonly Hit[]; here?: Hit }) {
  const marked = new Set(hits.map(({ shown }) => shown));
  return (
    <>
      {shownOf(block).map(({ text }, n) => (
        <g key={n}>
          {marked.has(n) && <rect x={1} y={5 + n * lineHeight} width={blockWidth - 2}
            height={lineHeight} class={here?.shown === n ? "hit here" : "hit"} />}
          <text x={padding} y={16.5 + n * lineHeight}>{cut(text)}</text>
        </g>
      ))}
    </>
  );
}

function BlockBox({ id, block, box, hits, here, readable, over }: {
  id: number; block: Block; box: Box; hits: readonly Hit[]; here: Hit | undefined;
  readable: boolean; over: (on: boolean) => void;
}) {
  const enter = () => over(true);
  const leave = () => over(false);
  return (
    <a href={`/programs/${id}?tab=code#insn-${block.first}`} draggable={false}
      class={`block${hits.length ? " found" : ""}`} id={`block-${block.first}`}
      onMouseEnter={enter} onMouseLeave={leave} onFocus={enter} onBlur={leave}>
      <g transform={`translate(${box.x - box.width / 2} ${box.y - box.height / 2})`}>
        <rect width={box.width} height={box.height} rx={5} />
        {readable && <Lines block={block} hits={hits} {...(here && { here })} />}
      </g>
      <title>{inWords(block)}</title>
    </a>
  );
}

/** The part of a drawing that an edge takes. */
function around(points: Point[]): Box {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  return {
    x: (left + right) / 2, y: (top + bottom) / 2, width: right - left, height: bottom - top,
  };
}

const layoutOf = (blocks: Block[], edges: Cfg["edges"]): Layout => layFlow(
  blocks.map((block) => ({ width: blockWidth, height: heightOf(block) })),
  edges.map(({ from, to }) => ({ from, to: to! })));

const lineOf = (layout: Layout, { block, shown }: Hit): Point => {
  const { x, y, height } = layout.nodes.get(String(block))!;
  return { x, y: y - height / 2 + 12 + shown * lineHeight };
};

function Ways({ layout, edges, part, over }: {
  layout: Layout; edges: Cfg["edges"]; part: Part; over: number | null;
}) {
  const boxes = useMemo(() => layout.edges.map(({ points }) => around(points)), [layout]);
  return (
    <>
      {layout.edges.map(({ points }, at) => {
        if (!touches(part, boxes[at]!)) return null;
        const { kind, from, to } = edges[at]!;
        const lit = over !== null && (from === over || to === over) ? " lit" : "";
        return <path key={at} class={`edge ${kind}${lit}`} marker-end="url(#edge-end)"
          d={points.map(({ x, y }, n) => `${n ? "L" : "M"}${x} ${y}`).join("")} />;
      })}
    </>
  );
}

const everything: Part = { x: -1e9, y: -1e9, width: 2e9, height: 2e9 };

function byBlockOf(hits: readonly Hit[]): Map<number, Hit[]> {
  const groups = new Map<number, Hit[]>();
  for (const hit of hits) groups.set(hit.block, [...(groups.get(hit.block) ?? []), hit]);
  return groups;
}

/** With `whole`, everything is drawn, visible or not, and `whole` is called when that is done. */
export function FlowDrawing({ id, name, blocks, edges, hits, here, whole }: {
  id: number; name: string; blocks: Block[]; edges: Cfg["edges"]; hits: readonly Hit[];
  here: Hit | undefined; whole: ((layout: Layout) => void) | undefined;
}) {
  const [over, setOver] = useState<number | null>(null);
  const layout = useMemo(() => layoutOf(blocks, edges), [blocks, edges]);
  const byBlock = useMemo(() => byBlockOf(hits), [hits]);
  const marked = useMemo(() => [...byBlock.keys()].map(String), [byBlock]);
  const aim = useMemo(() => here && lineOf(layout, here), [layout, here]);
  useLayoutEffect(() => whole?.(layout), [whole, layout]);
  const draw = (part: Part, scale: number) => {
    const sight = whole ? everything : part;
    const readable = Boolean(whole) || scale >= legible;
    return (
      <g class={readable ? "" : "far"}>
        <defs>
          <marker id="edge-end" viewBox="0 0 6 6" refX="5.5" refY="3" markerWidth="6"
            markerHeight="6" orient="auto"><path d="M0 0L6 3L0 6z" class="edge-end" /></marker>
        </defs>
        <Ways layout={layout} edges={edges} part={sight} over={over} />
        {blocks.map((block, at) => {
          const box = layout.nodes.get(String(at))!;
          return touches(sight, box) && (
            <BlockBox key={at} id={id} block={block} box={box} hits={byBlock.get(at) ?? []}
              here={here?.block === at ? here : undefined}
              readable={readable}
              over={(on) => setOver(on ? at : null)} />
          );
        })}
      </g>
    );
  };
  return (
    <Canvas layout={layout} smallest={0.8} start="0" aim={aim} marked={marked}
      label={`Control flow of ${name || "the program"}`}>{draw}</Canvas>
  );
}
