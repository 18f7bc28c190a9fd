// Helpers for tests of metrics: other tools' views of the same kernel, and a real Prometheus.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { folder, until } from "../lib/server.mjs";

export const build = process.env.LUNETTE_BUILD ?? "build";

/** A script that keeps the fixture's maps in the kernel while its server runs. */
export const fixtureScript = `
local bpf = require("bpf")
local lunette = require("lunette")
lunette.service("fixture", function(svc)
  local object <close> = assert(bpf.load("${build}/tests/bpf/metrics.bpf.o"))
  assert(object:attach("mx_enter"))
  for _, map in ipairs(object:maps()) do lunette.shared.set("id." .. map.name, map.id) end
  while svc:sleep(60) do end
end)
lunette.http.get("/fixture", function()
  local ids = {}
  for _, name in ipairs { "mx_struct", "mx_hist", "mx_buckets", "mx_percpu", "mx_wide",
    "mx_calls", "metrics.bss" } do
    ids[name] = lunette.shared.get("id." .. name)
  end
  return { json = ids }
end)
`;

/** mine(name) for rules in scripts: the fixture's map of this server, not another one of that name. */
export const mine = `
local function mine(name)
  return function(info) return info.id == require("lunette").shared.get("id." .. name) end
end
`;

/** Ids of the fixture's maps, as soon as they are there. */
export async function fixtureIds(server) {
  return until(async () => {
    const ids = await (await fetch(`${server.url}/fixture`)).json();
    return ids.mx_calls && ids["metrics.bss"] && ids;
  }, { what: "the fixture" });
}

/** What bpftool says, which writes doubles as something that is no JSON. */
export const bpftool = (...args) => JSON.parse(
  execFileSync("bpftool", ["-j", ...args], { encoding: "utf8", maxBuffer: 1 << 28 })
    .replaceAll(/:\(unsupported[^,}]*/g, ":null"));

/** bytes of numbers for bpftool's command line: little endian, `size` bytes each. */
export function le(...pairs) {
  const bytes = [];
  for (const [value, size] of pairs) {
    let v = BigInt(value);
    for (let i = 0; i < size; i++) { bytes.push(String(Number(v & 255n))); v >>= 8n; }
  }
  return bytes;
}

/** Samples of a page: "name{labels}" to the value's text. */
export function samples(text) {
  const found = new Map();
  for (const line of text.split("\n")) {
    const match = /^([^#\s{]+(?:\{.*\})?) (\S+)/.exec(line);
    if (!match) continue;
    if (found.has(match[1])) throw new Error(`twice on the page: ${match[1]}`);
    found.set(match[1], match[2]);
  }
  return found;
}

/** What python's OpenMetrics parser makes of a page; throws what it says against it. */
export function openmetrics(text) {
  const program = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
print(json.dumps([[f.name, f.type, len(f.samples)] for f in parse(sys.stdin.read())]))`;
  const result = spawnSync("/usr/bin/python3", ["-c", program], { input: text, encoding: "utf8", maxBuffer: 1 << 28 });
  if (result.status !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout);
}

/** What promtool has against a page, as lines. */
export function promtool(text) {
  const result = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  return (result.stdout + result.stderr).split("\n").filter((line) => line);
}

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** A Prometheus that scrapes `port` every other second; query(expr) is its API's instant query. */
export async function startPrometheus(port) {
  const own = await freePort();
  const files = folder({ "prometheus.yml": `
global: { scrape_interval: 2s, scrape_timeout: 2s }
scrape_configs:
  - job_name: lunette
    static_configs: [{ targets: ["127.0.0.1:${port}"] }]
` });
  const child = spawn("prometheus", [`--config.file=${files.file("prometheus.yml")}`,
    `--storage.tsdb.path=${files.file("data")}`, `--web.listen-address=127.0.0.1:${own}`,
    "--log.level=error"], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (data) => { stderr += data; });
  const base = `http://127.0.0.1:${own}`;
  const query = async (expr) => {
    const response = await fetch(`${base}/api/v1/query?query=${encodeURIComponent(expr)}`);
    const answer = await response.json();
    if (answer.status !== "success") throw new Error(`${expr}: ${answer.error}`);
    return answer.data.result.map((r) => ({ metric: r.metric, value: r.value[1] }));
  };
  /** Asks again until the answer suits. */
  const answered = async (expr, suits = (result) => result.length === 1, seconds = 120) => {
    let last;
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(250)) {
      last = await query(expr).catch((error) => error);
      if (Array.isArray(last) && suits(last)) return last;
    }
    throw new Error(`${expr}: ${JSON.stringify(last)} ${stderr}`);
  };
  const stop = async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "close");
    files.remove();
  };
  return { query, until: answered, stop, base };
}

/** Lua that begins a script: a service holds a map with room for a million entries and one in it; its
 * id is at /id, and match() is for rules of it. */
export const largeMap = `
local bpf = require("bpf")
local lunette = require("lunette")
local metrics = lunette.metrics
lunette.service("map", function(svc)
  local object <close> = assert(bpf.load("${build}/tests/bpf/metrics_big.bpf.o"))
  local map <close> = object:map("mx_big")
  assert(map:update(("<c16"):pack("one"), ("<I8"):pack(1)))
  lunette.shared.set("id", map:info().id)
  while svc:sleep(60) do end
end)
lunette.http.get("/id", function() return { json = lunette.shared.get("id") or false } end)
local function match(info) return info.id == lunette.shared.get("id") end
`;
