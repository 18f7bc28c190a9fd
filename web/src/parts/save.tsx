// Buttons that copy a page's list or save it as a file.

import { csvOf, jsonOf, tabbedOf, type Fields } from "../lib/export";
import { Copy, download } from "./bits";
import { Icon } from "./icon";

export function Save<Row>({ name, rows, fields, noun }: {
  /** The file name without its ending. */
  name: string; rows: readonly Row[]; fields: Fields<Row>;
  /** The rows' name, when a page has several lists. */
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
