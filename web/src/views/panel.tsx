// Panels that scripts add to the explorer's pages; their components are loaded when there is one.

import { LivePanel, type Json } from "@gen/queries";
import { useLive } from "../lib/hooks";
import { lazy } from "../lib/lazy";
import { Card } from "../parts/bits";

const View = lazy<{ view: Json }>(() => import("./view").then((m) => m.View));

export interface Panel { name: string; title: string; every: number | null; view: Json | null }

/** A panel with an interval is sent by the server whenever it changes. */
function Framed({ panel, id }: { panel: Panel; id: number | undefined }) {
  const live = useLive(LivePanel, { name: panel.name, id: id ?? null },
    { skip: panel.every === null });
  const view = live.data?.panel ? live.data.panel.view : panel.view;
  return view === null ? null : <Card title={panel.title}><View view={view} /></Card>;
}

/** The panels of a page; id: of the page's object. */
export const Panels = ({ panels, id }: { panels: readonly Panel[]; id?: number }) => (
  <>{panels.map((panel) => <Framed key={panel.name} panel={panel} id={id} />)}</>
);
