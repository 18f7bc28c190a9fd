// What is quick is in the answer, whatever the rest of a scrape does with its time.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { folder, startServer, until } from "../lib/server.mjs";
import { largeMap, openmetrics, samples } from "./support.mjs";

// Declared before the quick ones, that nothing is in the answer by its place alone.
const script = `${largeMap}metrics.collect("hangs", function(emit)
  emit("c_before", 1)
  -- In one call, which nothing ends but the test.
  os.execute([[exec timeout 600 sh -c 'while test -e "$MX_WHILE_THERE"; do sleep 0.1; done']])
end)
metrics.collect("loops", function() while true do end end)
metrics.map { rule = "slow rule", name = "m_slow", match = match, value = function() while true do end end }
metrics.map { rule = "streamed", name = "m_streamed", type = "counter", match = match, max_series = math.huge,
  labels = { key = { "key", raw = "hex" } } }
metrics.map { rule = "quick rule", name = "z_quick", match = match, value = 1 }
metrics.collect("quick", function(emit) emit("a_quick", 1) emit("z_other", 2) end)
`;

describe("a scrape whose time is wasted", () => {
  const files = folder({ hangs: "" });
  let server;

  before(async () => {
    server = await startServer({ args: ["--max-seconds", "120"], scripts: { "slow.lua": script },
      env: { MX_WHILE_THERE: files.file("hangs") } });
    await until(async () => (await fetch(`${server.url}/id`)).json(), { what: "the map" });
  });

  after(async () => {
    files.remove();
    await server?.stop();
  });

  const scrape = async (rules, seconds, headers = {}) => {
    const query = rules.map((rule) => `rule=${encodeURIComponent(rule)}`).join("&");
    const response = await fetch(`${server.url}/metrics?${query}`,
      { headers: { "x-prometheus-scrape-timeout-seconds": String(seconds), ...headers } });
    const text = await response.text();
    return { text, found: samples(text) };
  };
  const up = (found, rule) => found.get(`lunette_rule_up{rule="${rule}"}`);

  it("has what loops end, and all others in the answer", async () => {
    const { found } = await scrape(["loops", "slow rule", "streamed", "quick rule", "quick"], 8);

    assert.equal(found.get("z_quick"), "1");
    assert.equal(found.get("a_quick"), "1");
    assert.equal(found.get("z_other"), "2");
    assert.equal([...found.keys()].filter((name) => name.startsWith("m_streamed_total{")).length, 1);
    for (const rule of ["quick rule", "quick", "streamed"]) assert.equal(up(found, rule), "1", rule);
    for (const rule of ["loops", "slow rule"]) assert.equal(up(found, rule), "0", rule);
  });

  // That there are answers at all shows that nobody waits for it: it hangs until the end.
  it("does not wait for what hangs, and does not begin that again", async () => {
    const all = ["hangs", "streamed", "quick rule", "quick"];
    await scrape(["quick"], 60);
    const first = await scrape(all, 4, { accept: "application/openmetrics-text" });
    const read = openmetrics(first.text).map(([name]) => name);

    for (const name of ["a_quick", "z_other", "z_quick", "m_streamed"]) assert.ok(read.includes(name), name);
    assert.equal(up(first.found, "hangs"), "0");
    assert.equal(up(first.found, "quick"), "1");

    // It should have ended by now: it is left alone, and costs nobody any time.
    const again = await scrape(all, 4);
    assert.equal(again.found.get("z_quick"), "1");
    assert.equal(again.found.get("a_quick"), "1");
    assert.equal(up(again.found, "hangs"), "0");
    assert.equal(again.found.get('lunette_rule_errors_total{rule="hangs"}'), "1");
  });
});
