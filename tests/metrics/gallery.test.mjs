// The whole gallery at once: every rule of examples/metrics gives samples, none fails, and none
// leaves anything in the kernel.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { startBpftrace } from "../lib/bpftrace.mjs";
import { startServer, until } from "../lib/server.mjs";
import { openmetrics } from "./support.mjs";

const DIR = "examples/metrics";

// What no load of ours makes happen: the metric may be empty.
const RARE = { tcp_retransmits_total: "no segment is lost on the loopback interface" };

// What bpftrace.lua asks to be run beside it.
const BPFTRACE = `tracepoint:raw_syscalls:sys_enter { @calls[comm] = count(); @ids = lhist(args->id, 0, 400, 50); }
  tracepoint:raw_syscalls:sys_exit { @ret = hist(args->ret); }`;

// What the rules and the examples' own collectors are called, and which services there are.
const script = `
local lunette, registry = require("lunette"), require("lunette.registry")
local names = require("lunette.metrics.names")
lunette.http.get("/promised", function()
  local json = require("lunette.runtime.json")
  local list = { rules = json.array {}, metrics = json.array {} }
  for _, rule in ipairs(registry.list("metric")) do
    table.insert(list.rules, rule.name)
    for _, metric in ipairs(rule.metrics) do
      table.insert(list.metrics, names.classic(metric.family, metric.type))
    end
  end
  return { json = list }
end)
`;

// Words of kernels that lack what a program hangs on.
const LACKING = /kprobe|fentry|not supported|Operation not supported/;

describe("the gallery", () => {
  const [near, far] = [`lmx${process.pid}`, `lmy${process.pid}`];
  let server, bpftrace, promised;

  before(async () => {
    execFileSync("ip", ["link", "add", near, "type", "veth", "peer", "name", far]);
    for (const name of [near, far]) execFileSync("ip", ["link", "set", name, "up"]);
    bpftrace = startBpftrace(BPFTRACE);
    // The time that a scrape has is for machines that are busy.
    server = await startServer({ args: ["--script", DIR, "--max-seconds", "120"], scripts: { "promised.lua": script },
      env: { LUNETTE_INTERFACE: near } });
    promised = await (await fetch(`${server.url}/promised`)).json();
  });

  after(async () => {
    await bpftrace?.stop();
    try { await server?.stop(); } finally { execFileSync("ip", ["link", "del", near]); }
  });

  // What the gallery gives, and what is told of it; not what is built in, of all there is on this host.
  const page = async () => (await fetch(`${server.url}/metrics?${
    [...promised.rules, "map_fill", "top_programs"].map((name) => `rule=${name}`).join("&")}`)).text();

  it("has at least twelve scripts", () => {
    assert.ok(readdirSync(DIR).filter((file) => file.endsWith(".lua")).length >= 12);
  });

  it("gives what each of its rules promises, all at once", async (t) => {
    assert.ok(promised.rules.length >= 12, promised.rules.join());
    const has = (text, name) => new RegExp(`^${name}(_bucket|_sum|_count)?[{ ]`, "m").test(text);
    let text, missing;
    const lacks = () => LACKING.test(server.stderr());
    await until(async () => {
      execFileSync("python3", ["tests/metrics/load.py", far], { stdio: ["ignore", "ignore", "inherit"] });
      text = await page();
      missing = promised.metrics.filter((name) => !has(text, name) && !RARE[name]);
      return missing.length === 0 || lacks();
    }, { timeout: 120000, what: "samples of every rule" }).catch((error) => {
      throw new Error(`${error.message}: none of ${missing.join(", ")}\n${server.stderr()}`);
    });
    if (lacks()) return t.skip(`this kernel lacks what a program needs: ${server.stderr()}`);
    assert.match(text, /^map_fill_ratio\{/m);
    assert.match(text, /^top_program_seconds_total\{/m);
    assert.match(text, /^xdp_source_packets_total\{prefix="10\.0\.0\.0\/8"\} [1-9]/m);
    assert.match(text, /^xdp_packets_total\{ethertype="IPv4",protocol="UDP"\} [1-9]/m);
  });

  it("is OpenMetrics to python's parser", async () => {
    const rules = [...promised.rules, "map_fill", "top_programs"].map((name) => `rule=${name}`).join("&");
    const response = await fetch(`${server.url}/metrics?${rules}`, { headers: { accept: "application/openmetrics-text" } });
    assert.match(response.headers.get("content-type"), /^application\/openmetrics-text/);
    assert.ok(openmetrics(await response.text()).length > 15);
  });

  it("has no error in it", async () => {
    const text = await page();
    for (const [, rule, up] of text.matchAll(/^lunette_rule_up\{rule="([^"]+)"\} (\d)$/gm)) assert.equal(up, "1", `${rule}\n${server.stderr()}`);
    for (const [, rule, errors] of text.matchAll(/^lunette_rule_errors_total\{rule="([^"]+)"\} (\d+)$/gm)) assert.equal(errors, "0", `${rule}\n${server.stderr()}`);
    assert.doesNotMatch(server.stderr(), /error/i);
  });

  it("leaves nothing in the kernel", async () => {
    const held = `/proc/${server.pid}/fdinfo`;
    const mine = new Set(readdirSync(held).flatMap((fd) =>
      [...readFileSync(`${held}/${fd}`, "utf8").matchAll(/^prog_id:\s*(\d+)$/gm)].map(([, id]) => Number(id))));
    assert.ok(mine.size >= 10, [...mine].join());
    await server.stop();
    const stay = () => JSON.parse(execFileSync("bpftool", ["prog", "list", "-j"], { maxBuffer: 1 << 26 }))
      .filter(({ id }) => mine.has(id));
    await until(() => stay().length === 0, { what: "the programs' end" });
  });
});
