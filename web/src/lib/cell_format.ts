// Shows a column in another format than its decoder's: numbers as hex or text, bytes as text or a
// number.

import type { Json } from "@gen/queries";

export type CellFormat = "number" | "hex" | "string";

interface Column { name: string; type: string; numeric: boolean }

const bitsOf = (type: string): number | undefined => {
  const found = /^(?:u|i|be)(8|16|32|64|128)$/.exec(type);
  return found ? Number(found[1]) : { duration: 64, pointer: 64, number: 64 }[type];
};

const isBytes = (type: string): boolean => type === "bytes" || type === "hex";

/** The other formats that a column can be shown in. */
export function formatsOf(column: Column): CellFormat[] {
  if (isBytes(column.type)) return ["string", "number"];
  return column.numeric && bitsOf(column.type) ? ["hex", "string"] : [];
}

/** A whole number's bytes, lowest first. */
function bytesOf(value: bigint, bits: number): number[] {
  const whole = BigInt.asUintN(bits, value);
  return Array.from({ length: bits / 8 }, (_, at) => Number((whole >> BigInt(8 * at)) & 255n));
}

const textOf = (bytes: number[]): string =>
  new TextDecoder().decode(new Uint8Array(bytes)).replace(/\0+$/, "");

const fromHex = (hex: string): number[] => (hex.match(/../g) ?? []).map((two) => parseInt(two, 16));

function numberAs(value: bigint, type: string, format: CellFormat): string {
  const bits = bitsOf(type)!;
  if (format === "hex") {
    return `0x${BigInt.asUintN(bits, value).toString(16).padStart(bits / 4, "0")}`;
  }
  const bytes = bytesOf(value, bits);
  return textOf(type.startsWith("be") ? bytes.reverse() : bytes);
}

function bytesAs(hex: string, format: CellFormat): string {
  const bytes = fromHex(hex);
  if (format === "string") return textOf(bytes);
  if (bytes.length > 8 || !bytes.length) return hex;
  const value = bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return BigInt.asIntN(bytes.length * 8, value).toString();
}

/** A cell in a format; unchanged when the format has no meaning for it. */
export function cellAs(
  cell: Json | undefined, column: Column, format: CellFormat,
): Json | undefined {
  if (isBytes(column.type)) return typeof cell === "string" ? bytesAs(cell, format) : cell;
  const whole = typeof cell === "number" ? Number.isInteger(cell)
    : typeof cell === "string" && /^(-?\d+|0x[0-9a-f]+)$/.test(cell);
  return whole && bitsOf(column.type)
    ? numberAs(BigInt(cell as number | string), column.type, format) : cell;
}
