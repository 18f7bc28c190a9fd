// The control-flow graph of a program, function by function. A block leads to its code; search hits
// are shown in place.

import { useMemo, useRef, useState } from "preact/hooks";
import { ProgramCfg } from "@gen/queries";
import { count, plural } from "../lib/format";
import { blocksOf, found, type Cfg, type Instructions } from "../lib/flow";
import { useQuery } from "../lib/hooks";
import type { Layout } from "../lib/layout";
import { params, setParams } from "../lib/router";
import { svgText } from "../lib/svg";
import { Copy, Pick, ShowQuery, download } from "../parts/bits";
import { Icon } from "../parts/icon";
import { Answer, Empty } from "../parts/states";
import { FlowDrawing } from "./flow_drawing";

/** The functions' names; functions without a name by number. */
const functionNames = (functions: Cfg[]) =>
  functions.map(({ name }, n) => [String(n), name || `function ${n}`] as const);

/** The search field: Enter goes to the next hit, Shift and Enter to the previous one. */
function Find({ places, at, go }: { places: number; at: number; go: (at: number) => void }) {
  const text = params.value.get("find") ?? "";
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Escape") (event.currentTarget as HTMLElement).blur();
    if (event.key !== "Enter" || places === 0) return;
    event.preventDefault();
    go((at + (event.shiftKey ? places - 1 : 1)) % places);
  };
  return (
    <span class="find">
      <input type="search" value={text} placeholder="Find a line or helper" spellcheck={false}
        aria-label="Find a line or helper" title="Enter: next; Shift+Enter: previous"
        onKeyDown={onKey} onInput={(event) => {
          setParams({ find: event.currentTarget.value });
          go(0);
        }} />
      {text && <output class={places ? "dim" : "bad"}>
        {places ? `${count(at + 1)} of ${count(places)}` : "not there"}</output>}
      {places > 1 && <>
        <button aria-label="Previous match" onClick={() => go((at + places - 1) % places)}>
          ↑</button>
        <button aria-label="Next match" onClick={() => go((at + 1) % places)}>↓</button>
      </>}
    </span>
  );
}

function Chosen({ id, cfg, functions, instructions, number }: {
  id: number; cfg: Cfg; functions: Cfg[]; instructions: Instructions; number: number;
}) {
  const place = useRef<HTMLDivElement>(null);
  const text = params.value.get("find") ?? "";
  const [at, setAt] = useState(0);
  const [saving, setSaving] = useState(false);
  // The same program read again keeps the same drawing.
  const blocks = useMemo(() => blocksOf(cfg, instructions), [cfg.dot, instructions?.length]);
  const edges = useMemo(() => cfg.edges.filter(({ to }) => to !== null), [blocks]);
  const hits = useMemo(() => found(blocks, text), [blocks, text]);
  const save = ({ width, height }: Layout) => {
    const svg = place.current?.querySelector<SVGSVGElement>(".canvas > svg");
    if (svg) download(`prog_${id}.svg`, svgText(svg, width, height), "image/svg+xml");
    setSaving(false);
  };
  return (
    <div class="flow grow" ref={place}>
      <div class="bar">
        {functions.length > 1 && (
          <Pick label="Function" value={String(number)} options={functionNames(functions)}
            choose={(value) => setParams({ function: value === "0" ? null : value })} />
        )}
        <Find places={hits.length} at={Math.min(at, hits.length - 1)} go={setAt} />
        <span class="dim gap">
          <i class="edge-key jump" />taken<i class="edge-key" />falls through</span>
        <span class="end">{plural(cfg.blocks.length, "blocks")},{" "}
          {count(cfg.edges.length)} edges
          <Copy text={cfg.dot} label="Copy as DOT" />
          <button class="plain" onClick={() => download(`prog_${id}.dot`, cfg.dot)}>
            <Icon name="save" />DOT</button>
          <button class="plain" onClick={() => setSaving(true)}><Icon name="save" />SVG</button>
          <ShowQuery doc={ProgramCfg} variables={{ id }} /></span>
      </div>
      <FlowDrawing key={number} id={id} name={cfg.name} blocks={blocks} edges={edges} hits={hits}
        here={hits[Math.min(at, hits.length - 1)]} whole={saving ? save : undefined} />
    </div>
  );
}

function Functions({ id, functions, instructions }: {
  id: number; functions: Cfg[]; instructions: Instructions;
}) {
  const asked = Number(params.value.get("function") ?? 0) || 0;
  const number = Math.max(0, Math.min(asked, functions.length - 1));
  return <Chosen id={id} cfg={functions[number]!} functions={functions} number={number}
    instructions={instructions} />;
}

export function Flow({ id }: { id: number }) {
  const result = useQuery(ProgramCfg, { id });
  return (
    <Answer result={result} lines={12}>
      {({ program: { cfg, instructions } }) => cfg?.length
        ? <Functions id={id} functions={cfg} instructions={instructions} />
        : <Empty title="No control flow to draw" icon="graph">
            <p>{result.partial[0]?.message
              ?? "The kernel does not show this program's code."}</p></Empty>}
    </Answer>
  );
}
