// Fast rules are in the answer, however slow the other rules are.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { folder, startServer, until } from "../lib/server.mjs";
import { largeMap, openmetrics, samples } from "./support.mjs";

// The slow ones are declared first: order alone puts nothing into the answer.
const script = `${largeMap}metrics.collect("hangs", function(emit)
  emit("c_before", 1)
  -- One call; only the test ends it.
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

  const scrape = async (rules, seconds, headers = {}, signal = undefined) => {
    const query = rules.map((rule) => `rule=${encodeURIComponent(rule)}`).join("&");
    const response = await fetch(`${server.url}/metrics?${query}`,
      { headers: { "x-prometheus-scrape-timeout-seconds": String(seconds), ...headers }, signal });
    const text = await response.text();
    return { text, found: samples(text) };
  };
  const up = (found, rule) => found.get(`lunette_rule_up{rule="${rule}"}`);

  it("ends a loop, and has all others in the answer", async () => {
    const { found } = await scrape(["loops", "slow rule", "streamed", "quick rule", "quick"], 8);

    assert.equal(found.get("z_quick"), "1");
    assert.equal(found.get("a_quick"), "1");
    assert.equal(found.get("z_other"), "2");
    assert.equal([...found.keys()].filter((name) => name.startsWith("m_streamed_total{")).length, 1);
    for (const rule of ["quick rule", "quick", "streamed"]) assert.equal(up(found, rule), "1", rule);
    for (const rule of ["loops", "slow rule"]) assert.equal(up(found, rule), "0", rule);
  });

  // The collector's system call lasts as long as the test. A scraper gives up at its timeout.
  it("costs later scrapes nothing when a collector hangs", async () => {
    const all = ["hangs", "streamed", "quick rule", "quick"];
    await scrape(["quick"], 60);
    await scrape(all, 4, {}, AbortSignal.timeout(5000)).catch(() => undefined);

    const { text, found } = await scrape(all, 8, { accept: "application/openmetrics-text" });
    const read = openmetrics(text).map(([name]) => name);
    for (const name of ["a_quick", "z_other", "z_quick", "m_streamed"]) assert.ok(read.includes(name), name);
    assert.equal(up(found, "hangs"), "0");
    assert.equal(up(found, "quick"), "1");
    assert.equal(up(found, "quick rule"), "1");
  });
});
