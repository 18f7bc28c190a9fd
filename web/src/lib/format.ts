// Numbers, sizes, times and bytes as text. A number given as a string keeps all its digits.

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });

/** 3.4e+38 → 3.4e38, instead of a row of zeros or of meaningless digits. */
const power = (value: number): string => String(Number(value.toPrecision(4))).replace("e+", "e");

/** 1234567 → 1,234,567; a decimal string keeps every digit. */
export function count(value: number | string | null | undefined): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "string") {
    return /^-?\d+$/.test(value) ? whole.format(BigInt(value)) : value;
  }
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e16) return whole.format(value);
  return size < 1e-6 || size >= 1e15 ? power(value) : fine.format(value);
}

function scaled(value: number, units: readonly string[], step: number): string {
  let at = 0;
  let rest = value;
  while (Math.abs(rest) >= step * 0.9995 && at < units.length - 1) {
    rest /= step;
    at++;
  }
  const digits = at === 0 && Number.isInteger(rest) ? 0 : Math.abs(rest) < 10 ? 2
    : Math.abs(rest) < 100 ? 1 : 0;
  return `${rest.toFixed(digits)}${units[at] ? ` ${units[at]}` : ""}`;
}

/** 1234567 → 1.23 M */
export const short = (value: number | null | undefined): string =>
  value === null || value === undefined
    ? "–" : scaled(value, ["", "k", "M", "G", "T", "P", "E"], 1000);

export const bytes = (value: number | null | undefined): string =>
  value === null || value === undefined
    ? "–" : scaled(value, ["B", "KiB", "MiB", "GiB", "TiB"], 1024);

/** Seconds → 1.25 µs, 3.1 ms, 2.5 s, 4 min, 3 h, 12 d */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds === 0) return "0 s";
  const size = Math.abs(seconds);
  if (size < 1) return scaled(seconds * 1e9, ["ns", "µs", "ms"], 1000);
  if (size < 120) return `${fine.format(Number(seconds.toFixed(1)))} s`;
  if (size < 7200) return `${Math.round(seconds / 60)} min`;
  if (size < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** Share of one CPU → 12.3 % */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return "–";
  const value = share * 100;
  if (value === 0) return "0 %";
  if (value < 0.001) return "< 0.001 %";
  return `${value < 0.1 ? value.toFixed(3) : value < 10 ? value.toFixed(2) : value.toFixed(1)} %`;
}

export function ago(time: number, now = Date.now() / 1000): string {
  const past = Math.max(0, now - time);
  if (past < 2) return "now";
  return `${duration(past < 120 ? Math.round(past) : past)} ago`;
}

/** 2026-11-21 10:26:30, in the reader's time zone. */
export function exactTime(time: number): string {
  const date = new Date(time * 1000);
  const pad = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ` +
    `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** A number with its column's unit. */
export function withUnit(value: number | string, unit: string | null | undefined): string {
  if (!unit) return count(value);
  const number = Number(value);
  switch (unit) {
    case "ns": return duration(number / 1e9);
    case "us": case "µs": return duration(number / 1e6);
    case "ms": return duration(number / 1e3);
    case "s": case "seconds": return duration(number);
    case "bytes": case "B": return bytes(number);
    case "ratio": return percent(number);
    default: return `${count(value)} ${unit}`;
  }
}

/** 1 map, 2 maps: the noun is given in the plural. */
export const plural = (n: number, nouns: string): string =>
  `${count(n)} ${n === 1 ? nouns.replace(/s$/, "").replace(/sse$/, "ss") : nouns}`;

/** A sentence with a capital first letter. */
export const sentence = (text: string): string =>
  text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

/** abcdef → ab cd ef */
export const spaced = (hex: string): string => hex.replace(/(..)(?=.)/g, "$1 ");

/** Compares two cells: numbers and decimal strings by value, others as text. */
export function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (isExact(a) && isExact(b)) {
    const left = BigInt(a);
    const right = BigInt(b);
    return left < right ? -1 : left > right ? 1 : 0;
  }
  if (a === null || a === undefined) return b === null || b === undefined ? 0 : -1;
  if (b === null || b === undefined) return 1;
  return collator.compare(String(a), String(b));
}

const collator = new Intl.Collator("en", { numeric: true });

const isExact = (value: unknown): value is string | number =>
  (typeof value === "string" && /^-?\d{1,40}$/.test(value)) ||
  (typeof value === "number" && Number.isInteger(value));
