// Runs before the first paint: applies the chosen theme, or the system's, and sends the queries
// that every page needs, so that they run while the rest of the explorer is fetched.

import { Ids, MapRows, ProgramRows, Start, type Doc, type IdsData } from "@gen/queries";
import { ask, bodyOf, keptToken, rowsAtOnce } from "./lib/ask";

const theme = localStorage.getItem("lunette.theme");
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;

const asked = new Map<string, Promise<Response>>();
window.lunetteAsked = asked;

function begin<Data, Variables>(
  doc: Doc<Data, Variables>, variables: Variables,
  then = (response: Response): Response | Promise<Response> => response,
): void {
  const body = bodyOf(doc, variables);
  const answer = ask(body, keptToken()).then(then);
  answer.catch(() => {}); // the code that takes the answer reports the error
  asked.set(body, answer);
}

/** Requests the rows of all ids before any component does, so that they are requested only once. */
async function askRows(response: Response): Promise<Response> {
  try {
    const { data } = await response.clone().json() as { data: IdsData };
    const maps = data.maps.slice(0, rowsAtOnce);
    const programs = data.programs.slice(0, rowsAtOnce);
    if (maps.length) begin(MapRows, { ids: maps });
    if (programs.length) begin(ProgramRows, { ids: programs });
  } catch { /* without ids there are no rows */ }
  return response;
}

begin(Ids, {}, askRows);
begin(Start, {});
