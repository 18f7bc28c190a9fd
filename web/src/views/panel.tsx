// Panels that scripts add to our own pages; what draws them is fetched when there is one.

import type { Json } from "@gen/queries";
import { lazy } from "../lib/lazy";
import { Card } from "../parts/bits";

const View = lazy<{ view: Json }>(() => import("./view").then((m) => m.View));

export interface Panel { name: string; title: string; every: number | null; view: Json | null }

export function Panels({ panels }: { panels: readonly Panel[] }) {
  return (
    <>
      {panels.filter((panel) => panel.view !== null).map((panel) => (
        <Card key={panel.name} title={panel.title}><View view={panel.view} /></Card>
      ))}
    </>
  );
}
