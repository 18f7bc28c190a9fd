// A cell of a map's table as a number and as text.

import type { Json } from "@gen/queries";

export const numberOf = (cell: Json | undefined): number =>
  typeof cell === "number" ? cell : typeof cell === "string" ? Number(cell) : NaN;

export const cellText = (cell: Json | undefined): string =>
  cell === null || cell === undefined ? ""
    : typeof cell === "object" ? JSON.stringify(cell) : String(cell);

/** A part of a text: unchanged, or the escape of an invisible character. */
export interface Piece { text: string; escape: boolean }

const unseen = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
const short: Record<string, string> = { "\n": "\\n", "\t": "\\t", "\r": "\\r" };

/** "\\x1b" or "\\u202e" */
export const escapeOf = (char: string): string => {
  const code = char.charCodeAt(0);
  return short[char] ?? (code < 256 ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`);
};

/** "a\nb" → a, \n, b. */
export const piecesOf = (text: string): Piece[] =>
  text.split(new RegExp(`(${unseen.source})`)).filter(Boolean).map((part) =>
    unseen.test(part) ? { text: escapeOf(part), escape: true } : { text: part, escape: false });

/** A text cell as it is shown. */
export const seenText = (cell: Json | undefined): string =>
  piecesOf(cellText(cell)).map(({ text }) => text).join("");

const names =
  /(^|[_.\s])(pid|tgid|tid|ppid|uid|gid|port|sport|dport|id|ino|inode|fd|ifindex)(@\d+)?$/i;

/** True when the number is an identifier, not an amount: it is shown as 12345, not as 12,345. */
export const isName = (column: string): boolean => names.test(column);
