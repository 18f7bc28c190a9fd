// What stands in the blocks of a control-flow graph, and where a text is found in them.

import type { ProgramCfgData } from "@gen/queries";

export type Cfg = NonNullable<ProgramCfgData["program"]["cfg"]>[number];
export type Instructions = ProgramCfgData["program"]["instructions"];

/** An instruction, and the source line that begins with it. */
interface Line { at: number; text: string; source: string | null }
export interface Block { first: number; lines: Line[] }

export const lineHeight = 15;
export const blockWidth = 330;
const linesShown = 14;

export function blocksOf(cfg: Cfg, instructions: Instructions): Block[] {
  const known = new Map((instructions ?? []).map((one) => [one.index, one]));
  return cfg.blocks.map(({ first, last }) => {
    const lines: Line[] = [];
    for (let at = first; at <= last; at++) {
      const { text, source } = known.get(at) ?? {};
      if (text) lines.push({ at, text, source: source?.text.trim() ?? null });
    }
    return { first, lines };
  });
}

/** A line that is shown, and which ones it stands for. */
export interface Shown { text: string; lines: Line[] }

const whole = (line: Line): Shown => ({ text: `${line.at}: ${line.text}`, lines: [line] });

/** Of a long block the beginning and the end. */
export function shownOf({ lines }: Block): Shown[] {
  if (lines.length <= linesShown) return lines.map(whole);
  const left = lines.slice(linesShown - 2, -1);
  return [...lines.slice(0, linesShown - 2).map(whole),
    { text: `… ${left.length} more`, lines: left }, whole(lines[lines.length - 1]!)];
}

export const heightOf = (block: Block): number => 14 + shownOf(block).length * lineHeight;

/** The block in words: source lines above what was made of them. */
export function inWords({ lines }: Block): string {
  let last: string | null = null;
  return lines.map(({ at, text, source }) => {
    const head = source && source !== last ? `; ${source}\n` : "";
    last = source;
    return `${head}${at}: ${text}`;
  }).join("\n");
}

/** A place where a text was found: the block and the line that is shown there. */
export interface Hit { block: number; shown: number; at: number }

/** Instructions whose text, or else source line, has the words; of a source line the first of each
 *  stretch. */
export function found(blocks: readonly Block[], text: string): Hit[] {
  const word = text.trim().toLowerCase();
  if (!word) return [];
  const has = (part: string | null) => part?.toLowerCase().includes(word) ?? false;
  let last: string | null = null;
  return blocks.flatMap((block, number) => shownOf(block).flatMap(({ lines }, shown) =>
    lines.filter((line) => {
      const again = line.source === last;
      last = line.source;
      return has(`${line.at}: ${line.text}`) || (has(line.source) && !again);
    }).map(({ at }) => ({ block: number, shown, at }))));
}
