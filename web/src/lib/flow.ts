// The text in the blocks of a control-flow graph, and searching in it.

import type { ProgramCfgData } from "@gen/queries";

export type Cfg = NonNullable<ProgramCfgData["program"]["cfg"]>[number];
export type Instructions = ProgramCfgData["program"]["instructions"];

/** An instruction and, when it is the first of a source line, that line. */
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

/** A shown line, and the instructions that it stands for. */
export interface Shown { text: string; lines: Line[] }

const whole = (line: Line): Shown => ({ text: `${line.at}: ${line.text}`, lines: [line] });

/** The lines of a block; a long one is cut in the middle. */
export function shownOf({ lines }: Block): Shown[] {
  if (lines.length <= linesShown) return lines.map(whole);
  const left = lines.slice(linesShown - 2, -1);
  return [...lines.slice(0, linesShown - 2).map(whole),
    { text: `… ${left.length} more`, lines: left }, whole(lines[lines.length - 1]!)];
}

export const heightOf = (block: Block): number => 14 + shownOf(block).length * lineHeight;

/** The block as text: source lines above their instructions. */
export function inWords({ lines }: Block): string {
  let last: string | null = null;
  return lines.map(({ at, text, source }) => {
    const head = source && source !== last ? `; ${source}\n` : "";
    last = source;
    return `${head}${at}: ${text}`;
  }).join("\n");
}

/** A search hit: the block and the shown line. */
export interface Hit { block: number; shown: number; at: number }

/** Instructions whose text or source line contains the words; for a source line, the first
 *  instruction of each of its ranges. */
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
