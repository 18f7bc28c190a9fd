// The shown columns of a table and the format of each, stored in the address:
// ?as=port:hex,tag:string and ?hide=mode,delta.

import type { CellFormat } from "./cell_format";
import { params, setParams } from "./router";

const list = (name: string): string[] => (params.value.get(name) ?? "").split(",").filter(Boolean);

/** The formats in the address, by column. */
export const chosenFormats = (): ReadonlyMap<string, CellFormat> =>
  new Map(list("as").flatMap((part) => {
    const at = part.lastIndexOf(":");
    return at > 0 ? [[part.slice(0, at), part.slice(at + 1) as CellFormat] as const] : [];
  }));

export const hiddenColumns = (): ReadonlySet<string> => new Set(list("hide"));

export function chooseFormat(column: string, format: CellFormat | ""): void {
  const chosen = new Map(chosenFormats());
  if (format) chosen.set(column, format);
  else chosen.delete(column);
  setParams({ as: [...chosen].map(([name, word]) => `${name}:${word}`).join(",") });
}

export function hideColumn(column: string, hide: boolean): void {
  const hidden = new Set(hiddenColumns());
  if (hide) hidden.add(column);
  else hidden.delete(column);
  setParams({ hide: [...hidden].join(",") });
}
