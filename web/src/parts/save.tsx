// What a page lists, to be copied or kept as a file.

import { csvOf, jsonOf, tabbedOf, type Fields } from "../lib/export";
import { Copy, download } from "./bits";
import { Icon } from "./icon";

export function Save<Row>({ name, rows, fields, noun }: {
  /** Of the file, without its ending. */
  name: string; rows: readonly Row[]; fields: Fields<Row>;
  /** What the rows are, where a page has several lists. */
  noun?: string;
}) {
  const what = noun ? ` of the ${noun}` : "";
  return (
    <>
      <Copy text={() => tabbedOf(rows, fields)} />
      <button class="plain" title={`Download as CSV${what}`}
        onClick={() => download(`${name}.csv`, csvOf(rows, fields), "text/csv")}>
        <Icon name="save" />CSV</button>
      <button class="plain" title={`Download as JSON${what}`}
        onClick={() => download(`${name}.json`, jsonOf(rows, fields), "application/json")}>
        <Icon name="save" />JSON</button>
    </>
  );
}
