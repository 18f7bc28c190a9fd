// A dialog over the page; Esc closes it.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icon";

export function Dialog({ title, close, children, footer }: {
  title: string; close: () => void; children: ComponentChildren; footer?: ComponentChildren;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => { ref.current?.showModal(); }, []);
  return (
    <dialog ref={ref} onClose={close} aria-label={title}
      onClick={(event) => { if (event.target === ref.current) ref.current?.close(); }}>
      <header>
        <h2>{title}</h2>
        <button class="plain" aria-label="Close" onClick={() => ref.current?.close()}>
          <Icon name="close" />
        </button>
      </header>
      <div class="body">{children}</div>
      {footer && <footer>{footer}</footer>}
    </dialog>
  );
}
