// Asks for the token that the server requires for writing, or for reading, and says whether it is
// accepted.

import { signal } from "@preact/signals";
import { useRef, useState } from "preact/hooks";
import { Start } from "@gen/queries";
import { run, setToken, token } from "../lib/api";
import { start } from "../lib/store";
import { Dialog } from "./dialog";

export const tokenOpen = signal(false);

const nothing = "This token is not valid here: it is another one, or the server was started " +
  "without --allow-write.";

/** The error of the given token, if any. */
async function refusalOf(): Promise<string | undefined> {
  try {
    const { data: { health } } = await run(Start, {});
    return health.canWrite || health.canEval ? undefined : nothing;
  } catch (error) {
    return (error as Error).message;
  }
}

export function TokenDialog() {
  const input = useRef<HTMLInputElement>(null);
  const [refusal, setRefusal] = useState<string | undefined>(undefined);
  const close = () => { tokenOpen.value = false; };
  const give = async () => {
    const given = input.current!.value.trim();
    setToken(given);
    const wrong = given ? await refusalOf() : undefined;
    setRefusal(wrong);
    if (!wrong) close();
  };
  const forget = () => {
    setToken("");
    close();
  };
  const writes = start.value?.health.canWrite;
  return (
    <Dialog title="Token" close={close} footer={
      <>
        {token.value && <button onClick={forget}>Forget the token</button>}
        <button class="primary" form="token" type="submit">Use the token</button>
      </>
    }>
      <p class="dim">
        {writes
          ? "This server accepts changes."
          : "This server is read only without a token. It accepts changes with one when it runs " +
            "with --allow-write and --token-file."}
        {" "}The token is kept for this tab only.
      </p>
      <form id="token" onSubmit={(event) => { event.preventDefault(); void give(); }}>
        <label class="field">
          <span>Token</span>
          <input ref={input} type="password" autocomplete="off" defaultValue={token.value}
            aria-invalid={refusal !== undefined} />
        </label>
      </form>
      {refusal && <p class="bad" role="alert">{refusal}</p>}
    </Dialog>
  );
}
