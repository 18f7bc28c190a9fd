// Asks for the token that the server wants for writing, or for looking at all.

import { signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { token } from "../lib/api";
import { start } from "../lib/store";
import { Dialog } from "./dialog";

export const tokenOpen = signal(false);

export function TokenDialog({ save }: { save: (token: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const close = () => { tokenOpen.value = false; };
  const give = (value: string) => {
    save(value);
    close();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter") give(input.current!.value.trim());
  };
  const writes = start.value?.health.canWrite;
  return (
    <Dialog title="Token" close={close} footer={
      <>
        {token.value && <button onClick={() => give("")}>Forget it</button>}
        <button class="primary" onClick={() => give(input.current!.value.trim())}>Use it</button>
      </>
    }>
      <p class="dim">
        {writes
          ? "This server lets you write."
          : "This server is read only for you. Started with --allow-write and --token-file, it " +
            "accepts changes from those who know the token."}
        {" "}It is kept for this tab alone.
      </p>
      <label class="field">
        <span>Token</span>
        <input ref={input} type="password" autocomplete="off" defaultValue={token.value}
          onKeyDown={onKey} />
      </label>
    </Dialog>
  );
}
