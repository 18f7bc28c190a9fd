// An object that is removed while its page is open: the page says so once, above the last known
// data, and its parts do not repeat it.

import { createContext, type ComponentChildren } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { Icon } from "./icon";

interface Looked { noun: string; missing: string; gone: boolean; tell: () => void }

const Here = createContext<Looked | undefined>(undefined);

/** Repeats the page's message inside a dialog, which covers the page. */
export function GoneFromDialog() {
  const object = useContext(Here);
  if (!object?.gone) return null;
  return (
    <div class="notice"><Icon name="alert" />This {object.noun} is gone from the kernel.</div>
  );
}

/** True when a message only says that this page's object is gone, which the page says already. */
export function useGone(message: string | undefined): boolean {
  const object = useContext(Here);
  const says = object !== undefined && message === object.missing;
  useEffect(() => { if (says) object.tell(); }, [says]);
  return says;
}

/** The content of an object's page; `gone` when the lists no longer have the object. */
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
