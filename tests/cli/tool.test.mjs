// lunette tool: the list, options, formats, conditions, and what Ctrl-C leaves.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { test } from "node:test";
import { folder, until } from "../lib/server.mjs";
import { binary, lunette } from "./kernel.mjs";

// Whether a process of this id has attached so many programs.
const attached = (pid, count = 1) => JSON.parse(lunette("link", "list", "-j").stdout)
  .filter(({ owners }) => owners.some((owner) => owner.pid === pid)).length >= count;

// Runs a tool, the load once it is attached, and interrupts it.
async function interrupted(words, load, programs = 1) {
  const child = spawn(binary, ["tool", ...words]);
  const result = { stdout: "", stderr: "" };
  child.stdout.on("data", (data) => { result.stdout += data; });
  child.stderr.on("data", (data) => { result.stderr += data; });
  const ended = new Promise((resolve) => child.on("close", resolve));
  await until(() => attached(child.pid, programs), { what: "the tool's programs" });
  await load();
  child.kill("SIGINT");
  result.status = await ended;
  return result;
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

test("tool: formats, conditions, order", async () => {
  const load = () => execFileSync("sh", ["-c", "for i in 1 2 3; do /bin/true lunette-tool $i; done"]);
  const run = async (...words) => {
    const result = await interrupted(["execsnoop", "--where", "args *= /bin/true lunette-tool",
      "--where", "comm == true", ...words], load);
    assert.equal(result.status, 0, result.stderr);
    assert.match(result.stderr, /^3 events, 0 lost\n$/);
    return result.stdout;
  };
  const args = [1, 2, 3].map((n) => `/bin/true lunette-tool ${n}`);
  assert.deepEqual(JSON.parse(await run("-j")).map((row) => row.args), args);
  assert.deepEqual((await run("--ndjson")).trim().split("\n").map((line) => JSON.parse(line).args), args);
  const csv = (await run("--csv")).trim().split("\n");
  assert.equal(csv[0], "comm,pid,ppid,ret,args");
  assert.deepEqual(csv.slice(1).map((line) => line.split(",")[4]), args);
  const table = (await run("--sort", "args", "--top", "2")).trim().split("\n");
  assert.match(table[0], /^PCOMM +PID +PPID +RET +ARGS$/);
  assert.deepEqual(table.slice(1).map((line) => line.slice(line.indexOf("/bin"))), [args[2], args[1]]);
});

test("tool: Ctrl-C prints the summary and leaves nothing in the kernel", async () => {
  const run = await interrupted(["exitsnoop", "--ndjson"], () => execFileSync("true"));
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stderr, /^\d+ events?, 0 lost\n$/);
  for (const line of run.stdout.trim().split("\n")) assert.equal(JSON.parse(line).exit_code.length > 0, true);
  await until(() => JSON.parse(lunette("prog", "list", "-j", "--name", "ended").stdout)
    .every(({ name }) => name !== "ended"), { what: "the program to be gone" });
});

test("tool: lines of JSON made in C are those that Lua makes", async () => {
  const load = () => { try { execFileSync("/bin/cat", ["/nonexistent/lunette-json"], { stdio: "ignore" }); } catch { /* as wanted */ } };
  const PROGRAMS = 6;
  const line = (text) => text.split("\n").find((one) => one.includes('"path":"/nonexistent/lunette-json"'));
  const shape = (text) => Object.entries(JSON.parse(text)).map(([name, value]) => name === "pid" ? name : [name, value]);
  const quick = await interrupted(["opensnoop", "--ndjson", "--buffer", "8"], load, PROGRAMS);
  const slow = await interrupted(["opensnoop", "--ndjson", "--where", "comm == cat"], load, PROGRAMS);
  assert.deepEqual(shape(line(quick.stdout)), ["pid", ["comm", "cat"], ["fd", -1], ["err", 2], ["path", "/nonexistent/lunette-json"]]);
  assert.deepEqual(shape(line(slow.stdout)), shape(line(quick.stdout)));
  assert.match(quick.stderr, /^\d+ events, 0 lost\n$/);
  assert.match(lunette("tool", "opensnoop", "--buffer", "3").stderr, /'3' is not a power of two/);
});

test("tool: kill -9 leaves nothing in the kernel", async () => {
  const child = spawn(binary, ["tool", "exitsnoop"], { stdio: "ignore" });
  await until(() => attached(child.pid), { what: "the tool's programs" });
  const ids = JSON.parse(lunette("prog", "list", "-j", "--name", "ended").stdout)
    .filter(({ owners }) => owners.some(({ pid }) => pid === child.pid)).map(({ id }) => id);
  assert.equal(ids.length, 1);
  child.kill("SIGKILL");
  await until(() => JSON.parse(lunette("prog", "list", "-j", "--name", "ended").stdout)
    .every(({ id }) => !ids.includes(id)), { what: "the program to be gone" });
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
