// lunette tool: the list, options, formats, conditions, and what Ctrl-C leaves.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { folder, until } from "../lib/server.mjs";
import { binary, lunette } from "./kernel.mjs";

// Runs a tool until it was interrupted, once `ready` says so of its output.
function interrupted(words, ready) {
  return new Promise((resolve) => {
    const child = spawn(binary, ["tool", ...words]);
    const result = { stdout: "", stderr: "" };
    let asked = false;
    child.stdout.on("data", (data) => {
      result.stdout += data;
      if (!asked && ready(result.stdout)) {
        asked = true;
        child.kill("SIGINT");
      }
    });
    child.stderr.on("data", (data) => { result.stderr += data; });
    child.on("close", (status) => resolve({ ...result, status }));
  });
}

test("tool: lists, and names what is near", () => {
  assert.match(lunette("tool").stdout, /^execsnoop +Trace programs that are run/m);
  const list = JSON.parse(lunette("tool", "-j").stdout);
  assert.deepEqual(list.find(({ name }) => name === "runqlat"),
    { name: "runqlat", help: "Show how long tasks wait for a CPU, as a histogram.", view: "histogram" });
  const wrong = lunette("tool", "opensnop");
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /^lunette: unknown command 'opensnop': did you mean 'opensnoop'\? /);
  assert.match(lunette("tool", "opensnoop", "--help").stdout, /^ +-p, --pid N +Trace this process only\.$/m);
  assert.equal(lunette("help", "tool", "opensnoop").stdout, lunette("tool", "opensnoop", "--help").stdout);
});

test("tool: wrong values are refused in one line", () => {
  for (const [words, text] of [
    [["opensnoop", "-p", "x"], "'x' is not a whole number"],
    [["opensnoop", "-p", "-1"], "-1 is below 0"],
    [["opensnoop", "--where", "nothing=1"], "--where: column|no column 'nothing'"],
    [["tcpconnect", "--family", "5"], "'5' is none of 4, 6"],
    [["opensnoop", "-d", "0"], "not a number of seconds above 0"],
    [["biosnoop", "-D", "nosuchdisk", "-d", "1"], "there is no 'nosuchdisk'"],
  ]) {
    const run = lunette("tool", ...words);
    assert.notEqual(run.status, 0, words.join(" "));
    assert.match(run.stderr, new RegExp(text));
    assert.equal(run.stderr.trim().split("\n").length, 1, run.stderr);
  }
});

test("tool: formats, conditions, order", () => {
  const load = folder({ "load.sh": "sleep 0.3; for i in 1 2 3; do /bin/true lunette-tool $i; done\n" });
  const run = (...words) => {
    const child = spawn("sh", [load.file("load.sh")]);
    const result = lunette("tool", "execsnoop", "-d", "1", "--where", "args *= lunette-tool", ...words);
    child.kill();
    assert.equal(result.status, 0, result.stderr);
    assert.match(result.stderr, /^3 events, 0 lost\n$/);
    return result.stdout;
  };
  const args = [1, 2, 3].map((n) => `/bin/true lunette-tool ${n}`);
  assert.deepEqual(JSON.parse(run("-j")).map((row) => row.args), args);
  assert.deepEqual(run("--ndjson").trim().split("\n").map((line) => JSON.parse(line).args), args);
  const csv = run("--csv").trim().split("\n");
  assert.equal(csv[0], "comm,pid,ppid,ret,args");
  assert.deepEqual(csv.slice(1).map((line) => line.split(",")[4]), args);
  const table = run("--sort", "args", "--top", "2").trim().split("\n");
  assert.match(table[0], /^PCOMM +PID +PPID +RET +ARGS$/);
  assert.deepEqual(table.slice(1).map((line) => line.slice(line.indexOf("/bin"))), [args[2], args[1]]);
  load.remove();
});

test("tool: Ctrl-C prints the summary and leaves nothing in the kernel", async () => {
  const run = await interrupted(["opensnoop", "--ndjson"], (text) => text.includes("\n"));
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stderr, /^\d+ events?, \d+ lost\n$/);
  for (const line of run.stdout.trim().split("\n")) assert.equal(typeof JSON.parse(line).path, "string");
  await until(() => !JSON.parse(lunette("prog", "list", "-j", "--name", "openat2_*").stdout).length,
    { what: "the programs to be gone" });
});

test("tool: a script declares one", () => {
  const files = folder({ "mine.lua": `
    local lunette = require("lunette")
    lunette.tool {
      name = "mine", help = "A tool of a script.", object = "nosuch.bpf.o", events = "events",
      params = { { "pid", short = "p" } }, columns = { { "PID", "pid" } },
    }` });
  assert.match(lunette("tool", "--script", files.file("mine.lua")).stdout, /^mine +A tool of a script\.$/m);
  assert.match(lunette("tool", "--script", files.file("mine.lua"), "mine", "--help").stdout, /-p, --pid N/);
  const run = lunette("tool", "--script", files.file("mine.lua"), "mine");
  assert.match(run.stderr, /nosuch\.bpf\.o: not found/);
  files.remove();
});
