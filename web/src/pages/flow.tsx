// The control-flow graph of a program, function by function.

import { useEffect, useState } from "preact/hooks";
import { ProgramCfg, type ProgramCfgData } from "@gen/queries";
import { useQuery } from "../lib/hooks";
import { layoutGraph, type Layout } from "../lib/layout";
import { params, setParams } from "../lib/router";
import { Copy, Pick, download } from "../parts/bits";
import { Icon } from "../parts/icon";
import { Answer, Empty, Loading } from "../parts/states";
import { Canvas } from "./graph";

type Function = NonNullable<ProgramCfgData["program"]["cfg"]>[number];
type Instructions = ProgramCfgData["program"]["instructions"];

const linesShown = 14;
const width = 330;

const textsOf = (block: Function["blocks"][number], texts: Map<number, string>): string[] => {
  const lines: string[] = [];
  for (let at = block.first; at <= block.last; at++) {
    const text = texts.get(at);
    if (text) lines.push(`${at}: ${text}`);
  }
  return lines.length > linesShown
    ? [...lines.slice(0, linesShown - 2), `… ${lines.length - linesShown + 1} more`, lines[lines.length - 1]!]
    : lines;
};

function Drawing({ cfg, instructions }: { cfg: Function; instructions: Instructions }) {
  const [layout, setLayout] = useState<Layout | undefined>(undefined);
  const texts = new Map((instructions ?? []).map(({ index, text }) => [index, text]));
  const blocks = cfg.blocks.map((block) => textsOf(block, texts));
  const edges = cfg.edges.filter((edge) => edge.to !== null);
  useEffect(() => {
    let here = true;
    void layoutGraph(
      blocks.map((lines, at) => ({ id: String(at), width, height: 14 + lines.length * 15 })),
      edges.map(({ from, to }) => ({ from: String(from), to: String(to) })), "TB",
    ).then((made) => { if (here) setLayout(made); });
    return () => { here = false; };
  }, [cfg]);
  if (!layout) return <Loading />;
  return (
    <Canvas layout={layout} smallest={0.8} label={`Control flow of ${cfg.name || "the program"}`}>
      {layout.edges.map(({ points }, at) => (
        <path key={at} class={`edge ${edges[at]!.kind}`}
          d={points.map(({ x, y }, n) => `${n ? "L" : "M"}${x} ${y}`).join("")} />
      ))}
      {blocks.map((lines, at) => {
        const box = layout.nodes.get(String(at))!;
        return (
          <g key={at} class="block" transform={`translate(${box.x - box.width / 2} ${box.y - box.height / 2})`}>
            <rect width={box.width} height={box.height} rx={5} />
            {lines.map((line, n) => (
              <text key={n} x={9} y={18 + n * 15}>{line.length > 48 ? `${line.slice(0, 47)}…` : line}</text>
            ))}
          </g>
        );
      })}
    </Canvas>
  );
}

export function Flow({ id }: { id: number }) {
  const result = useQuery(ProgramCfg, { id });
  return (
    <Answer result={result} lines={12}>
      {({ program }) => {
        const functions = program.cfg ?? [];
        const at = Math.min(Number(params.value.get("function") ?? 0), functions.length - 1);
        const cfg = functions[at];
        if (!cfg) {
          return <Empty title="No control flow to draw" icon="graph">
            <p>{result.partial[0]?.message ?? "The kernel does not show us its code."}</p></Empty>;
        }
        return (
          <>
            <div class="bar">
              <Pick label="Function" value={String(at)}
                options={functions.map(({ name }, n) => [String(n), name || `function ${n}`] as const)}
                choose={(value) => setParams({ function: value === "0" ? null : value })} />
              <span class="end">{cfg.blocks.length} blocks
                <Copy text={cfg.dot} label="Copy as DOT" />
                <button class="plain" onClick={() => download(`prog_${id}.dot`, cfg.dot)}>
                  <Icon name="save" />Download</button></span>
            </div>
            <Drawing key={at} cfg={cfg} instructions={program.instructions} />
          </>
        );
      }}
    </Answer>
  );
}
