// The paths of an object's pins; adds and removes pins when the server allows it.

import { useState } from "preact/hooks";
import { PinMap, PinProgram, Unpin } from "@gen/queries";
import { epoch, run } from "../lib/api";
import { start } from "../lib/store";
import { Card } from "./bits";
import { Icon } from "./icon";
import { Failure } from "./states";

export function Pins({ kind, id, pins }: { kind: "map" | "program"; id: number; pins: string[] }) {
  const [path, setPath] = useState("/sys/fs/bpf/");
  const [error, setError] = useState<string | undefined>(undefined);
  const writes = start.value?.health.canWrite;
  const settle = async (work: Promise<{ error: string | null } | null>) => {
    try {
      setError((await work)?.error ?? undefined);
      epoch.value++;
    } catch (problem) {
      setError((problem as Error).message);
    }
  };
  const pin = () => settle(kind === "map"
    ? run(PinMap, { id, path }).then(({ data }) => data.pinMap)
    : run(PinProgram, { id, path }).then(({ data }) => data.pinProgram));
  const unpin = (old: string) => settle(run(Unpin, { path: old }).then(({ data }) => data.unpin));
  if (!pins.length && !writes) return null;
  return (
    <Card title="Pins">
      {pins.map((old) => (
        <div class="gap" key={old}>
          <Icon name="pin" /><span class="mono">{old}</span>
          {writes && <button class="plain" onClick={() => void unpin(old)}>Unpin</button>}
        </div>
      ))}
      {writes && (
        <form class="gap" onSubmit={(event) => { event.preventDefault(); void pin(); }}>
          <input aria-label="Path of a new pin" class="mono" value={path} style={{ flex: 1 }}
            onInput={(event) => setPath(event.currentTarget.value)} />
          <button type="submit"><Icon name="pin" />Pin</button>
        </form>
      )}
      {error && <Failure message={error} />}
    </Card>
  );
}
