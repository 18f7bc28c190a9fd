// A real Prometheus scrapes a running server: its query API returns the values that bpftool shows,
// and every expression of the dashboards has a result.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { startServer, until } from "../lib/server.mjs";
import { bpftool, fixtureIds, fixtureScript, le, mine, startPrometheus } from "./support.mjs";

const rules = `${mine}
local metrics = require("lunette").metrics
metrics.map { name = "mx_calls", type = "counter", help = "Calls", match = mine("mx_calls"),
  labels = { syscall = { "key", "syscall" } } }
metrics.map { name = "mx_calls_cpu", help = "Calls a CPU", match = mine("mx_calls"),
  labels = { number = "key", cpu = "cpu" } }
metrics.map { name = "mx_top", help = "Calls", match = mine("mx_calls"), top = 2,
  labels = { number = "key" } }
`;

// Waits to be told, then makes system calls of many kinds, and ends.
const worker = `
import os, sys
print("ready", flush=True)
sys.stdin.readline()
for i in range(500):
    os.getppid(); os.stat("/"); os.listdir("/proc/self")
`;

// Panels that are empty while all is well, or while nothing happens.
const MAY_BE_EMPTY = /recursion_misses|rule_up == 0|errors_total/;

const sum = (list) => list.reduce((total, n) => total + BigInt(n), 0n);

describe("a real Prometheus", () => {
  let server, prometheus, ids, counted;

  before(async () => {
    server = await startServer({ scripts: { "fixture.lua": fixtureScript, "rules.lua": rules },
      args: ["--etm", "-:^mx_calls$:number"] });
    ids = await fixtureIds(server);
    counted = await countCalls();
    prometheus = await startPrometheus(server.port);
  });

  after(async () => {
    await prometheus?.stop();
    await server?.stop();
  });

  // Runs the worker with its process id in the program's global data; returns its own count.
  async function countCalls() {
    const child = spawn("/usr/bin/python3", ["-c", worker], { stdio: ["pipe", "pipe", "inherit"] });
    await once(child.stdout, "data");
    const bss = ["id", String(ids["metrics.bss"]), "key", ...le([0, 4])];
    execFileSync("bpftool", ["map", "update", ...bss, "value", ...le([0, 8], [child.pid, 8])]);
    child.stdin.end("go\n");
    await once(child, "close");
    const { formatted } = bpftool("map", "lookup", ...bss);
    return BigInt(formatted.value[".bss"][0].mx_state.total);
  }

  const dump = () => bpftool("map", "dump", "id", String(ids.mx_calls)).map(({ formatted }) => ({
    key: formatted.key, total: sum(formatted.values.map((cpu) => cpu.value)),
    cpus: formatted.values.map((cpu) => String(cpu.value)) }));

  it("counts as the program itself does, by rule and by bpftool", async () => {
    const entries = dump();
    assert.ok(counted > 1500n, `${counted} calls`);
    assert.equal(sum(entries.map((entry) => entry.total)), counted);
    const [{ value }] = await prometheus.until("sum(mx_calls_total)");
    assert.equal(BigInt(value), counted);
  });

  it("has every entry as bpftool has it, each CPU for itself", async () => {
    for (const entry of dump()) {
      for (const [cpu, count] of entry.cpus.entries()) {
        const [sample] = await prometheus.until(`mx_calls_cpu{number="${entry.key}",cpu="${cpu}"}`);
        assert.equal(sample.value, count);
      }
    }
  });

  it("has dev-agent's samples of the same map", async () => {
    const [{ value }] = await prometheus.until(`sum(devagent_ebpf_map_entry_value{id="${ids.mx_calls}"})`);
    assert.equal(BigInt(value), counted);
    const [count] = await prometheus.until(`devagent_ebpf_map_entry_count{id="${ids.mx_calls}"}`);
    assert.equal(Number(count.value), dump().length);
    const [held] = await prometheus.until(`ebpf_map_entries{id="${ids.mx_calls}"}`);
    assert.equal(Number(held.value), dump().length);
    const [fill] = await prometheus.until(`ebpf_map_fill_ratio{id="${ids.mx_calls}"}`);
    assert.equal(Number(fill.value), dump().length / 512);
  });

  it("sees the target up, with no sample refused", async () => {
    await prometheus.until('up{job="lunette"}', (result) => result[0]?.value === "1");
    await prometheus.until("scrape_samples_scraped", (result) => Number(result[0]?.value) > 50);
    await until(async () => {
      const targets = await (await fetch(`${prometheus.base}/api/v1/targets`)).json();
      return targets.data.activeTargets[0].lastError === "";
    }, { what: "a scrape without an error" });
  });

  for (const file of readdirSync("examples/grafana").filter((name) => name.endsWith(".json"))) {
    const board = JSON.parse(readFileSync(`examples/grafana/${file}`, "utf8"));
    for (const panel of board.panels) {
      it(`answers ${file}: ${panel.title}`, async () => {
        for (const { expr } of panel.targets) {
          const asked = expr.replaceAll("$__rate_interval", "1m");
          if (MAY_BE_EMPTY.test(expr)) await prometheus.query(asked);
          else await prometheus.until(asked, (result) => result.length > 0 && result.every((r) => r.value !== "NaN" || /\//.test(asked)));
        }
      });
    }
  }

  it("gets numbers for dev-agent's own expressions", async () => {
    const time = "rate(devagent_ebpf_prog_run_time[1m])", runs = "rate(devagent_ebpf_prog_run_count[1m])";
    for (const expr of [time, runs, `${time} / ${runs}`]) {
      await prometheus.until(expr, (result) => result.some((r) => Number(r.value) > 0));
    }
  });
});
