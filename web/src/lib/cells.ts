// A cell of a map's table as a number and as text.

import type { Json } from "@gen/queries";

export const numberOf = (cell: Json | undefined): number =>
  typeof cell === "number" ? cell : typeof cell === "string" ? Number(cell) : NaN;

export const cellText = (cell: Json | undefined): string =>
  cell === null || cell === undefined ? ""
    : typeof cell === "object" ? JSON.stringify(cell) : String(cell);

/** A part of a text: as it is, or the escape of a character that one would not see. */
export interface Piece { text: string; escape: boolean }

const unseen = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
const short: Record<string, string> = { "\n": "\\n", "\t": "\\t", "\r": "\\r" };

const escapeOf = (char: string): string => {
  const code = char.charCodeAt(0);
  return short[char] ?? (code < 256 ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`);
};

/** "a\nb" → a, \n, b. */
export const piecesOf = (text: string): Piece[] =>
  text.split(new RegExp(`(${unseen.source})`)).filter(Boolean).map((part) =>
    unseen.test(part) ? { text: escapeOf(part), escape: true } : { text: part, escape: false });

/** A cell as it is shown, where it is a text. */
export const seenText = (cell: Json | undefined): string =>
  piecesOf(cellText(cell)).map(({ text }) => text).join("");

const names =
  /(^|[_.\s])(pid|tgid|tid|ppid|uid|gid|port|sport|dport|id|ino|inode|fd|ifindex)(@\d+)?$/i;

/** Does the number name something? Then it is no amount: 12345 is written so, not 12,345. */
export const isName = (column: string): boolean => names.test(column);
