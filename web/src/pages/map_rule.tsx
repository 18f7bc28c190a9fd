// "Export to Prometheus": the rule to save in a script.

import { MapRule, type MapRuleData } from "@gen/queries";
import { useQuery } from "../lib/hooks";
import { Card, Copy, download } from "../parts/bits";
import { Icon } from "../parts/icon";
import { Answer, Empty } from "../parts/states";

type RuleText = NonNullable<MapRuleData["map"]["metricRule"]>;

function RuleCard({ id, rule }: { id: number; rule: RuleText }) {
  return (
    <Card title="A rule that exports this map to Prometheus" end={
      <>
        <Copy text={rule.source} />
        <button class="plain"
          onClick={() => download(`map_${id}.lua`, rule.source, "text/x-lua")}>
          <Icon name="save" />Download
        </button>
      </>
    }>
      <p class="dim">By {rule.why}</p>
      <pre class="code" tabIndex={0}>{rule.source}</pre>
      <p class="dim" style={{ marginTop: 10 }}>
        Save it in a file and start with <code>lunette serve --script FILE</code>, or put it in
        a folder of scripts that is already served: it is loaded at once and shows up under{" "}
        <a href="/exports">Metrics</a>. The whole map as a file:{" "}
        <a href={`/maps/${id}/entries.csv`}>CSV</a>,{" "}
        <a href={`/maps/${id}/entries.ndjson`}>NDJSON</a>.
      </p>
    </Card>
  );
}

export function Rule({ id }: { id: number }) {
  const result = useQuery(MapRule, { id });
  if (result.data && !result.data.map.metricRule) {
    return (
      <Empty title="No rule can be written for this map" icon="exports">
        <p>{result.partial[0]?.message ?? "Its entries can't be read."}</p>
      </Empty>
    );
  }
  return (
    <Answer result={result}>
      {({ map: { metricRule } }) => <RuleCard id={id} rule={metricRule!} />}
    </Answer>
  );
}
