// A cell of a map's table by its kind: numbers with units, links to objects by id, the frames of a
// stack.

import type { Json } from "@gen/queries";
import type { ComponentChildren } from "preact";
import { count, withUnit } from "../lib/format";
import { cellAs, type CellFormat } from "../lib/cell_format";
import type { EntryColumn } from "../lib/entries";
import { cellText, isName, piecesOf } from "../lib/cells";

/** "mt_inner (70246)": the id at the end of a name, or the number alone. */
function idOf(cell: Json): number | undefined {
  const found = typeof cell === "number"
    ? cell : Number(/(?:^|\()(\d+)\)?$/.exec(String(cell))?.[1]);
  return Number.isInteger(found) && found > 0 ? found : undefined;
}

const page = (folder: string) => (cell: Json): string | undefined => {
  const id = idOf(cell);
  return id === undefined ? undefined : `/${folder}/${id}`;
};

const attached = (cell: Json): string | undefined =>
  cell === 0 ? undefined : `/attach?q=${encodeURIComponent(String(cell))}`;

/** The link of a cell, by the decoder's name of its kind. */
const leads: Record<string, (cell: Json) => string | undefined> = {
  prog: page("programs"), map: page("maps"), pid: page("owners"), ifindex: attached,
  cgroup: attached,
};

export const leadsTo = (cell: Json | undefined, column: { type: string }): string | undefined =>
  cell === null || cell === undefined ? undefined : leads[column.type]?.(cell);

const symbol = /^[A-Za-z_.$][\w.$:<>~()@/ -]*\+0x[0-9a-f]+$|^0x[0-9a-f]{8,}$/;

/** The frames of a stack, innermost first; undefined for other cells. */
export function framesOf(cell: Json | undefined, column: { type: string }): string[] | undefined {
  if (column.type === "stack" || column.type === "ustack") {
    return typeof cell === "string" ? cell.split(";") : undefined;
  }
  const list = column.type === "array" && Array.isArray(cell) ? cell : undefined;
  return list?.length && list.every((item) => typeof item === "string" && symbol.test(item))
    ? list as string[] : undefined;
}

function StackCell({ frames }: { frames: string[] }) {
  return (
    <span title={frames.join("\n")}>
      {frames[0]}
      {frames.length > 1 && <span class="dim"> ← {frames.slice(1).join(" ← ")}</span>}
    </span>
  );
}

/** A stack, one frame a line. */
export function Frames({ frames }: { frames: string[] }) {
  return (
    <ol class="frames">
      {frames.map((frame, at) => {
        const [, name, offset] = /^(.*?)(\+0x[0-9a-f]+)?$/.exec(frame)!;
        const program = /^bpf_prog_([0-9a-f]{16})(?:_(.*))?$/.exec(name!);
        return (
          <li key={at}>
            {program ? <a href={`/programs?q=${program[1]}`}>{program[2] ?? name}</a> : name}
            <span class="dim">{offset}</span>
          </li>
        );
      })}
    </ol>
  );
}

const noneOf = new Set(["prog", "map"]);
const floats = new Set(["f32", "f64"]);

/** A text with everything visible: an empty text, and invisible characters. */
function Seen({ text }: { text: string }) {
  if (text === "") return <span class="dim">(empty)</span>;
  const pieces = piecesOf(text);
  if (pieces.length === 1 && !pieces[0]!.escape) return <>{text}</>;
  return <>{pieces.map(({ text: part, escape }, at) =>
    escape ? <span key={at} class="escape">{part}</span> : part)}</>;
}

/** A number: an amount with its unit and the exact number as a tooltip, or an identifier's name. */
function amount(cell: number | string, column: EntryColumn): ComponentChildren {
  if (column.unit) return <span title={count(cell)}>{withUnit(cell, column.unit)}</span>;
  if (isName(column.name)) return String(cell);
  const text = count(cell);
  return floats.has(column.type) ? <span title={String(cell)}>{text}</span> : text;
}

/** A cell with all its details, when there is room. */
export function cellInFull(cell: Json | undefined, column: EntryColumn): ComponentChildren {
  const rounded = column.numeric && (column.unit || floats.has(column.type));
  if (!rounded || cell === null || cell === undefined) return cellView(cell, column);
  return column.unit
    ? <>{withUnit(cell as number | string, column.unit)}{" "}
        <span class="dim">{count(cell as number | string)}</span></>
    : String(cell);
}

const NotFinite = () => (
  <span class="dim" title="Infinite, or not a number (NaN)">not finite</span>
);

/** A cell in its own format or another one. */
export function cellView(
  given: Json | undefined, column: EntryColumn, format?: CellFormat,
): ComponentChildren {
  const cell = format ? cellAs(given, column, format) : given;
  if (cell === null && floats.has(column.type)) return <NotFinite />;
  if (cell === null || cell === undefined) return <span class="dim">–</span>;
  if (format) return <span class="mono"><Seen text={cellText(cell)} /></span>;
  if (typeof cell === "boolean") return cell ? "yes" : "no";
  const href = leadsTo(cell, column);
  if (href) return <a class="mono" href={href}>{cellText(cell)}</a>;
  if (cell === 0 && noneOf.has(column.type)) return <span class="dim">none</span>;
  if (column.numeric && (typeof cell === "number" || typeof cell === "string")) {
    return amount(cell, column);
  }
  const frames = framesOf(cell, column);
  if (frames) return <StackCell frames={frames} />;
  const text = cellText(cell);
  return text.length > 24 ? <span title={text}><Seen text={text} /></span> : <Seen text={text} />;
}

/** "calls@1" is shown as CPU 1 when calls is the only value, else as calls, CPU 1. */
export function columnTitle(column: EntryColumn, columns: readonly EntryColumn[]): string {
  if (column.part !== "CPU" || column.cpu === null) return column.name;
  const ofCpu = columns.filter(({ part, cpu }) => part === "CPU" && cpu === column.cpu);
  return ofCpu.length === 1 ? `CPU ${column.cpu}`
    : `${column.name.replace(/@\d+$/, "")}, CPU ${column.cpu}`;
}
