// Metrics exported to Prometheus, by rule: samples, cost, errors, and the last scrapes.

import { useEffect, useMemo } from "preact/hooks";
import { MetricHistory, MetricRules, type MetricRulesData } from "@gen/queries";
import type { Fields } from "../lib/export";
import { count, duration, exactTime } from "../lib/format";
import { useLive, useQuery } from "../lib/hooks";
import { joined, missed, type Pass } from "../lib/passes";
import { Figure, Figures, Head, MapLink, None, ShowQuery, split } from "../parts/bits";
import { Spark } from "../parts/chart";
import { Save } from "../parts/save";
import { Answer, Empty, Failure } from "../parts/states";
import { Table, type Column } from "../parts/table";

type Rule = MetricRulesData["metricRules"][number];
type Row = Rule & { trail: readonly Pass[] };

/** The number of passes in each event: MetricRules requests as many. */
const told = 8;

/** The known passes of each rule, so that charts continue after leaving the page. */
let known: ReadonlyMap<string, readonly Pass[]> = new Map();

/** The rules with their passes: stored ones and new ones. */
function useRules() {
  const result = useLive(MetricRules, {});
  const past = useQuery(MetricHistory, {});
  const rules = result.data?.metricRules;
  const kept = past.data?.metricRules;
  const rows = useMemo((): Row[] => {
    const before = new Map(kept?.map(({ name, history }) => [name, history]));
    return (rules ?? []).map((rule) => ({
      ...rule,
      trail: joined(joined(known.get(rule.name) ?? [], before.get(rule.name) ?? []), rule.history),
    }));
  }, [rules, kept]);
  useEffect(() => {
    if (rows.some(({ name, history }) => missed(known.get(name) ?? [], history, told))) {
      past.reload();
    }
    known = new Map(rows.map(({ name, trail }) => [name, trail]));
  }, [rows]);
  return { result, rows };
}

/** A small chart of a rule's passes, with the largest and the last one as a tooltip. */
function Trail({ row, pick, label, format, tone = "s1" }: {
  row: Row; pick: (pass: Pass) => number; label: string; format: (value: number) => string;
  tone?: string;
}) {
  const values = row.trail.map(pick);
  if (values.length < 2) return null;
  const words = `${label} of ${values.length} scrapes: ${format(Math.min(...values))} to ` +
    `${format(Math.max(...values))}, since ${exactTime(row.trail[0]!.time)}`;
  return <span title={words}><Spark values={values} width={76} height={18} label={words}
    tone={tone} /></span>;
}

const columns: Column<Row>[] = [
  { id: "name", title: "Metric", least: 116, grow: 3, mono: true, value: (row) => row.name,
    cell: (row) => <span title={row.help ?? ""}>{row.name}</span> },
  { id: "type", title: "Type", least: 94, wideOnly: true, value: (row) => row.type,
    cell: (row) => row.type },
  { id: "samples", title: "Samples", least: 82, end: true, value: (row) => row.samples,
    cell: (row) => (row.duration === null ? <None /> : count(row.samples)) },
  { id: "trail", title: "", least: 92, wideOnly: true, hint: "Samples of the last scrapes",
    cell: (row) => <Trail row={row} pick={(pass) => pass.samples} label="Samples"
      format={count} /> },
  { id: "dropped", title: "Series cut", least: 76, end: true, wideOnly: true,
    hint: "Series above the rule's limit, left out",
    value: (row) => row.dropped, cell: (row) => count(row.dropped) },
  { id: "duration", title: "Duration", least: 82, end: true, value: (row) => row.duration,
    cell: (row) => (row.duration === null ? <None /> : duration(row.duration)) },
  { id: "cost", title: "", least: 92, wideOnly: true, hint: "Duration of the last scrapes",
    cell: (row) => <Trail row={row} pick={(pass) => pass.seconds} label="Time" format={duration}
      tone="s2" /> },
  { id: "errors", title: "Errors", least: 66, end: true, value: (row) => row.errors,
    cell: (row) => (
      <span class={row.errors ? "bad" : ""} title={row.error ?? ""}>{count(row.errors)}</span>) },
  { id: "failures", title: "", least: 92, wideOnly: true, hint: "Errors of the last scrapes",
    cell: (row) => row.trail.some(({ errors }) => errors > 0) && (
      <Trail row={row} pick={(pass) => pass.errors} label="Errors" format={count} tone="bad" />) },
  { id: "maps", title: "Maps", least: 150, grow: 2, wideOnly: true, value: (row) => row.maps.length,
    cell: (row) => (row.maps.length === 0 ? <None /> : row.maps.slice(0, 6).map((map, at) => (
      <span key={map.id}>{at > 0 && ", "}<MapLink map={map} /></span>))) },
  { id: "source", title: "Declared at", least: 180, grow: 2, mono: true, wideOnly: true,
    value: (row) => row.source,
    cell: (row) => <span title={row.source ?? ""}>{row.source ?? "built in"}</span> },
];

const fields: Fields<Row> = [
  ["name", (row) => row.name], ["type", (row) => row.type], ["samples", (row) => row.samples],
  ["cut", (row) => row.dropped], ["seconds", (row) => row.duration],
  ["errors", (row) => row.errors], ["error", (row) => row.error],
  ["maps", (row) => row.maps.map(({ id }) => id)], ["source", (row) => row.source],
];

export function Exports() {
  const { result, rows: rules } = useRules();
  const scraped = rules.some((rule) => rule.duration !== null);
  const sum = (pick: (rule: Row) => number | null) =>
    rules.reduce((total, rule) => total + (pick(rule) ?? 0), 0);
  return (
    <div class="page fill">
      <Head title="Metrics" actions={<>
        <a class="button" href="/metrics" target="_blank" rel="noreferrer">/metrics</a>
        <Save name="rules" rows={rules} fields={fields} />
        <ShowQuery doc={MetricRules} variables={{}} />
      </>} />
      <Figures>
        <Figure label="Rules" value={count(rules.length)} />
        <Figure label="Samples" value={scraped ? count(sum((rule) => rule.samples)) : "–"}
          note={scraped ? "at the last scrape" : "not scraped yet"} />
        <Figure label="Series cut" value={count(sum((rule) => rule.dropped))}
          note="by rules' budgets" />
        <Figure label="Duration" {...split(scraped ? duration(sum((rule) => rule.duration)) : "–")}
          note={scraped ? "at the last scrape" : "not scraped yet"} />
        <Figure label="Errors" value={count(sum((rule) => rule.errors))} note="since the start" />
      </Figures>
      {rules.filter((rule) => rule.error).map((rule) => (
        <Failure key={rule.name} message={`${rule.name}: ${rule.error}`} />
      ))}
      <Answer result={result}>
        {() => (
          <Table className="grow" label="Metric rules" rows={rules} columns={columns}
            rowKey={(row) => row.name} href={(row) => row.maps[0] && `/maps/${row.maps[0].id}`}
            empty={<Empty title="No rule exports anything" icon="exports">
              <p>Open a map and choose Export: it writes a rule.</p></Empty>} />
        )}
      </Answer>
    </div>
  );
}
