// The control-flow graph of a program, function by function. A block leads to its code.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ProgramCfg, type ProgramCfgData } from "@gen/queries";
import { count, plural } from "../lib/format";
import { useQuery } from "../lib/hooks";
import { layoutGraph, type Box, type Layout } from "../lib/layout";
import { params, setParams } from "../lib/router";
import { svgText } from "../lib/svg";
import { Copy, Pick, ShowQuery, download } from "../parts/bits";
import { Icon } from "../parts/icon";
import { Answer, Empty, Loading } from "../parts/states";
import { Canvas } from "../parts/canvas";

type Function = NonNullable<ProgramCfgData["program"]["cfg"]>[number];
type Instructions = ProgramCfgData["program"]["instructions"];

const linesShown = 14;
const width = 330;
const charsShown = 47;

/** What a block says, a line an instruction. */
const textsOf = (block: Function["blocks"][number], texts: Map<number, string>): string[] => {
  const lines: string[] = [];
  for (let at = block.first; at <= block.last; at++) {
    const text = texts.get(at);
    if (text) lines.push(`${at}: ${text}`);
  }
  return lines;
};

const shortened = (lines: string[]): string[] => lines.length <= linesShown ? lines
  : [...lines.slice(0, linesShown - 2), `… ${lines.length - linesShown + 1} more`,
    lines[lines.length - 1]!];

function Block({ id, first, lines, box, enter, leave }: {
  id: number; first: number; lines: string[]; box: Box; enter: () => void; leave: () => void;
}) {
  return (
    <a href={`/programs/${id}?tab=code#insn-${first}`} class="block" draggable={false}
      onMouseEnter={enter} onMouseLeave={leave} onFocus={enter} onBlur={leave}>
      <g transform={`translate(${box.x - box.width / 2} ${box.y - box.height / 2})`}>
        <rect width={box.width} height={box.height} rx={5} />
        {shortened(lines).map((line, n) => (
          <text key={n} x={9} y={18 + n * 15}>
            {line.length > charsShown ? `${line.slice(0, charsShown - 1)}…` : line}
          </text>
        ))}
      </g>
      <title>{lines.join("\n")}</title>
    </a>
  );
}

function useLayout(cfg: Function, blocks: string[][], edges: Function["edges"]) {
  const [layout, setLayout] = useState<Layout | undefined>(undefined);
  useEffect(() => {
    let here = true;
    void layoutGraph(
      blocks.map((lines, at) =>
        ({ id: String(at), width, height: 14 + shortened(lines).length * 15 })),
      edges.map(({ from, to }) => ({ from: String(from), to: String(to) })), "TB",
    ).then((made) => { if (here) setLayout(made); });
    return () => { here = false; };
  }, [cfg]);
  return layout;
}

function Drawing({ id, cfg, instructions, made }: {
  id: number; cfg: Function; instructions: Instructions; made: (layout: Layout) => void;
}) {
  const [over, setOver] = useState<number | null>(null);
  const blocks = useMemo(() => {
    const texts = new Map((instructions ?? []).map(({ index, text }) => [index, text]));
    return cfg.blocks.map((block) => textsOf(block, texts));
  }, [cfg]);
  const edges = useMemo(() => cfg.edges.filter(({ to }) => to !== null), [cfg]);
  const layout = useLayout(cfg, blocks, edges);
  useEffect(() => { if (layout) made(layout); }, [layout]);
  if (!layout) return <Loading />;
  return (
    <Canvas layout={layout} smallest={0.8} label={`Control flow of ${cfg.name || "the program"}`}>
      <defs>
        <marker id="edge-end" viewBox="0 0 6 6" refX="5.5" refY="3" markerWidth="6"
          markerHeight="6" orient="auto"><path d="M0 0L6 3L0 6z" class="edge-end" /></marker>
      </defs>
      {layout.edges.map(({ points }, at) => {
        const { kind, from, to } = edges[at]!;
        const lit = over !== null && (from === over || to === over) ? " lit" : "";
        return <path key={at} class={`edge ${kind}${lit}`} marker-end="url(#edge-end)"
          d={points.map(({ x, y }, n) => `${n ? "L" : "M"}${x} ${y}`).join("")} />;
      })}
      {blocks.map((lines, at) => (
        <Block key={at} id={id} first={cfg.blocks[at]!.first} lines={lines}
          box={layout.nodes.get(String(at))!} enter={() => setOver(at)}
          leave={() => setOver(null)} />
      ))}
    </Canvas>
  );
}

/** The functions by name, then those that have none by number. */
const functionNames = (functions: Function[]) =>
  functions.map(({ name }, n) => [String(n), name || `function ${n}`] as const);

function Chosen({ id, functions, instructions }: {
  id: number; functions: Function[]; instructions: Instructions;
}) {
  const place = useRef<HTMLDivElement>(null);
  const layout = useRef<Layout | undefined>(undefined);
  const at = Math.max(0,
    Math.min(Number(params.value.get("function") ?? 0) || 0, functions.length - 1));
  const cfg = functions[at]!;
  const saveDrawing = () => {
    const svg = place.current?.querySelector<SVGSVGElement>(".canvas > svg");
    if (!svg || !layout.current) return;
    const { width: wide, height } = layout.current;
    download(`prog_${id}.svg`, svgText(svg, wide, height), "image/svg+xml");
  };
  return (
    <div class="flow grow" ref={place}>
      <div class="bar">
        {functions.length > 1 && (
          <Pick label="Function" value={String(at)} options={functionNames(functions)}
            choose={(value) => setParams({ function: value === "0" ? null : value })} />
        )}
        <span class="dim gap">
          <i class="edge-key jump" />taken<i class="edge-key" />falls through</span>
        <span class="end">{plural(cfg.blocks.length, "blocks")},{" "}
          {count(cfg.edges.length)} edges
          <Copy text={cfg.dot} label="Copy as DOT" />
          <button class="plain" onClick={() => download(`prog_${id}.dot`, cfg.dot)}>
            <Icon name="save" />DOT</button>
          <button class="plain" onClick={saveDrawing}><Icon name="save" />SVG</button>
          <ShowQuery doc={ProgramCfg} variables={{ id }} /></span>
      </div>
      <Drawing key={at} id={id} cfg={cfg} instructions={instructions}
        made={(drawn) => { layout.current = drawn; }} />
    </div>
  );
}

export function Flow({ id }: { id: number }) {
  const result = useQuery(ProgramCfg, { id });
  return (
    <Answer result={result} lines={12}>
      {({ program: { cfg, instructions } }) => cfg?.length
        ? <Chosen id={id} functions={cfg} instructions={instructions} />
        : <Empty title="No control flow to draw" icon="graph">
            <p>{result.partial[0]?.message ?? "The kernel does not show us its code."}</p></Empty>}
    </Answer>
  );
}
