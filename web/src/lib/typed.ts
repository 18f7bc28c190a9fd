// An entry as typed fields: changed fields become the input of writeMapEntry, and the server's
// errors are shown at their fields.

import type { Json } from "@gen/queries";

export interface Field { name: string; type: string; unit: string | null }

/** The typed texts by field name; missing fields stay unchanged, or zero in a new entry. */
export type Typed = Readonly<Record<string, string>>;

export type Part = "key" | "value";

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** Numbers are sent as text, so that every digit arrives; lists and booleans as such. */
function valueOf(text: string, type: string): Json {
  if (type === "bool") return text === "true";
  return /^\s*[[{]/.test(text) ? parsed(text) : text;
}

export const inputOf = (typed: Typed, fields: readonly Field[]): { [name: string]: Json } =>
  Object.fromEntries(fields.filter(({ name }) => typed[name] !== undefined)
    .map(({ name, type }) => [name, valueOf(typed[name]!, type)]));

/** A cell as text for its input. */
export function typedText(cell: Json | undefined): string {
  if (cell === null || cell === undefined) return "";
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}

export interface Refusal { part?: Part; cpu?: number; field?: string; text: string }

const message = /^(key|value)(?:\[(\d+)\])?(?:\.([^:]*?))?: (.*)$/s;

/** The field of a server's error: "value[1].inner.low: needs a number". */
export function refusalOf(
  text: string, fields: Readonly<Record<Part, readonly Field[]>>,
): Refusal {
  const found = message.exec(text);
  if (!found) return { text };
  const part = found[1] as Part;
  const names = fields[part].map(({ name }) => name).sort((a, b) => b.length - a.length);
  const path = found[3];
  const field = path === undefined ? (names.length === 1 ? names[0] : undefined)
    : names.find((name) => path === name ||
      (path.startsWith(name) && /[.[]/.test(path.charAt(name.length))));
  const inside = path !== undefined && field !== undefined ? path.slice(field.length) : "";
  return {
    part, text: inside ? `${inside.replace(/^\./, "")}: ${found[4]!}` : found[4]!,
    ...(found[2] !== undefined ? { cpu: Number(found[2]) } : {}),
    ...(field !== undefined ? { field } : {}),
  };
}

/** Bytes of hex, each with a flag that it has changed. */
export function marked(
  hex: string, before: string | undefined,
): { byte: string; moved: boolean }[] {
  return (hex.match(/../g) ?? []).map((byte, at) => ({
    byte, moved: before !== undefined && before.slice(2 * at, 2 * at + 2) !== byte,
  }));
}
