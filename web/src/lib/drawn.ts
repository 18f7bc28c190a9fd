// A drawing for components: the one before stays until the next is laid out.

import { useEffect, useState } from "preact/hooks";
import { layoutGraph, type Drawing, type Layout } from "./layout";

export interface Drawn<Of> { of: Of; layout: Layout }

export function useDrawn<Of>(of: Of, make: (of: Of) => Drawing): Drawn<Of> | Error | undefined {
  const [drawn, setDrawn] = useState<Drawn<Of> | Error | undefined>(undefined);
  useEffect(() => {
    const left = new AbortController();
    const { nodes, edges, direction } = make(of);
    layoutGraph(nodes, edges, direction, left.signal).then(
      (layout) => setDrawn({ of, layout }),
      (error: Error) => { if (!left.signal.aborted) setDrawn(error); });
    return () => left.abort();
  }, [of]);
  return drawn;
}
