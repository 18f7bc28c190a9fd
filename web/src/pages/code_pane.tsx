// One listing of a program's code. Lines of the same source line are highlighted together in all
// listings, by the mouse or by arrow keys.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { percent } from "../lib/format";
import { Copy, download } from "../parts/bits";
import { Icon } from "../parts/icon";

export interface Line {
  /** Its source line as file:line; null when unknown. */
  source: string | null;
  at: ComponentChildren;
  /** true: a jump target. */
  target?: boolean;
  id?: string;
  bytes?: string | undefined;
  text: ComponentChildren;
  /** Its share of the samples. */
  heat?: number | undefined;
  /** A heading above it: the function or the file. */
  head?: ComponentChildren;
}

/** The highlighted source line: under the mouse, else the selected one with the pane of the
 *  selection. */
export interface Lit {
  over: string | null;
  chosen: string | null;
  by: string;
  hover: (source: string | null) => void;
  choose: (source: string | null, by: string) => void;
}

/** Scrolls to the first line of a class. */
function reveal(box: HTMLElement | null, kind = "lit"): void {
  const line = box?.querySelector<HTMLElement>(`.code-line.${kind}`);
  if (!box || !line) return;
  const top = line.offsetTop - box.offsetTop;
  const bottom = top + line.offsetHeight;
  const { scrollTop: from, clientHeight: height } = box;
  if (top < from + 30 || bottom > from + height) box.scrollTop = top - box.clientHeight / 3;
}

/** The next line, up or down, with another source line. */
function nextSource(lines: readonly Line[], from: string | null, step: number): string | null {
  let at = lines.findIndex(({ source }) => source !== null && source === from);
  if (at < 0) at = step > 0 ? -1 : lines.length;
  for (at += step; at >= 0 && at < lines.length; at += step) {
    const { source } = lines[at]!;
    if (source !== null && source !== from) return source;
  }
  return from;
}

const Heat = ({ share }: { share: number | undefined }) => (
  <span class="heat-share" title={share ? `${percent(share)} of the samples` : undefined}
    style={{ "--share": `${Math.round(Math.sqrt(share ?? 0) * 100)}%` }}>
    {share ? `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %` : ""}
  </span>
);

export function Pane({ name, title, lines, asText, file, lit, warm }: {
  name: string; title: string; lines: readonly Line[]; asText: () => string; file: string;
  lit: Lit; warm: boolean;
}) {
  const box = useRef<HTMLDivElement>(null);
  const shown = lit.over ?? lit.chosen;
  useEffect(() => {
    if (lit.chosen && lit.by !== name) reveal(box.current);
  }, [lit.chosen, lit.by]);
  // An instruction named in the address: #insn-12.
  const aim = location.hash.slice(1);
  useEffect(() => { if (aim) reveal(box.current, "aim"); }, [aim]);
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (event.key === "Escape") lit.choose(null, name);
    if (!step || event.ctrlKey || event.metaKey || !lines.some(({ source }) => source)) return;
    event.preventDefault();
    lit.hover(null); // once the pointer rests, the keys' selection is highlighted
    lit.choose(nextSource(lines, lit.chosen, step), name);
    requestAnimationFrame(() => reveal(box.current));
  };
  return (
    <section class="pane" aria-label={title}>
      <header><h2>{title}</h2>
        <span class="end"><Copy text={asText} />
          <button class="plain" title={`Download ${file}`} aria-label={`Download ${file}`}
            onClick={() => download(file, asText())}><Icon name="save" /></button></span>
      </header>
      <div class="listing" ref={box} tabIndex={0} onKeyDown={onKey} role="group"
        aria-label={`${title}, line by line`}>
        {lines.map((line, n) => (
          <div key={n}>
            {line.head && <h3 class="mono">{line.head}</h3>}
            <div id={line.id} onMouseMove={() => lit.hover(line.source)}
              onClick={() => lit.choose(line.source, name)}
              class={`code-line${line.source && shown === line.source ? " lit" : ""}` +
                (line.source && lit.chosen === line.source ? " chosen" : "") +
                (line.id && line.id === aim ? " aim" : "")}>
              {warm && <Heat share={line.heat} />}
              <span class={`at${line.target ? " target" : ""}`}>{line.at}</span>
              {line.bytes !== undefined && <span class="bytes">{line.bytes}</span>}
              <span class="text">{line.text}</span>
            </div>
          </div>
        ))}
      </div>
    </section>
  );
}
