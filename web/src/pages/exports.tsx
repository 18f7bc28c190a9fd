// What is exported to Prometheus, by rule: samples, cost, errors.

import { MetricRules, type MetricRulesData } from "@gen/queries";
import { count, duration } from "../lib/format";
import { useQuery } from "../lib/hooks";
import { Figure, Figures, Head, MapLink, ShowQuery, split } from "../parts/bits";
import { Spark } from "../parts/chart";
import { Answer, Empty, Failure } from "../parts/states";
import { Table, type Column } from "../parts/table";

type Rule = MetricRulesData["metricRules"][number];

/** Samples of the last scrapes, by rule, as far as this page has seen them. */
const seen = new Map<string, number[]>();

function note(rules: Rule[]): void {
  for (const { name, samples } of rules) {
    const list = seen.get(name) ?? [];
    list.push(samples ?? 0);
    seen.set(name, list.slice(-60));
  }
}

const columns: Column<Rule>[] = [
  { id: "name", title: "Metric", least: 230, grow: 3, mono: true, value: (row) => row.name,
    cell: (row) => <span title={row.help ?? ""}>{row.name}</span> },
  { id: "type", title: "Type", least: 94, value: (row) => row.type, cell: (row) => row.type },
  { id: "samples", title: "Samples", least: 92, end: true, value: (row) => row.samples,
    cell: (row) => count(row.samples) },
  { id: "trail", title: "", least: 92, wideOnly: true,
    cell: (row) => <Spark values={seen.get(row.name) ?? []} width={76} height={18} label="Samples lately" /> },
  { id: "dropped", title: "Cut", least: 76, end: true, wideOnly: true, hint: "Series that the rule's budget cut",
    value: (row) => row.dropped, cell: (row) => count(row.dropped) },
  { id: "duration", title: "Took", least: 92, end: true, value: (row) => row.duration,
    cell: (row) => duration(row.duration) },
  { id: "errors", title: "Errors", least: 76, end: true, value: (row) => row.errors,
    cell: (row) => <span class={row.errors ? "bad" : ""} title={row.error ?? ""}>{count(row.errors)}</span> },
  { id: "maps", title: "Maps", least: 150, grow: 2, wideOnly: true, value: (row) => row.maps.length,
    cell: (row) => row.maps.slice(0, 6).map((map, at) => (
      <span key={map.id}>{at > 0 && ", "}<MapLink map={map} /></span>)) },
  { id: "source", title: "Declared at", least: 180, grow: 2, mono: true, wideOnly: true,
    value: (row) => row.source, cell: (row) => <span title={row.source ?? ""}>{row.source}</span> },
];

export function Exports() {
  const result = useQuery(MetricRules, {}, { every: 5 });
  const rules = result.data?.metricRules ?? [];
  if (result.data) note(rules);
  const sum = (pick: (rule: Rule) => number | null) =>
    rules.reduce((total, rule) => total + (pick(rule) ?? 0), 0);
  return (
    <div class="page fill">
      <Head title="Metrics" actions={<>
        <a class="button" href="/metrics" target="_blank" rel="noreferrer">/metrics</a>
        <ShowQuery doc={MetricRules} variables={{}} />
      </>} />
      <Figures>
        <Figure label="Rules" value={count(rules.length)} />
        <Figure label="Samples" value={count(sum((rule) => rule.samples))} note="at the last scrape" />
        <Figure label="Series cut" value={count(sum((rule) => rule.dropped))} note="by rules' budgets" />
        <Figure label="Took" {...split(duration(sum((rule) => rule.duration)))} note="at the last scrape" />
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
              <p>Open a map and choose Export: it writes a rule for you.</p></Empty>} />
        )}
      </Answer>
    </div>
  );
}
