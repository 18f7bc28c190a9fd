// Panels that scripts add to our own pages; what draws them is fetched when there is one.

import { LivePanel, type Json } from "@gen/queries";
import { useLive } from "../lib/hooks";
import { lazy } from "../lib/lazy";
import { Card } from "../parts/bits";

const View = lazy<{ view: Json }>(() => import("./view").then((m) => m.View));

export interface Panel { name: string; title: string; every: number | null; view: Json | null }

/** One that says how often it changes is told of by the server whenever it did. */
function Framed({ panel, id }: { panel: Panel; id: number | undefined }) {
  const live = useLive(LivePanel, { name: panel.name, id: id ?? null },
    { skip: panel.every === null });
  const view = live.data?.panel ? live.data.panel.view : panel.view;
  return view === null ? null : <Card title={panel.title}><View view={view} /></Card>;
}

/** The panels of a page; id: of the object that it is about. */
export const Panels = ({ panels, id }: { panels: readonly Panel[]; id?: number }) => (
  <>{panels.map((panel) => <Framed key={panel.name} panel={panel} id={id} />)}</>
);
