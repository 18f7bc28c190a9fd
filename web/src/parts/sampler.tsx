// Shown in place of costs when the server's sampler is off.

import { useState } from "preact/hooks";
import { SampleAgain } from "@gen/queries";
import { run } from "../lib/api";
import { measured } from "../lib/rates";
import { start } from "../lib/store";
import { Icon } from "./icon";
import { Empty } from "./states";

/** True when nothing is or will be measured. */
export const isOff = (): boolean => start.value?.sampler.mode === "off" && !measured.value;

function TurnOn() {
  const [refusal, setRefusal] = useState<string | null>(null);
  const turnOn = () => run(SampleAgain, {}).then(({ data: { setSampler: { error } } }) => {
    setRefusal(error);
    if (!error) start.value = { ...start.value!, sampler: { mode: "watch" } };
  }, (error: Error) => setRefusal(error.message));
  return (
    <>
      <button onClick={() => void turnOn()}>Measure while a page is open</button>
      {refusal && <span class="bad" role="alert">{refusal}</span>}
    </>
  );
}

export const NotMeasured = () => (
  <Empty title="Program costs are not measured" icon="alert">
    <p>The server runs with its sampler off, so the kernel counts nothing.</p>
    <TurnOn />
  </Empty>
);

/** The same in one line. */
export const NotMeasuredLine = () => (
  <div class="notice"><Icon name="alert" />Program costs are not measured. <TurnOn /></div>
);
