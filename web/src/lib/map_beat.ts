// Tells that a map changed: what is shown of it is then read again. Nothing is asked for meanwhile.

import { useEffect, useState } from "preact/hooks";
import { MapBeat } from "@gen/queries";
import { useSubscription, type Result } from "./hooks";

/** Counts the times that the map was found changed; a map that can't be compared stays at 0. */
export function useMapBeat(map: { id: number; isLookupSupported: boolean }): number {
  const [beat, setBeat] = useState(0);
  useSubscription(MapBeat, { id: map.id }, () => setBeat((n) => n + 1),
    { skip: !map.isLookupSupported });
  return beat;
}

/** Reads a query again whenever the map changed; the first word is only that it is watched. */
export function useReloadOn<Data>(beat: number, result: Result<Data>): Result<Data> {
  useEffect(() => { if (beat > 1) result.reload(); }, [beat]);
  return result;
}
