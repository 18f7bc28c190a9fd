// A page's rows as text, for files and the clipboard.

/** The fields of a row by name: numbers, texts, lists of texts. */
export type Fields<Row> = readonly (readonly [string, (row: Row) => unknown])[];

const plain = (value: unknown): string =>
  Array.isArray(value) ? value.join(" ") : String(value ?? "");

/** Guards a text that a spreadsheet would run as a formula; numbers need no guard. */
const guarded = (text: string): string =>
  /^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+\.?\d*$/.test(text) ? `'${text}` : text;

const quoted = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;

const lines = (rows: string[][], between: string): string =>
  rows.map((row) => `${row.join(between)}\n`).join("");

const cells = <Row>(rows: readonly Row[], fields: Fields<Row>): string[][] =>
  [fields.map(([name]) => name),
    ...rows.map((row) => fields.map(([, value]) => plain(value(row))))];

export const csvOf = <Row>(rows: readonly Row[], fields: Fields<Row>): string =>
  lines(cells(rows, fields).map((row) => row.map((text) => quoted(guarded(text)))), ",");

/** Tab-separated text for the clipboard; spreadsheets and terminals both accept it. */
export const tabbedOf = <Row>(rows: readonly Row[], fields: Fields<Row>): string =>
  lines(cells(rows, fields).map((row) => row.map((text) => text.replace(/[\t\r\n]+/g, " "))), "\t");

export const jsonOf = <Row>(rows: readonly Row[], fields: Fields<Row>): string =>
  `${JSON.stringify(rows.map((row) =>
    Object.fromEntries(fields.map(([name, value]) => [name, value(row) ?? null]))), null, 1)}\n`;
