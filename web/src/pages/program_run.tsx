// Runs a program with given data: input, return value, output, duration.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { RunProgram, type RunProgramData } from "@gen/queries";
import { run } from "../lib/api";
import { count, duration } from "../lib/format";
import {
  codeName, examplePacket, hexDump, hexOfBytes, inputHex, needsOf, type InputFormat, type Needs,
} from "../lib/run";
import { start } from "../lib/store";
import { Card, Choice, Copy, Figure, Figures, ShowQuery, split } from "../parts/bits";
import { Icon } from "../parts/icon";
import { Empty, Failure } from "../parts/states";
import { tokenOpen } from "../parts/token";

interface Form { text: string; format: InputFormat; file: string; context: string; times: string }

interface Outcome { input: string | undefined; context: string | undefined;
  result: RunProgramData["runProgram"] }

const formats = [["HEX", "Hex"], ["STRING", "Text"], ["FILE", "File"]] as const;

/** A number, or the error. */
function timesOf(text: string): number {
  const times = Number(text);
  if (!Number.isInteger(times) || times < 1 || times > 1_000_000) {
    throw new Error("times: 1 to 1,000,000");
  }
  return times;
}

const named = <Value,>(name: string, work: () => Value): Value => {
  try {
    return work();
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  }
};

function variablesOf(id: number, needs: Needs, form: Form) {
  return {
    id, times: timesOf(form.times),
    input: needs.packet ? named("input", () => inputHex(form.text, form.format)) ?? null : null,
    context: named("context", () => inputHex(form.context, "HEX")) ?? null,
  };
}

/** Changed bytes are marked; a changed length is stated instead. */
function Dump({ title, hex, before }: { title: string; hex: string; before: string | undefined }) {
  const alike = before?.length === hex.length;
  const was = before && !alike ? `, ${count(before.length / 2)} before` : "";
  return (
    <Card title={title} end={<>{count(hex.length / 2)} bytes{was}<Copy text={hex} /></>}>
      <pre class="dump" tabIndex={0}>
        {hexDump(hex, alike ? before : undefined).map(({ at, bytes, text }) => (
          <div key={at}>
            <span class="at">{at.toString(16).padStart(4, "0")}</span>
            <span class="bytes">{bytes.map(({ byte, moved }, n) =>
              [moved ? <b key={n}>{byte}</b> : byte, n === 7 ? "  " : " "])}</span>
            <span class="dim">{text}</span>
          </div>
        ))}
      </pre>
    </Card>
  );
}

function Result({ outcome: { input, context, result }, needs }: {
  outcome: Outcome; needs: Needs;
}) {
  if (result.error) return <Failure message={result.error} />;
  const value = result.result ?? 0;
  const code = codeName(needs, value);
  return (
    <>
      <Figures>
        <Figure label="Returned" value={value < 0x80000000 ? value : `0x${value.toString(16)}`}
          note={code ?? (value > 9 ? `0x${value.toString(16)}` : "")} />
        <Figure label="Per run" {...split(duration((result.duration ?? 0) / 1e9))}
          note="on average, by the kernel's clock" />
      </Figures>
      {result.output && <Dump title="The packet afterwards" hex={result.output} before={input} />}
      {result.context && (
        <Dump title="The context afterwards" hex={result.context} before={context} />
      )}
    </>
  );
}

/** Takes a function of the current form: two fields may change before the next render. */
type SetForm = (change: (form: Form) => Form) => void;

function Packet({ form, set }: { form: Form; set: SetForm }) {
  const readFile = async (file: File | undefined) => {
    if (!file) return;
    const text = hexOfBytes(new Uint8Array(await file.arrayBuffer()));
    set((old) => ({ ...old, text, file: file.name }));
  };
  return (
    <div class="field">
      <div class="spread">
        <span class="dim">Packet</span>
        <Choice label="The packet is given as" words={formats} chosen={form.format}
          choose={(format) => set((old) => ({ ...old, format, text: "", file: "" }))} />
      </div>
      {form.format === "FILE"
        ? <input type="file" aria-label="File with the packet"
            onChange={(event) => void readFile(event.currentTarget.files?.[0])} />
        : <textarea class="mono" rows={5} value={form.text} aria-label="Packet" spellcheck={false}
            placeholder={form.format === "HEX" ? "02 00 00 00 00 02 …" : "text"}
            onInput={({ currentTarget: { value } }) =>
              set((old) => ({ ...old, text: value }))} />}
      {form.format === "HEX" && (
        <button class="plain example"
          onClick={() => set((old) => ({ ...old, text: examplePacket }))}>
          An example: UDP over IPv4</button>
      )}
    </div>
  );
}

function RunForm({ id, needs }: { id: number; needs: Needs }) {
  const [form, set] = useState<Form>(
    { text: "", format: "HEX", file: "", context: "", times: "1" });
  const [outcome, setOutcome] = useState<Outcome | undefined>(undefined);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const asked = { id, times: 1, input: null, context: null };
  const go = async () => {
    setBusy(true);
    try {
      const variables = variablesOf(id, needs, form);
      const { data } = await run(RunProgram, variables);
      setOutcome({ input: variables.input ?? undefined, context: variables.context ?? undefined,
        result: data.runProgram });
      setProblem(undefined);
    } catch (error) {
      setProblem((error as Error).message);
    }
    setBusy(false);
  };
  return (
    <div class="run">
      <Card title="Run it by hand" end={<ShowQuery doc={RunProgram} variables={asked} />}>
        <form class="run-form" onSubmit={(event) => { event.preventDefault(); void go(); }}>
          <p class="dim">The program runs in the kernel: it may write to maps.</p>
          {needs.packet && <Packet form={form} set={set} />}
          {needs.context && (
            <label class="field"><span>Context: {needs.context}</span>
              <input class="mono" value={form.context} spellcheck={false} autocomplete="off"
                onInput={({ currentTarget: { value } }) =>
                  set((old) => ({ ...old, context: value }))} /></label>
          )}
          {needs.often && (
            <label class="field"><span>Times</span>
              <input class="mono" inputMode="numeric" value={form.times} style={{ width: 140 }}
                onInput={({ currentTarget: { value } }) =>
                  set((old) => ({ ...old, times: value }))} /></label>
          )}
          {problem && <Failure message={problem} />}
          <div><button class="primary" type="submit" disabled={busy}>
            <Icon name="play" />Run</button></div>
        </form>
      </Card>
      <div class="run-result" aria-live="polite">
        {outcome ? <Result outcome={outcome} needs={needs} />
          : <Empty title="Not run yet" icon="play">
              <p>Its return value, the time of a run, and its input afterwards.</p>
            </Empty>}
      </div>
    </div>
  );
}

const Refused = ({ children }: { children: ComponentChildren }) => (
  <Empty title="This program can't be run from here" icon="key">{children}</Empty>
);

export function Run({ program }: {
  program: { id: number; type: string; kernelType: string };
}) {
  const needs = needsOf(program.kernelType);
  if (!needs) {
    return <Refused><p>The kernel runs no {program.type} program by hand: it has no test run for
      this type.</p></Refused>;
  }
  if (start.value && !start.value.health.canWrite) {
    return (
      <Refused>
        <p>A run does what the program does: that takes a server started with{" "}
          <code>--allow-write</code> and <code>--token-file</code>, then enter its token.</p>
        <button onClick={() => { tokenOpen.value = true; }}>Enter the token</button>
      </Refused>
    );
  }
  return <RunForm id={program.id} needs={needs} />;
}
