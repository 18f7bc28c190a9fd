// bpftrace's count(), hist() and lhist() as Prometheus metrics equal what bpftrace prints.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { startBpftrace } from "../lib/bpftrace.mjs";
import { folder, run, startServer, until } from "../lib/server.mjs";
import { samples } from "./support.mjs";

// The gallery's rules, for maps that only this test has: the kernel keeps 15 letters of a name.
const [calls, ret, ids, all] = ["c", "r", "i", "a"].map((name) => `${name}${process.pid}`);
const rules = readFileSync("examples/metrics/bpftrace.lua", "utf8")
  .replaceAll("AT_calls", `AT_${calls}`).replaceAll("AT_ret", `AT_${ret}`).replaceAll("AT_ids", `AT_${ids}`);

const worker = `
import os, sys
print("ready", flush=True)
sys.stdin.readline()
for i in range(300):
    os.getppid(); os.stat("/"); os.listdir("/proc/self")
    try: os.stat("/nowhere")
    except OSError: pass
print("done", flush=True)
sys.stdin.readline()
`;

describe("bpftrace's maps", () => {
  let server, bpftrace, child, printed;
  let found, written;

  // What the rules say that `lunette metrics rule` writes for these maps.
  async function byWrittenRules(maps) {
    const files = {};
    for (const map of maps) {
      const rule = await run(["metrics", "rule", map]);
      assert.equal(rule.code, 0, rule.stderr);
      files[`${map}.lua`] = rule.stdout;
    }
    const own = folder(files);
    const page = await run(["metrics", "--script", own.path, "--rule", `at_${calls}_total`, "--rule", `at_${ret}`,
      "--rule", `at_${ids}`, "--rule", `at_${all}_total`]);
    own.remove();
    assert.equal(page.code, 0, page.stderr);
    return samples(page.stdout);
  }

  before(async () => {
    server = await startServer({ args: ["--max-seconds", "120"], scripts: { "rules.lua": rules } });
    child = spawn("/usr/bin/python3", ["-c", worker], { stdio: ["pipe", "pipe", "inherit"] });
    await once(child.stdout, "data");
    bpftrace = startBpftrace(`
      BEGIN { printf("begun"); }
      tracepoint:raw_syscalls:sys_enter /pid == ${child.pid}/ {
        @${calls}[comm] = count(); @${all} = count(); @${ids} = lhist(args->id, 0, 400, 50); }
      tracepoint:raw_syscalls:sys_exit /pid == ${child.pid}/ { @${ret} = hist(args->ret); }`,
    { args: ["-f", "json"], stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    bpftrace.child.stdout.on("data", (data) => { output += data; });
    await until(() => output.includes("begun"), { what: "bpftrace" });
    child.stdin.write("go\n");
    await once(child.stdout, "data");
    // It calls no more: it reads, and waits.
    await until(() => /pipe|unix|stream|wait/.test(readFileSync(`/proc/${child.pid}/wchan`, "utf8")),
      { what: "the worker to wait" });
    found = samples(await (await fetch(`${server.url}/metrics`)).text());
    written = await byWrittenRules([calls, ret, ids, all].map((name) => `AT_${name}`));
    await bpftrace.stop();
    printed = Object.assign({}, ...output.split("\n").filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line)).filter((line) => line.data).map((line) => line.data));
  });

  after(async () => {
    child?.stdin.end();
    await server?.stop();
  });

  // Counts of the buckets as Prometheus has them, by upper bound.
  function buckets(name) {
    const list = [];
    for (const [sample, value] of found) {
      const match = sample.startsWith(`${name}_bucket`) && /le="([^"]+)"/.exec(sample);
      if (match) list.push({ le: match[1] === "+Inf" ? Infinity : Number(match[1]), upto: BigInt(value) });
    }
    list.sort((a, b) => a.le - b.le);
    return new Map(list.map(({ le, upto }, i) => [le, upto - (i ? list[i - 1].upto : 0n)]));
  }

  // The same of what bpftrace printed: a bucket ends at its max, or goes on for ever.
  function compare(name, data) {
    const ours = buckets(name);
    let compared = 0;
    for (const { min, max, count } of data) {
      const le = max ?? (min === undefined ? -1 : Infinity);
      assert.equal(ours.get(le), BigInt(count), `${name}, ${min} to ${max}`);
      compared += count > 0;
    }
    const total = data.reduce((sum, { count }) => sum + BigInt(count), 0n);
    assert.equal(found.get(`${name}_count`), String(total));
    assert.ok(compared >= 2, `only ${compared} buckets are filled`);
  }

  it("give their counts", () => {
    for (const [comm, count] of Object.entries(printed[`@${calls}`])) {
      assert.equal(found.get(`bpftrace_calls_total{comm="${comm}"}`), String(count));
    }
  });

  it("give their power-of-two histograms", () => compare("bpftrace_ret", printed[`@${ret}`]));

  it("give their linear histograms", () => compare("bpftrace_ids", printed[`@${ids}`]));

  it("say the same by the rules that are written for them", () => {
    for (const [mine, theirs] of [["bpftrace_calls", `at_${calls}`], ["bpftrace_ret", `at_${ret}`], ["bpftrace_ids", `at_${ids}`]]) {
      const ours = [...found].filter(([sample]) => sample.startsWith(mine));
      assert.ok(ours.length > 0);
      for (const [sample, value] of ours) assert.equal(written.get(sample.replace(mine, theirs)), value, sample);
    }
    // No key, no label.
    assert.equal(written.get(`at_${all}_total`), String(printed[`@${all}`]));
  });
});

describe("serve --bpftrace", () => {
  it("runs a script, exports its maps, and ends it with the server", async () => {
    const name = `s${process.pid}`;
    const files = folder({ "count.bt": `tracepoint:raw_syscalls:sys_enter { @${name}[comm] = count(); }` });
    const server = await startServer({ args: ["--bpftrace", files.file("count.bt")] });
    const page = await until(async () => {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      return text.includes(`${name}_total{comm=`) && text;
    }, { what: "the script's metrics" });
    assert.match(page, new RegExp(`_?${name}_total\\{comm="[^"]+"\\} [1-9]`));
    await server.stop();
    await until(async () => !(await run(["map", "list", "-j"])).stdout.includes(name), { what: "the end of bpftrace" });
    files.remove();
  });
});

describe("a bpftrace script that fails", () => {
  it("ends the command at once, and the scripts before it", async () => {
    const name = `f${process.pid}`;
    const files = folder({ "good.bt": `tracepoint:raw_syscalls:sys_enter { @${name} = count(); }`, "bad.bt": "nonsense { }" });
    const served = await run(["serve", "--listen", "127.0.0.1:0", "--bpftrace", files.file("good.bt"), "--bpftrace", files.file("bad.bt")]);
    assert.equal(served.code, 1);
    assert.match(served.stderr, /bad\.bt: bpftrace ended/);
    await until(async () => !(await run(["map", "list", "-j"])).stdout.includes(name), { what: "the end of bpftrace" });
    const tool = await run(["tool", "bpftrace", "-e", "nonsense { }"]);
    assert.equal(tool.code, 1);
    assert.match(tool.stderr, /bpftrace ended: (exit|signal) \d+/);
    files.remove();
  });
});
