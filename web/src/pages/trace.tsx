// bpf_printk output of programs, live: can be paused, filtered, copied.

import { useRef, useState } from "preact/hooks";
import { TraceLog, type TraceLogData } from "@gen/queries";
import { plural } from "../lib/format";
import { useSubscription } from "../lib/hooks";
import { params, setParams } from "../lib/router";
import { Copy, Head, ShowQuery, download } from "../parts/bits";
import { Icon } from "../parts/icon";
import { Empty, Failure } from "../parts/states";
import { Table, type Column } from "../parts/table";

type Line = TraceLogData["traceLog"][number] & { at: number };

const kept = 5000;

const columns: Column<Line>[] = [
  { id: "time", title: "Time", least: 112, end: true, hint: "Seconds by the trace clock",
    cell: (row) => row.time?.toFixed(6) ?? "–" },
  { id: "task", title: "Process", least: 150, wideOnly: true,
    cell: (row) => <>{row.task} <span class="dim">{row.pid}</span></> },
  { id: "cpu", title: "CPU", least: 56, end: true, wideOnly: true, cell: (row) => row.cpu },
  { id: "text", title: "Text", least: 220, grow: 4, mono: true,
    cell: (row) => <span title={row.text}>{row.text}</span> },
];

const asText = (lines: readonly Line[]) =>
  lines.map(({ time, task, pid, text }) =>
    `${time?.toFixed(6) ?? ""} ${task ?? ""}-${pid ?? ""}: ${text}`)
    .join("\n") + "\n";

export function Trace() {
  const search = params.value.get("q") ?? "";
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [paused, setPaused] = useState(false);
  const [error, setError] = useState<string | undefined>(undefined);
  const next = useRef(0);
  const wish = { search: search || null };
  useSubscription(TraceLog, wish, ({ traceLog }) => {
    const fresh = traceLog.map((line) => ({ ...line, at: next.current++ })).reverse();
    setLines((old) => [...fresh, ...old].slice(0, kept));
    setError(undefined);
  }, { skip: paused, failed: (problem) => setError(problem.message) });
  const all = () => asText([...lines].reverse());
  return (
    <div class="page fill">
      <Head title="Trace log" actions={<ShowQuery doc={TraceLog} variables={wish} />} />
      <div class="bar">
        <input type="search" value={search} spellcheck={false}
          placeholder="Only lines with this text" aria-label="Only lines with this text"
          onChange={(event) => setParams({ q: event.currentTarget.value })} />
        <button aria-pressed={paused} onClick={() => setPaused(!paused)}>
          <Icon name={paused ? "play" : "pause"} />{paused ? "Go on" : "Pause"}
        </button>
        <button onClick={() => setLines([])}><Icon name="trash" />Clear</button>
        <span class="end">{plural(lines.length, "lines")}
          <Copy text={all} />
          <button class="plain" onClick={() => download("trace.txt", all())}>
            <Icon name="save" />Download</button></span>
      </div>
      {error && <Failure message={error} />}
      <Table className="grow" label="Trace log" rows={lines} columns={columns}
        rowKey={(row) => row.at}
        empty={<Empty title={paused ? "Paused" : "Listening"} icon="trace">
          <p>Lines that programs write with <code>bpf_printk</code> appear here, the newest first.
            The kernel gives each line to one reader only.</p></Empty>} />
    </div>
  );
}
