// A map too large to gather is streamed: every entry once, in constant memory.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { sanitized, startServer, until } from "../lib/server.mjs";
import { build } from "./support.mjs";

const ENTRIES = 200000; // with labels and all, what is gathered takes more than 32 MiB of so many

const script = `
local bpf = require("bpf")
local lunette = require("lunette")
local d, metrics = lunette.decode, lunette.metrics
lunette.service("big", function(svc)
  local object <close> = assert(bpf.load("${build}/tests/bpf/metrics_big.bpf.o"))
  local map <close> = object:map("mx_big")
  for i = 1, ${ENTRIES} do
    assert(map:update(("<c16"):pack("p-" .. i), ("<I8"):pack(i)))
  end
  lunette.shared.set("filled", map:info().id)
  while svc:sleep(60) do end
end)
lunette.http.get("/filled", function() return { json = lunette.shared.get("filled") or false } end)
local function match(info) return info.id == lunette.shared.get("filled") end
metrics.map { rule = "all", name = "mx_all", type = "counter", help = "All", match = match,
  decode = { key = d.cstring(16):as("name"), value = d.u64() }, labels = { name = "key" },
  max_series = math.huge }
metrics.map { rule = "some", name = "mx_some", match = match,
  decode = { key = d.cstring(16):as("name"), value = d.u64() }, labels = { name = "key" },
  max_series = 20000 }
metrics.map { rule = "changing", name = "mx_changing", match = match, expire = 3600,
  decode = { key = d.cstring(16):as("name"), value = d.u64() }, labels = { name = "key" } }
metrics.map { rule = "top", name = "mx_top", match = match,
  decode = { key = d.cstring(16):as("name"), value = d.u64() }, labels = { name = "key" }, top = 3 }
`;

describe("a large map", () => {
  let server;

  before(async () => {
    server = await startServer({ args: ["--max-seconds", "120"], scripts: { "big.lua": script } });
    await until(async () => (await fetch(`${server.url}/filled`)).json(), { what: "the map" });
  });

  after(() => server?.stop());

  const resident = (field) => Number(new RegExp(`${field}:\\s+(\\d+)`)
    .exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))[1]) / 1024;
  const get = async (rule, headers) => (await fetch(`${server.url}/metrics?rule=${rule}`, { headers })).text();
  const values = (text, name) => [...text.matchAll(new RegExp(`^${name}\\{name="p-(\\d+)"\\} (\\d+)$`, "gm"))]
    .map(([, key, value]) => [Number(key), Number(value)]);

  it("is streamed whole, in either format, compressed by node's fetch or not", async () => {
    for (const headers of [{}, { "accept-encoding": "identity", accept: "application/openmetrics-text" }]) {
      const list = values(await get("all", headers), "mx_all_total");
      assert.equal(list.length, ENTRIES);
      assert.equal(new Set(list.map(([key]) => key)).size, ENTRIES);
      assert.ok(list.every(([key, value]) => key === value));
    }
  });

  it("takes no memory that grows with it", async () => {
    await get("btf");
    for (const rule of ["all", "changing"]) {
      writeFileSync(`/proc/${server.pid}/clear_refs`, "5");
      const idle = resident("VmRSS");
      await get(rule);
      assert.ok(sanitized || resident("VmHWM") - idle < 32, `${rule}: ${resident("VmHWM") - idle} MiB more`);
    }
  });

  it("ends at its budget, and says so at the next scrape", async () => {
    assert.equal(values(await get("some"), "mx_some").length, 20000);
    const text = await get("some");
    assert.match(text, new RegExp(`^lunette_rule_series_cut\\{reason="max_series",rule="some"\\} ${ENTRIES - 20000}$`, "m"));
    assert.match(text, /^lunette_rule_series\{rule="some"\} 20000$/m);
  });

  it("gives its greatest", async () => {
    assert.deepEqual(values(await get("top"), "mx_top").sort((a, b) => a[0] - b[0]),
      [ENTRIES - 2, ENTRIES - 1, ENTRIES].map((n) => [n, n]));
  });
});
