// A dialog over the page; Esc closes it and returns the focus to the previous element.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { GoneFromDialog } from "./gone";
import { Icon } from "./icon";

export function Dialog({ title, close, children, footer }: {
  title: string; close: () => void; children: ComponentChildren; footer?: ComponentChildren;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const gone = useRef(false);
  useLayoutEffect(() => {
    const dialog = ref.current!;
    dialog.showModal();
    // A dialog that is only removed from the page would not return the focus.
    return () => {
      gone.current = true;
      dialog.close();
    };
  }, []);
  return (
    <dialog ref={ref} onClose={() => { if (!gone.current) close(); }} aria-label={title}
      onClick={(event) => { if (event.target === ref.current) ref.current?.close(); }}>
      <header>
        <h2>{title}</h2>
        <button class="plain" aria-label="Close" onClick={() => ref.current?.close()}>
          <Icon name="close" />
        </button>
      </header>
      <div class="body"><GoneFromDialog />{children}</div>
      {footer && <footer>{footer}</footer>}
    </dialog>
  );
}
