// An object that goes from the kernel while one looks at it: that is said once, above what was
// known of it last, and not again by everything that can no longer be read of it.

import { createContext, type ComponentChildren } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { Icon } from "./icon";

interface Looked { noun: string; missing: string; gone: boolean; tell: () => void }

const Here = createContext<Looked | undefined>(undefined);

/** Says inside a dialog, which covers the page, what the page says. */
export function GoneFromDialog() {
  const object = useContext(Here);
  if (!object?.gone) return null;
  return (
    <div class="notice"><Icon name="alert" />This {object.noun} is gone from the kernel.</div>
  );
}

/** Does a message say no more than that the object of this page is gone? Then the page says so. */
export function useGone(message: string | undefined): boolean {
  const object = useContext(Here);
  const says = object !== undefined && message === object.missing;
  useEffect(() => { if (says) object.tell(); }, [says]);
  return says;
}

/** What a page shows of an object; `gone` when the lists no longer have it. */
export function OfObject({ noun, id, gone, children }: {
  noun: string; id: number; gone: boolean; children: ComponentChildren;
}) {
  const [told, setTold] = useState<number | undefined>(undefined);
  const object = {
    noun, missing: `${noun} with ID ${id} not found`, gone: gone || told === id,
    tell: () => setTold(id),
  };
  return (
    <Here.Provider value={object}>
      {object.gone && (
        <div class="notice"><Icon name="alert" />This {noun} is gone from the kernel. Below is the
          last that was known of it.</div>
      )}
      {children}
    </Here.Provider>
  );
}
