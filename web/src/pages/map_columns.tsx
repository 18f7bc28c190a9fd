// The menu of a map table's columns: shown or not, and the format of each.

import type { EntryColumn } from "../lib/entries";
import { formatsOf, type CellFormat } from "../lib/cell_format";
import { chooseFormat, chosenFormats, hiddenColumns, hideColumn } from "../lib/columns";
import { setParams } from "../lib/router";
import { Dialog } from "../parts/dialog";
import { columnTitle } from "./map_cells";

const words: Record<CellFormat, string> = { hex: "hex", number: "number", string: "text" };

export function ColumnsDialog({ columns, close }: {
  columns: readonly EntryColumn[]; close: () => void;
}) {
  const hidden = hiddenColumns();
  const formats = chosenFormats();
  return (
    <Dialog title="Columns" close={close} footer={
      <>
        <button onClick={() => setParams({ as: null, hide: null })}>Reset</button>
        <button class="primary" onClick={close}>Done</button>
      </>
    }>
      <ul class="columns">
        {columns.map((column) => {
          const title = columnTitle(column, columns);
          const offered = formatsOf(column);
          return (
            <li key={column.name}>
              <label class="check">
                <input type="checkbox" checked={!hidden.has(column.name)}
                  disabled={column.part === "KEY" && !hidden.has(column.name) && columns
                    .filter(({ part, name }) => part === "KEY" && !hidden.has(name)).length === 1}
                  onChange={(event) => hideColumn(column.name, !event.currentTarget.checked)} />
                <span class="mono">{title}</span>
              </label>
              <span class="dim">{column.type}{column.unit ? `, ${column.unit}` : ""}</span>
              {offered.length > 0 && (
                <select aria-label={`Format of ${title}`} value={formats.get(column.name) ?? ""}
                  onChange={(event) =>
                    chooseFormat(column.name, event.currentTarget.value as CellFormat | "")}>
                  <option value="">decoded</option>
                  {offered.map((word) => <option key={word} value={word}>{words[word]}</option>)}
                </select>
              )}
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
