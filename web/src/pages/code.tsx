// Source, bytecode and native code side by side: corresponding lines are highlighted together, and
// each line's share of the time is shown.

import { useMemo, useState } from "preact/hooks";
import {
  HotSpots, ProgramCode, ProgramNative, type HotSpotsData, type ProgramCodeData,
  type ProgramNativeData,
} from "@gen/queries";
import { count } from "../lib/format";
import { useQuery, useSubscription } from "../lib/hooks";
import { oneOf, params, setParams } from "../lib/router";
import { Choice, Pick, ShowQuery } from "../parts/bits";
import { Answer, Empty, Failure, Loading } from "../parts/states";
import { Pane, type Line, type Lit } from "./code_pane";

type Code = ProgramCodeData["program"];
type Instruction = NonNullable<Code["instructions"]>[number];
type Native = NonNullable<ProgramNativeData["program"]["native"]>[number];
type Spots = HotSpotsData["hotSpots"];

const sourceOf = ({ source }: { source: Instruction["source"] }): string | null =>
  source && `${source.file}:${source.line}`;

const base = (file: string): string => file.split("/").pop() ?? file;

/** Source lines with instructions, by file, each once, in order. */
function sourceFiles(instructions: readonly Instruction[]): Map<string, Map<number, string>> {
  const files = new Map<string, Map<number, string>>();
  for (const { source } of instructions) {
    if (!source) continue;
    const lines = files.get(source.file) ?? new Map<number, string>();
    lines.set(source.line, source.text);
    files.set(source.file, lines);
  }
  return files;
}

function sourceLines(instructions: readonly Instruction[], spots: Spots | undefined): Line[] {
  const heat = new Map(spots?.lines.map((line) =>
    [`${line.file}:${line.line}`, line.samples / spots.samples]));
  return [...sourceFiles(instructions)].flatMap(([file, lines]) =>
    [...lines].sort(([a], [b]) => a - b).map(([line, text], n): Line => {
      const source = `${file}:${line}`;
      return { source, at: line, text, heat: heat.get(source),
        ...(n === 0 ? { head: <span title={file}>{base(file)}</span> } : {}) };
    }));
}

function byteLines({ functions, instructions }: Code, bytes: boolean): Line[] {
  const heads = new Map((functions ?? []).map(({ start, name }) => [start, name]));
  const targets = new Set((instructions ?? []).map(({ target }) => target));
  return (instructions ?? []).map((instruction): Line => {
    const { index, target, map, variable, text } = instruction;
    return {
      source: sourceOf(instruction), at: index, target: targets.has(index), id: `insn-${index}`,
      bytes: bytes ? instruction.bytes : undefined, head: heads.get(index),
      text: (
        <>
          {text}
          {target !== null && <a href={`#insn-${target}`}> → {target}</a>}
          {map && <a href={`/maps/${map.id}`}> map {map.id}</a>}
          {variable && <span class="note"> {variable}</span>}
        </>
      ),
    };
  });
}

function nativeLines(
  functions: readonly Native[], bytes: boolean, spots: Spots | undefined,
): Line[] {
  const heat = new Map(spots?.instructions.map((one) =>
    [`${one.function} ${one.offset}`, one.samples / spots.samples]));
  return functions.flatMap(({ name, address, instructions }) =>
    instructions.map((instruction, n): Line => ({
      source: sourceOf(instruction), at: instruction.offset.toString(16),
      bytes: bytes ? instruction.bytes : undefined,
      heat: heat.get(`${name} ${instruction.offset}`),
      text: <>{instruction.text}
        {instruction.symbol && <span class="note"> {instruction.symbol}</span>}</>,
      ...(n === 0 ? { head: <>{name} <span class="dim">{address}</span></> } : {}),
    })));
}

const sourceText = (instructions: readonly Instruction[]): string =>
  [...sourceFiles(instructions)].map(([file, lines]) => [`// ${file}`,
    ...[...lines].sort(([a], [b]) => a - b).map(([line, text]) => `${line}\t${text}`)].join("\n"))
    .join("\n\n") + "\n";

const byteText = (instructions: readonly Instruction[]): string =>
  instructions.map(({ index, text }) => `${index}: ${text}`).join("\n") + "\n";

const nativeText = (functions: readonly Native[]): string =>
  functions.map(({ name, address, instructions }) => [`${name}: # ${address}`,
    ...instructions.map(({ offset, text, symbol }) =>
      `${offset.toString(16)}:\t${text}${symbol ? ` # ${symbol}` : ""}`)].join("\n"))
    .join("\n\n") + "\n";

const panes = ["all", "source", "bytecode", "native"] as const;
const paneText = [
  ["all", "All"], ["source", "Source"], ["bytecode", "Bytecode"], ["native", "Native"],
] as const;

/** The highlighted line; a selected one is in the address. */
function useLit(): Lit {
  const [over, hover] = useState<string | null>(null);
  const [by, setBy] = useState("");
  return {
    over, hover, by, chosen: params.value.get("line"),
    choose: (source, from) => {
      setBy(from);
      setParams({ line: source });
    },
  };
}

/** Each line's share of the time, while that is shown. */
function useSpots(id: number, on: boolean): { spots: Spots | undefined; why: string | undefined } {
  const [spots, setSpots] = useState<Spots | undefined>(undefined);
  const [failed, setFailed] = useState<string | undefined>(undefined);
  useSubscription(HotSpots, { id }, (data) => setSpots(data.hotSpots),
    { skip: !on, failed: (problem) => setFailed(problem.message) });
  return {
    spots: on && spots?.samples ? spots : undefined, why: failed ?? spots?.error ?? undefined,
  };
}

const NoNative = ({ native }: { native: ReturnType<typeof useNative> }) =>
  native.loading ? <Loading />
    : native.error ? <Failure message={native.error.message} />
    : (
      <Empty title="No native code" icon="program">
        <p>{native.partial[0]?.message ??
          "The just-in-time compiler is off, or addresses are hidden."}</p>
      </Empty>
    );

const useNative = (id: number, syntax: "ATT" | "INTEL") => useQuery(ProgramNative, { id, syntax });

function Listings({ id, code, pane, bytes, native, warm, spots }: {
  id: number; code: Code; pane: string; bytes: boolean; native: ReturnType<typeof useNative>;
  warm: boolean; spots: Spots | undefined;
}) {
  const lit = useLit();
  const instructions = code.instructions ?? [];
  const functions = native.data?.program.native ?? [];
  const shows = (name: string) => pane === "all" || pane === name;
  const source = useMemo(() => sourceLines(instructions, spots), [code, spots]);
  const bytecode = useMemo(() => byteLines(code, bytes), [code, bytes]);
  const machine = useMemo(() => nativeLines(functions, bytes, spots), [native.data, bytes, spots]);
  return (
    <div class="listings grow" onMouseLeave={() => lit.hover(null)}>
      {shows("source") && (source.length
        ? <Pane name="source" title="Source" lines={source} lit={lit} warm={warm}
            asText={() => sourceText(instructions)} file={`prog_${id}.source.txt`} />
        : pane === "source" && (
          <Empty title="It has no source lines" icon="btf">
            <p>They come with BTF: compile with <code>clang -g</code>.</p></Empty>
        ))}
      {shows("bytecode") && (
        <Pane name="bytecode" title="Bytecode" lines={bytecode} lit={lit} warm={false}
          asText={() => byteText(instructions)} file={`prog_${id}.bpf.txt`} />
      )}
      {shows("native") && (machine.length
        ? <Pane name="native" title="Native code" lines={machine} lit={lit} warm={warm}
            asText={() => nativeText(functions)} file={`prog_${id}.asm.txt`} />
        : (pane === "native" || native.loading) && <NoNative native={native} />)}
    </div>
  );
}

const onOff = ["off", "on"] as const;

function Check({ name, title, children }: { name: string; title?: string; children: string }) {
  return (
    <label class="check" title={title}>
      <input type="checkbox" checked={oneOf(name, onOff) === "on"}
        onChange={(event) => setParams({ [name]: event.currentTarget.checked ? "on" : null })} />
      {children}
    </label>
  );
}

export function Code({ id }: { id: number }) {
  const pane = oneOf("pane", panes);
  const syntax = oneOf("syntax", ["ATT", "INTEL"] as const);
  const warm = oneOf("heat", onOff) === "on";
  const result = useQuery(ProgramCode, { id });
  const native = useNative(id, syntax);
  const { spots, why } = useSpots(id, warm);
  return (
    <Answer result={result} lines={14}>
      {({ program: code }) => {
        const instructions = code.instructions ?? [];
        if (!instructions.length) {
          return <Empty title="The kernel does not show this program's code" icon="program">
            <p>{result.partial[0]?.message ??
              "Reading it takes CAP_SYS_ADMIN, and kernel.kptr_restrict may hide it."}</p>
          </Empty>;
        }
        return (
          <>
            <div class="bar">
              <Choice label="Show" words={paneText} chosen={pane}
                choose={(word) => setParams({ pane: word === "all" ? null : word })} />
              <Pick label="Assembler" value={syntax} options={[["ATT", "AT&T"], ["INTEL", "Intel"]]}
                choose={(word) => setParams({ syntax: word === "ATT" ? null : word })} />
              <Check name="bytes">bytes</Check>
              <Check name="heat" title="Share of the samples that fall on each line, in percent">
                hot lines</Check>
              <span class="end">
                {warm && (why ?? (spots ? `${count(spots.samples)} samples` : "sampling…"))}
                {!warm && `${count(instructions.length)} instructions`}
                <ShowQuery doc={ProgramCode} variables={{ id }} />
              </span>
            </div>
            <Listings id={id} code={code} pane={pane} bytes={oneOf("bytes", onOff) === "on"}
              native={native} warm={warm} spots={spots} />
          </>
        );
      }}
    </Answer>
  );
}
