// A cell of a map's table as a number and as text.

import type { Json } from "@gen/queries";

export const numberOf = (cell: Json | undefined): number =>
  typeof cell === "number" ? cell : typeof cell === "string" ? Number(cell) : NaN;

export const cellText = (cell: Json | undefined): string =>
  cell === null || cell === undefined ? ""
    : typeof cell === "object" ? JSON.stringify(cell) : String(cell);
