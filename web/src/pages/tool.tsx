// One tool: its parameters, and what it shows while it runs: a live table, histograms with their
// course over time, or a flame graph.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import {
  StartTool, StopTool, ToolEvents, Tools, type Json, type ToolsData,
} from "@gen/queries";
import { run } from "../lib/api";
import { csvOf, type Fields } from "../lib/export";
import { count, plural } from "../lib/format";
import { useQuery, useSubscription } from "../lib/hooks";
import { params, setParams } from "../lib/router";
import { start } from "../lib/store";
import { Card, Choice, Copy, Head, ShowQuery, download } from "../parts/bits";
import { Histograms, type Histogram } from "../parts/histogram";
import { Icon } from "../parts/icon";
import { Answer, Empty, Failure } from "../parts/states";
import { Table, type Column } from "../parts/table";
import { tokenOpen } from "../parts/token";
import { FlameGraph, type Stack } from "../views/flame";
import { HeatDrawing, useGrowth } from "../views/heat";
import { State } from "./tools";

type Tool = ToolsData["tools"][number];
type Row = Record<string, unknown> & { at: number };

const kept = 5000;

const shown = (value: unknown): string =>
  value === null || value === undefined ? "" : typeof value === "object"
    ? JSON.stringify(value) : String(value);

/** What was typed into the form, as startTool takes it: nothing for what is empty. */
function given(tool: Tool, form: Record<string, string | boolean>): Record<string, Json> {
  const values: Record<string, Json> = {};
  for (const { name, type } of tool.params) {
    const value = form[name];
    if (value === undefined || value === "" || value === false) continue;
    values[name] = type === "integer" || type === "number" ? Number(value) : value;
  }
  return values;
}

function Form({ tool, changed }: { tool: Tool; changed: () => void }) {
  const [form, setForm] = useState<Record<string, string | boolean>>({});
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const writes = start.value?.health.canWrite;
  const put = (name: string, value: string | boolean) => setForm({ ...form, [name]: value });
  const act = async (work: () => Promise<string | null>) => {
    setBusy(true);
    try {
      setError(await work());
    } catch (problem) {
      setError((problem as Error).message);
    }
    setBusy(false);
    changed();
  };
  const begin = () => act(async () => (await run(StartTool,
    { name: tool.name, params: given(tool, form) })).data.startTool.error);
  const end = () => act(async () => (await run(StopTool, { name: tool.name })).data.stopTool.error);
  return (
    <form class="tool-form" onSubmit={(event) => { event.preventDefault(); void begin(); }}>
      {tool.params.map(({ name, type, help, default: preset, choices }) => type === "flag"
        ? <label class="flag" key={name} title={help ?? ""}>
            <input type="checkbox" checked={form[name] === true}
              onChange={(event) => put(name, event.currentTarget.checked)} />{name}</label>
        : <label key={name} title={help ?? ""}>{name}
            {choices
              ? <select value={String(form[name] ?? "")}
                  onChange={(event) => put(name, event.currentTarget.value)}>
                  <option value="">{preset === null ? "any" : shown(preset)}</option>
                  {choices.map((choice) => <option key={choice}>{choice}</option>)}
                </select>
              : <input type={type === "text" ? "text" : "number"} step="any" spellcheck={false}
                  placeholder={shown(preset)} value={String(form[name] ?? "")}
                  onInput={(event) => put(name, event.currentTarget.value)} />}
          </label>)}
      {writes
        ? <>
            <button class="primary" type="submit" disabled={busy}>
              <Icon name="play" />{tool.running ? "Start anew" : "Start"}</button>
            {tool.running && <button type="button" disabled={busy} onClick={() => void end()}>
              <Icon name="close" />Stop</button>}
          </>
        : <button type="button" onClick={() => { tokenOpen.value = true; }}>
            <Icon name="key" />Enter the token to start it</button>}
      {error && <p class="bad" role="alert">{error}</p>}
    </form>
  );
}

/** The rows as they come: events are kept, of other tools the newest look counts. */
function useRows(tool: Tool, paused: boolean) {
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [lost, setLost] = useState<number | null>(null);
  const [skipped, setSkipped] = useState(0);
  const [error, setError] = useState<string | undefined>(undefined);
  const next = useRef(0);
  useSubscription(ToolEvents, { name: tool.name }, ({ toolEvents }) => {
    const fresh = (toolEvents.rows as Record<string, unknown>[])
      .map((row) => ({ ...row, at: next.current++ }));
    setLost(toolEvents.lost);
    setSkipped((old) => (tool.view === "events" ? old : 0) + toolEvents.skipped);
    setError(undefined);
    if (tool.view === "events") setRows((old) => [...fresh.reverse(), ...old].slice(0, kept));
    else setRows(fresh);
  }, { skip: paused || !tool.running, failed: (problem) => setError(problem.message) });
  return { rows, lost, skipped, error, clear: () => { setRows([]); setSkipped(0); } };
}

const columnsOf = (tool: Tool): Column<Row>[] => tool.columns.map(({ name, title }, at) => ({
  id: name, title, mono: true, least: at === tool.columns.length - 1 ? 200 : 90,
  grow: at === tool.columns.length - 1 ? 4 : 1, cell: (row) => shown(row[name]),
  ...(tool.view === "events" ? {} : { value: (row: Row) => row[name] }),
}));

function histogramsOf(rows: readonly Row[]): Histogram[] {
  const byLabel = new Map<string, Histogram>();
  for (const row of rows) {
    const key = shown(row.label);
    const one = byLabel.get(key)
      ?? { label: key || null, unit: row.unit ? String(row.unit) : null, buckets: [] };
    byLabel.set(key, one);
    one.buckets.push({ from: Number(row.low), to: Number(row.high), count: Number(row.count) });
  }
  for (const one of byLabel.values()) {
    const first = one.buckets.findIndex(({ count: n }) => n > 0);
    const last = one.buckets.findLastIndex(({ count: n }) => n > 0);
    one.buckets = one.buckets.slice(Math.max(0, first), last + 1);
  }
  return [...byLabel.values()];
}

function HistogramView({ rows }: { rows: readonly Row[] }) {
  const [view, setView] = useState<"BARS" | "HEAT">("BARS");
  const { columns, order, take } = useGrowth();
  const list = useMemo(() => histogramsOf(rows), [rows]);
  useEffect(() => { if (rows.length) take(list.flatMap(({ buckets }) => buckets)); }, [list]);
  return (
    <>
      <div class="bar"><Choice label="Drawing" chosen={view} choose={setView}
        words={[["BARS", "Histogram"], ["HEAT", "Over time"]] as const} /></div>
      {view === "BARS" ? <Histograms list={list} />
        : order.length === 0 ? <Empty title="Nothing was counted yet" icon="exports" />
          : <Card title="Counts a second, all together">
              <HeatDrawing columns={columns} order={order} /></Card>}
    </>
  );
}

function stacksOf(tool: Tool, rows: readonly Row[]): Stack[] {
  const [stack, value] = tool.columns.map(({ name }) => name);
  return rows.map((row) => ({
    names: shown(row[stack ?? "stack"]).split(";"), value: Number(row[value ?? "count"] ?? 0),
  }));
}

function Flames({ tool, rows }: { tool: Tool; rows: readonly Row[] }) {
  const stacks = useMemo(() => stacksOf(tool, rows), [rows]);
  return <Card title="Flame graph: click a frame to look at it alone">
    <FlameGraph stacks={stacks} /></Card>;
}

function Rows({ tool, rows }: { tool: Tool; rows: readonly Row[] }) {
  const columns = useMemo(() => columnsOf(tool), [tool.name]);
  const wanted = (params.value.get("q") ?? "").toLowerCase();
  const some = wanted
    ? rows.filter((row) => tool.columns.some(({ name }) =>
      shown(row[name]).toLowerCase().includes(wanted)))
    : rows;
  return (
    <Table className="grow" label={tool.name} rows={some} columns={columns}
      rowKey={(row) => row.at}
      empty={<Empty title={rows.length ? "No row has this text" : "Nothing yet"} icon="tool">
        <p>{tool.help}</p></Empty>} />
  );
}

function Running({ tool }: { tool: Tool }) {
  const [paused, setPaused] = useState(false);
  const { rows, lost, skipped, error, clear } = useRows(tool, paused);
  const tabled = tool.view === "events" || tool.view === "table";
  const fields: Fields<Row> = tool.columns.map(({ name }) => [name, (row: Row) => row[name]]);
  const folded = () => stacksOf(tool, rows)
    .map(({ names, value }) => `${names.join(";")} ${value}`).join("\n") + "\n";
  const text = () => tool.view === "folded" ? folded()
    : rows.map(({ at: _, ...row }) => JSON.stringify(row)).join("\n") + "\n";
  return (
    <>
      <div class="bar">
        {tabled && <input type="search" value={params.value.get("q") ?? ""} spellcheck={false}
          placeholder="Only rows with this text" aria-label="Only rows with this text"
          onInput={(event) => setParams({ q: event.currentTarget.value })} />}
        <button aria-pressed={paused} onClick={() => setPaused(!paused)}>
          <Icon name={paused ? "play" : "pause"} />{paused ? "Go on" : "Pause"}</button>
        {tool.view === "events" && <button onClick={clear}><Icon name="trash" />Clear</button>}
        <span class="end">{plural(rows.length, "rows")}
          {skipped > 0 && <span class="dim" title="More came at once than can be shown">
            , {count(skipped)} not shown</span>}
          {lost ? <span class="bad">, {count(lost)} lost</span> : null}
          <Copy text={text} />
          <button class="plain" onClick={() => download(`${tool.name}.${
            tool.view === "folded" ? "folded" : "ndjson"}`, text())}>
            <Icon name="save" />Save</button>
          {tabled && <button class="plain" onClick={() =>
            download(`${tool.name}.csv`, csvOf(rows, fields), "text/csv")}>CSV</button>}
        </span>
      </div>
      {error && <Failure message={error} />}
      {tool.view === "histogram" ? <HistogramView rows={rows} />
        : tool.view === "folded" ? <Flames tool={tool} rows={rows} />
          : <Rows tool={tool} rows={rows} />}
    </>
  );
}

export function ToolPage({ id }: { id: string }) {
  const result = useQuery(Tools, {}, { kinds: ["PROGRAM"] });
  const tool = result.data?.tools.find(({ name }) => name === id);
  return (
    <div class="page fill">
      <Head title={id} mono crumbs={[["Tools", "/tools"]]}
        actions={<ShowQuery doc={ToolEvents} variables={{ name: id }} />}>
        {tool && <State tool={tool} />}
      </Head>
      <Answer result={result}>
        {() => tool
          ? <>
              <p class="lead">{tool.help}</p>
              <Form tool={tool} changed={result.reload} />
              {tool.error && !tool.running && <Failure message={tool.error} />}
              {tool.running
                ? <Running tool={tool} key={String(tool.since)} />
                : <Empty title="It does not run" icon="tool">
                    <p>Start it here, with <code>serve --tool {id}</code>, or in a shell:{" "}
                      <code>lunette tool {id}</code>.</p></Empty>}
            </>
          : <Empty title={`There is no tool ${id}`} icon="tool">
              <p><a href="/tools">All tools</a></p></Empty>}
      </Answer>
    </div>
  );
}
