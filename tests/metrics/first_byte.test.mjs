// What is ready of a page is sent while its slow passes still run.

import assert from "node:assert/strict";
import { get } from "node:http";
import { after, before, describe, it } from "node:test";
import { constants, gunzipSync } from "node:zlib";
import { startServer, until } from "../lib/server.mjs";
import { largeMap, openmetrics } from "./support.mjs";

// The map may hold a million entries, so that its pass is taken to be slow; the pass over its one
// entry does not come back at all, and is ended.
const script = `${largeMap}metrics.collect("early", function(emit) emit("p_early", 1) end)
metrics.collect("late", function(emit) emit("z_last", 1) end)
metrics.map { rule = "slow", name = "m_slow", help = "Takes for ever.", match = match,
  value = function() while true do end end }
metrics.map { rule = "quick", name = "n_quick", match = match, value = 1 }
metrics.map { rule = "top", name = "o_top", match = match, top = 1, labels = { key = { "key", raw = "string" } },
  value = { "value", raw = "number" } }
`;

describe("a page with a pass that takes long", () => {
  let server;

  before(async () => {
    // The time that all of it has is for machines that are busy.
    server = await startServer({ args: ["--max-seconds", "120"], scripts: { "slow.lua": script } });
    await until(async () => (await fetch(`${server.url}/id`)).json(), { what: "the map" });
    // Where a collector's families come is known from the time before.
    await fetch(`${server.url}/metrics?rule=early&rule=late`);
  });

  after(() => server?.stop());

  // The body as it comes: node gives each of HTTP's chunks by itself.
  const chunks = (query, headers) => new Promise((resolve, reject) => {
    get(`${server.url}/metrics?${query}`, { headers }, (response) => {
      const list = [];
      response.on("data", (data) => list.push(data));
      response.on("end", () => resolve(list));
      response.on("error", reject);
    }).on("error", reject);
  });
  const one = "rule=btf&rule=early&rule=late&rule=slow&rule=quick&rule=top";

  it("comes as far as the head of what is slow, then the rest, with markers", async () => {
    const [plain, packed] = await Promise.all([
      chunks(one, {}),
      chunks(`${one}&rule=links`, { "accept-encoding": "gzip", accept: "application/openmetrics-text" })]);

    const first = plain[0].toString(), whole = Buffer.concat(plain).toString();
    assert.match(first, /^ebpf_btf_objects\{kind="kernel"\} 1$/m);
    assert.ok(first.endsWith("# HELP m_slow Takes for ever.\n# TYPE m_slow gauge\n"), first);
    assert.match(whole, /^# TYPE n_quick gauge\nn_quick 1\n# TYPE o_top gauge\no_top\{key="one"\} 1\n# TYPE p_early gauge\np_early 1\n# TYPE z_last gauge\nz_last 1$/m);
    assert.match(whole, /^lunette_rule_up\{rule="slow"\} 0$/m);
    assert.match(whole, /^lunette_rule_up\{rule="quick"\} 1$/m);
    const heads = whole.match(/^# TYPE .*$/gm);
    assert.equal(new Set(heads).size, heads.length);

    const begun = gunzipSync(packed[0], { finishFlush: constants.Z_SYNC_FLUSH }).toString();
    assert.match(begun, /^ebpf_btf_objects\{kind="kernel"\} 1(.0)?\n[^]*# TYPE m_slow gauge\n/m);
    assert.doesNotMatch(begun, /lunette_rule_up/);
    const read = openmetrics(gunzipSync(Buffer.concat(packed)).toString()).map(([name]) => name);
    assert.ok(read.includes("m_slow") && read.includes("z_last"), read.join());
  });

  it("is whole though the scripts are loaded anew meanwhile", async () => {
    let begun;
    const first = new Promise((resolve) => { begun = resolve; });
    const whole = new Promise((resolve, reject) => {
      get(`${server.url}/metrics?${one}`, (response) => {
        let text = "";
        response.on("data", (data) => { text += data; begun(); });
        response.on("end", () => resolve(text));
        response.on("error", reject);
      }).on("error", reject);
    });
    await first;
    process.kill(server.pid, "SIGHUP");
    const text = await whole;
    // The service's map goes with the scripts, perhaps before its turn: then its samples are missing.
    assert.match(text, /^z_last 1$/m);
    for (const rule of ["early", "late", "slow", "quick", "top"]) {
      assert.match(text, new RegExp(`^lunette_rule_up\\{rule="${rule}"\\} [01]$`, "m"));
    }
    await until(async () => /^lunette_reloads_total\{outcome="ok"\} [1-9]/m
      .test(await (await fetch(`${server.url}/metrics?rule=btf`)).text()), { what: "the new scripts" });
  });

  it("is not asked for by HEAD", async () => {
    const response = await fetch(`${server.url}/metrics?${one}`, { method: "HEAD" });
    assert.equal(response.status, 200);
    assert.equal(await response.text(), "");
  });
});
