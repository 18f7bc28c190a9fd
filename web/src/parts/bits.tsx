// Small components: headings, cards, figures, tags, times, copy buttons.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { now } from "../lib/clock";
import { ago, exactTime, percent } from "../lib/format";
import { Icon } from "./icon";

export function Head({ title, mono, crumbs, children, actions }: {
  title: string; mono?: boolean; crumbs?: [string, string][];
  children?: ComponentChildren; actions?: ComponentChildren;
}) {
  return (
    <header class="head">
      {crumbs && (
        <nav class="crumb" aria-label="Path">
          {crumbs.map(([text, href]) => <span key={href}><a href={href}>{text}</a> /</span>)}
        </nav>
      )}
      <h1 class={mono ? "name" : ""}>{title}</h1>
      {children}
      {actions && <div class="actions">{actions}</div>}
    </header>
  );
}

export function Card({ title, end, children, wide, bare }: {
  title?: ComponentChildren; end?: ComponentChildren; children: ComponentChildren;
  wide?: boolean; bare?: boolean;
}) {
  return (
    <section class={`card${wide ? " wide" : ""}`}>
      {title && <header><h2>{title}</h2>{end && <div class="end">{end}</div>}</header>}
      {bare ? children : <div class="body">{children}</div>}
    </section>
  );
}

export const Figures = ({ children }: { children: ComponentChildren }) => (
  <div class="figures">{children}</div>
);

export function Figure({ label, value, unit, note, title }: {
  label: string; value: ComponentChildren; unit?: string; note?: ComponentChildren; title?: string;
}) {
  return (
    <div class="figure" title={title}>
      <div class="label">{label}</div>
      <div class="value">{value}{unit && <small>{unit}</small>}</div>
      {note !== undefined && <div class="note clip">{note}</div>}
    </div>
  );
}

/** A value whose last word is its unit: "1.25 µs". */
export function split(text: string): { value: string; unit?: string } {
  const at = text.lastIndexOf(" ");
  return at < 0 ? { value: text } : { value: text.slice(0, at), unit: text.slice(at + 1) };
}

const families: [RegExp, string][] = [
  [/kprobe|tracepoint|tracing|perf_event|raw_trace|lsm|ext|syscall/i, "s1"],
  [/xdp|sched|sk_|sock|flow|lwt|netfilter|lirc/i, "s3"],
  [/cgroup/i, "s5"],
  [/struct_ops/i, "s4"],
  [/hash/i, "s6"],
  [/array/i, "s2"],
  [/ring|queue|stack|bloom|arena/i, "s8"],
  [/storage/i, "s4"],
  [/trie/i, "s9"],
];

/** The colour of a type's family; the type's name says the same in words. */
export const familyTone = (type: string): string =>
  families.find(([pattern]) => pattern.test(type))?.[1] ?? "s10";

export const TypeTag = ({ type, map }: { type: string; map?: boolean }) => (
  <span class={`tag${map ? " map" : ""}`} style={{ "--tone": `var(--${familyTone(type)})` }}>
    {type}
  </span>
);

export const Ago = ({ time }: { time: number | null | undefined }) =>
  time === null || time === undefined
    ? <None />
    : <time title={exactTime(time)}>{ago(time, now.value)}</time>;

/** Stands for a missing value. */
export const None = () => <span class="dim">–</span>;

export const MapLink = ({ map }: { map: { id: number; name: string | null } }) => (
  <a href={`/maps/${map.id}`} class="mono">{map.name || `map ${map.id}`}</a>
);
export const ProgramLink = ({ program }: { program: { id: number; name: string | null } }) => (
  <a href={`/programs/${program.id}`} class="mono">{program.name || `program ${program.id}`}</a>
);

/** Processes, each once: bpftrace (1234). */
export function Owners({ owners, most = 3 }: {
  owners: { pid: number; comm: string }[]; most?: number;
}) {
  const once = [...new Map(owners.map((owner) => [owner.pid, owner])).values()];
  if (!once.length) return <None />;
  return (
    <>
      {once.slice(0, most).map(({ pid, comm }, at) => (
        <span key={pid}>
          {at > 0 && ", "}
          <a href={`/owners/${pid}`} title={`process ${pid}`}>{comm}</a>
        </span>
      ))}
      {once.length > most && <span class="dim"> +{once.length - most}</span>}
    </>
  );
}

async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

export function Copy({ text, label = "Copy" }: { text: string | (() => string); label?: string }) {
  const [done, setDone] = useState(false);
  const click = async () => {
    await copyText(typeof text === "string" ? text : text());
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <button class={`plain${done ? " copied" : ""}`} onClick={click} aria-live="polite">
      <Icon name={done ? "check" : "copy"} />{done ? "Copied" : label}
    </button>
  );
}

export function download(name: string, text: string, type = "text/plain"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Opens a view's query in GraphiQL. */
export function ShowQuery({ doc, variables }: { doc: { text: string }; variables: unknown }) {
  const address = new URLSearchParams({ query: doc.text });
  address.set("variables", JSON.stringify(variables, null, 2));
  return (
    <a class="button" href={`/graphiql?${address}`} target="_blank" rel="noreferrer"
      title="Open the query behind this view in GraphiQL">
      <Icon name="query" />Query
    </a>
  );
}

export function Meter({ share, colour = "s1", label }: {
  share: number; colour?: string; label: string;
}) {
  const width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return (
    <span class="meter" role="img" aria-label={`${label}: ${percent(share)}`}>
      <i style={{ width, "--tone": `var(--${share > 0.9 ? "bad" : colour})` }} />
    </span>
  );
}

export function Choice<Word extends string>({ words, chosen, choose, label }: {
  words: readonly (readonly [Word, string])[]; chosen: Word; choose: (word: Word) => void;
  label: string;
}) {
  return (
    <span class="choice" role="group" aria-label={label}>
      {words.map(([word, text]) => (
        <button key={word} aria-pressed={word === chosen} onClick={() => choose(word)}>
          {text}
        </button>
      ))}
    </span>
  );
}

export function Pick({ label, value, options, choose }: {
  label: string; value: string; options: readonly (readonly [string, string])[];
  choose: (value: string) => void;
}) {
  return (
    <label class="pick">
      {label}
      <select value={value} aria-label={label}
        onChange={(event) => choose(event.currentTarget.value)}>
        {options.map(([id, text]) => <option key={id} value={id}>{text}</option>)}
      </select>
    </label>
  );
}
