// Converts text to the bytes that will be written, as lower-case hex for the preview.

export type Format = "HEX" | "STRING" | "NUMBER";

const toHex = (bytes: Iterable<number>) =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function numberToHex(text: string, size: number): string {
  if (size > 8) throw new Error("A field of more than 8 bytes is no number");
  if (!/^-?\d+$/.test(text)) throw new Error("That is no whole number");
  const value = BigInt(text);
  const bits = BigInt(size * 8);
  if (value < -(1n << (bits - 1n)) || value >= 1n << bits) {
    throw new Error(`${text} does not fit in ${size} bytes`);
  }
  const wrapped = BigInt.asUintN(size * 8, value);
  return toHex(Array.from({ length: size }, (_, at) => Number((wrapped >> BigInt(8 * at)) & 255n)));
}

function hexToHex(text: string, size: number): string {
  const hex = text.replace(/\s+/g, "").replace(/^0x/, "").toLowerCase();
  if (!/^[0-9a-f]*$/.test(hex)) throw new Error("That is no hex");
  if (hex.length % 2) throw new Error("An odd number of hex digits");
  if (hex.length !== size * 2) throw new Error(`${hex.length / 2} bytes given, ${size} needed`);
  return hex;
}

function stringToHex(text: string, size: number): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > size) throw new Error(`${bytes.length} bytes of text, ${size} at most`);
  return toHex(bytes).padEnd(size * 2, "0");
}

export function toBytes(text: string, format: Format, size: number): string {
  switch (format) {
    case "HEX": return hexToHex(text, size);
    case "STRING": return stringToHex(text, size);
    case "NUMBER": return numberToHex(text.trim(), size);
  }
}
