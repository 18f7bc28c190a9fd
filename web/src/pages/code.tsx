// Source, bytecode and native code side by side: what belongs together is lit together.

import { useMemo, useState } from "preact/hooks";
import { ProgramCode, ProgramNative, type ProgramCodeData, type ProgramNativeData } from "@gen/queries";
import { count } from "../lib/format";
import { useQuery } from "../lib/hooks";
import { oneOf, setParams } from "../lib/router";
import { Choice, Copy, Pick, ShowQuery, download } from "../parts/bits";
import { Icon } from "../parts/icon";
import { Answer, Empty, Failure, Loading } from "../parts/states";

type Instruction = NonNullable<ProgramCodeData["program"]["instructions"]>[number];
type Native = NonNullable<ProgramNativeData["program"]["native"]>[number];
type Source = Instruction["source"];

const lineOf = (source: Source): string | null => source && `${source.file}:${source.line}`;

interface Lit { lit: string | null; light: (line: string | null) => void }

/** Source lines that instructions came from, by file, each once, in order. */
function sourceFiles(instructions: Instruction[]): [string, { line: number; text: string }[]][] {
  const files = new Map<string, Map<number, string>>();
  for (const { source } of instructions) {
    if (!source) continue;
    const lines = files.get(source.file) ?? new Map<number, string>();
    lines.set(source.line, source.text);
    files.set(source.file, lines);
  }
  return [...files].map(([file, lines]) =>
    [file, [...lines].map(([line, text]) => ({ line, text })).sort((a, b) => a.line - b.line)]);
}

function SourcePane({ instructions, lit, light }: { instructions: Instruction[] } & Lit) {
  const files = useMemo(() => sourceFiles(instructions), [instructions]);
  return (
    <section class="listing" aria-label="Source" tabIndex={0}>
      {files.map(([file, lines]) => (
        <div key={file}>
          <h3 class="mono" title={file}>{file.split("/").pop()}</h3>
          {lines.map(({ line, text }) => {
            const key = `${file}:${line}`;
            return (
              <div key={line} class={`code-line${lit === key ? " lit" : ""}`}
                onMouseEnter={() => light(key)} onClick={() => light(key)}>
                <span class="at">{line}</span><span class="text">{text}</span>
              </div>
            );
          })}
        </div>
      ))}
    </section>
  );
}

function BytecodePane({ code, bytes, lit, light }: {
  code: ProgramCodeData["program"]; bytes: boolean;
} & Lit) {
  const heads = new Map((code.functions ?? []).map((f) => [f.start, f.name]));
  const targets = new Set((code.instructions ?? []).map(({ target }) => target));
  return (
    <section class="listing" aria-label="Bytecode" tabIndex={0}>
      {(code.instructions ?? []).map((instruction) => {
        const { index, target } = instruction;
        const line = lineOf(instruction.source);
        return (
          <div key={index}>
            {heads.get(index) && <h3 class="mono">{heads.get(index)}</h3>}
            <div id={`insn-${index}`} class={`code-line${line && lit === line ? " lit" : ""}`}
              onMouseEnter={() => light(line)}>
              <span class={`at${targets.has(index) ? " target" : ""}`}>{index}</span>
              {bytes && <span class="bytes">{instruction.bytes}</span>}
              <span class="text">
                {instruction.text}
                {target !== null && <a href={`#insn-${target}`}> → {target}</a>}
                {instruction.map && <a href={`/maps/${instruction.map.id}`}> map {instruction.map.id}</a>}
                {instruction.variable && <span class="note"> {instruction.variable}</span>}
              </span>
            </div>
          </div>
        );
      })}
    </section>
  );
}

function NativePane({ functions, bytes, lit, light }: { functions: Native[]; bytes: boolean } & Lit) {
  return (
    <section class="listing" aria-label="Native code" tabIndex={0}>
      {functions.map((native) => (
        <div key={native.address}>
          <h3 class="mono">{native.name} <span class="dim">{native.address}</span></h3>
          {native.instructions.map((instruction) => {
            const line = lineOf(instruction.source);
            return (
              <div key={instruction.offset} onMouseEnter={() => light(line)}
                class={`code-line${line && lit === line ? " lit" : ""}`}>
                <span class="at">{instruction.offset.toString(16)}</span>
                {bytes && <span class="bytes">{instruction.bytes}</span>}
                <span class="text">{instruction.text}
                  {instruction.symbol && <span class="note"> {instruction.symbol}</span>}</span>
              </div>
            );
          })}
        </div>
      ))}
    </section>
  );
}

const asText = (code: ProgramCodeData["program"]) =>
  (code.instructions ?? []).map(({ index, text }) => `${index}: ${text}`).join("\n") + "\n";

const panes = ["all", "source", "bytecode", "native"] as const;
const paneText = [["all", "All"], ["source", "Source"], ["bytecode", "Bytecode"], ["native", "Native"]] as const;

export function Code({ id }: { id: number }) {
  const pane = oneOf("pane", panes);
  const syntax = oneOf("syntax", ["ATT", "INTEL"] as const);
  const bytes = oneOf("bytes", ["off", "on"] as const) === "on";
  const [lit, light] = useState<string | null>(null);
  const result = useQuery(ProgramCode, { id });
  const native = useQuery(ProgramNative, { id, syntax });
  const functions = native.data?.program.native ?? [];
  const shows = (name: string) => pane === "all" || pane === name;
  return (
    <Answer result={result} lines={14}>
      {({ program: code }) => {
        const instructions = code.instructions ?? [];
        if (!instructions.length) {
          return <Empty title="The kernel does not show us its code" icon="program">
            <p>{result.partial[0]?.message ?? "Reading it takes CAP_SYS_ADMIN, and kernel.kptr_restrict may hide it."}</p>
          </Empty>;
        }
        const sourced = instructions.some(({ source }) => source);
        return (
          <>
            <div class="bar">
              <Choice label="What to show" words={paneText} chosen={pane}
                choose={(word) => setParams({ pane: word === "all" ? null : word })} />
              <Pick label="Assembler" value={syntax} options={[["ATT", "AT&T"], ["INTEL", "Intel"]]}
                choose={(word) => setParams({ syntax: word === "ATT" ? null : word })} />
              <label class="check"><input type="checkbox" checked={bytes}
                onChange={(event) => setParams({ bytes: event.currentTarget.checked ? "on" : null })} />
                bytes</label>
              <span class="end">
                {count(instructions.length)} instructions
                <Copy text={() => asText(code)} />
                <button class="plain" onClick={() => download(`prog_${id}.bpf.txt`, asText(code))}>
                  <Icon name="save" />Download</button>
                <ShowQuery doc={ProgramCode} variables={{ id }} />
              </span>
            </div>
            <div class="listings grow" onMouseLeave={() => light(null)}>
              {shows("source") && (sourced
                ? <SourcePane instructions={instructions} lit={lit} light={light} />
                : pane === "source" && <Empty title="It has no source lines" icon="btf">
                    <p>They come with BTF: compile with <code>clang -g</code>.</p></Empty>)}
              {shows("bytecode") && <BytecodePane code={code} bytes={bytes} lit={lit} light={light} />}
              {shows("native") && (functions.length
                ? <NativePane functions={functions} bytes={bytes} lit={lit} light={light} />
                : native.loading ? <Loading />
                : pane === "native" && (native.error
                  ? <Failure message={native.error.message} />
                  : <Empty title="No native code" icon="program">
                      <p>{native.partial[0]?.message ?? "The just-in-time compiler is off, or addresses are hidden."}</p></Empty>))}
            </div>
          </>
        );
      }}
    </Answer>
  );
}
