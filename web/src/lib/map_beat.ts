// Tells a page that a map has changed, so that it reads its data again.

import { useEffect, useState } from "preact/hooks";
import { MapBeat } from "@gen/queries";
import { useSubscription, type Result } from "./hooks";

/** Counts the changes of the map; 0 for a map that can't be compared. */
export function useMapBeat(map: { id: number; isLookupSupported: boolean }): number {
  const [beat, setBeat] = useState(0);
  useSubscription(MapBeat, { id: map.id }, () => setBeat((n) => n + 1),
    { skip: !map.isLookupSupported });
  return beat;
}

/** Runs a query again after each change of the map; the first event only says that it is
 *  watched. */
export function useReloadOn<Data>(beat: number, result: Result<Data>): Result<Data> {
  useEffect(() => { if (beat > 1) result.reload(); }, [beat]);
  return result;
}
