// The examples for Prometheus: its tool accepts the configuration and tests the alerts; the metrics
// that they name exist.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { startServer } from "../lib/server.mjs";

const skip = spawnSync("promtool", ["--version"]).error ? "promtool is not installed" : false;
const promtool = (...args) => execFileSync("promtool", args, { cwd: "examples/prometheus", encoding: "utf8", stdio: "pipe" });

test("promtool takes the configuration and the rules", { skip }, () => {
  assert.match(promtool("check", "config", "prometheus.yml"), /SUCCESS/);
  assert.match(promtool("check", "rules", "alerts.yml"), /SUCCESS: 6 rules/);
});

test("promtool proves when the alerts fire", { skip }, () => {
  assert.match(promtool("test", "rules", "alerts_test.yml"), /SUCCESS/);
});

test("the metrics of the alerts and of PCP's file are on the page", async () => {
  const server = await startServer({ args: ["--script", "examples/syscalls", "--sampler", "always"] });
  try {
    const page = await (await fetch(`${server.url}/metrics`)).text();
    const named = new Set([...page.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const alerts = readFileSync("examples/prometheus/alerts.yml", "utf8");
    const wanted = [...alerts.matchAll(/(?<![:\w])(ebpf_\w+|lunette_\w+)(?=[{[) ])/g)].map(([, name]) => name);
    assert.ok(wanted.length >= 4, String(wanted));
    for (const name of wanted) assert.ok(named.has(name), name);
    const pcp = readFileSync("examples/pcp/lunette.url", "utf8");
    for (const [, pattern] of pcp.matchAll(/^METADATA: (\S+)/gm)) {
      assert.ok([...named].some((name) => new RegExp(pattern).test(name)), pattern);
    }
  } finally { await server.stop(); }
});
