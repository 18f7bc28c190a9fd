// What is exported to Prometheus, by rule: samples, cost, errors.

import { MetricRules, type MetricRulesData } from "@gen/queries";
import { count, duration } from "../lib/format";
import { useLive } from "../lib/hooks";
import { Figure, Figures, Head, MapLink, None, ShowQuery, split } from "../parts/bits";
import { Spark } from "../parts/chart";
import { Answer, Empty, Failure } from "../parts/states";
import { Table, type Column } from "../parts/table";

type Rule = MetricRulesData["metricRules"][number];

/** What the last scrapes came to, by rule, as far as this page was open. */
interface Scrapes { samples: number[]; took: number[]; last: Rule }
const seen = new Map<string, Scrapes>();
const scrapesKept = 60;

/** The same rule object is the same scrape: told twice, it counts once. */
function note(rules: Rule[]): void {
  for (const rule of rules) {
    const { samples, took, last } = seen.get(rule.name) ?? { samples: [], took: [] };
    if (rule.duration === null || last === rule) continue;
    seen.set(rule.name, {
      samples: [...samples, rule.samples ?? 0].slice(-scrapesKept),
      took: [...took, rule.duration].slice(-scrapesKept), last: rule,
    });
  }
}

const Trail = ({ values = [], ...props }: { values?: number[]; label: string; tone?: string }) => (
  <Spark values={values} width={76} height={18} {...props} />
);

const columns: Column<Rule>[] = [
  { id: "name", title: "Metric", least: 116, grow: 3, mono: true, value: (row) => row.name,
    cell: (row) => <span title={row.help ?? ""}>{row.name}</span> },
  { id: "type", title: "Type", least: 94, wideOnly: true, value: (row) => row.type,
    cell: (row) => row.type },
  { id: "samples", title: "Samples", least: 82, end: true, value: (row) => row.samples,
    cell: (row) => (row.duration === null ? <None /> : count(row.samples)) },
  { id: "trail", title: "", least: 92, wideOnly: true, hint: "Samples of the last scrapes",
    cell: (row) => <Trail values={seen.get(row.name)?.samples} label="Samples lately" /> },
  { id: "dropped", title: "Cut", least: 76, end: true, wideOnly: true,
    hint: "Series that the rule's budget cut",
    value: (row) => row.dropped, cell: (row) => count(row.dropped) },
  { id: "duration", title: "Took", least: 82, end: true, value: (row) => row.duration,
    cell: (row) => (row.duration === null ? <None /> : duration(row.duration)) },
  { id: "cost", title: "", least: 92, wideOnly: true, hint: "Time that the last scrapes took",
    cell: (row) => <Trail values={seen.get(row.name)?.took} label="Cost lately" tone="s2" /> },
  { id: "errors", title: "Errors", least: 66, end: true, value: (row) => row.errors,
    cell: (row) => (
      <span class={row.errors ? "bad" : ""} title={row.error ?? ""}>{count(row.errors)}</span>) },
  { id: "maps", title: "Maps", least: 150, grow: 2, wideOnly: true, value: (row) => row.maps.length,
    cell: (row) => (row.maps.length === 0 ? <None /> : row.maps.slice(0, 6).map((map, at) => (
      <span key={map.id}>{at > 0 && ", "}<MapLink map={map} /></span>))) },
  { id: "source", title: "Declared at", least: 180, grow: 2, mono: true, wideOnly: true,
    value: (row) => row.source,
    cell: (row) => <span title={row.source ?? ""}>{row.source ?? "built in"}</span> },
];

export function Exports() {
  const result = useLive(MetricRules, {});
  const rules = result.data?.metricRules ?? [];
  note(rules);
  const scraped = rules.some((rule) => rule.duration !== null);
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
        <Figure label="Samples" value={scraped ? count(sum((rule) => rule.samples)) : "–"}
          note={scraped ? "at the last scrape" : "not scraped yet"} />
        <Figure label="Series cut" value={count(sum((rule) => rule.dropped))}
          note="by rules' budgets" />
        <Figure label="Took" {...split(scraped ? duration(sum((rule) => rule.duration)) : "–")}
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
              <p>Open a map and choose Export: it writes a rule for you.</p></Empty>} />
        )}
      </Answer>
    </div>
  );
}
