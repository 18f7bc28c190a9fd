// lunette top: machine formats, and the screen in a terminal of 80 x 24.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { binary, build, hold, lunette } from "./kernel.mjs";
import { Terminal } from "../lib/terminal.mjs";

let held;
let counter;

// A program that runs all the time: the demo's, which counts system calls.
before(async () => {
  held = await hold();
  counter = spawn(binary, ["run", "-", `${build}/examples/syscalls/syscalls.bpf.o`]);
  counter.stdin.end(`
    local bpf = require("bpf")
    local object <close> = assert(bpf.load(arg[1]))
    assert(object:attach())
    print(object:progs()[1].id) io.stdout:flush()
    while true do require("lunette.core.tty").sleep(0.001) end`);
  counter.id = await new Promise((resolve) => counter.stdout.once("data", (data) => {
    resolve(Number(data));
  }));
});
after(async () => {
  counter.kill("SIGINT");
  await new Promise((resolve) => counter.once("close", resolve));
  await held.close();
});

test("-j: a sample a line, with what programs cost", () => {
  const run = lunette("top", "-j", "--count", 2, "-i", 0.3);
  assert.equal(run.status, 0, run.stderr);
  const samples = run.stdout.trim().split("\n").map(JSON.parse);
  assert.equal(samples.length, 2);
  for (const sample of samples) {
    const row = sample.programs.find((program) => program.id === counter.id);
    assert.equal(row.name, "count_syscall");
    assert.equal(row.kernelType, "raw_tracepoint");
    assert.ok(row.runs > 0 && row.cpu > 0 && row.average > 0, JSON.stringify(row));
    assert.match(row.owners[0], /^\d+ lunette$/);
    assert.match(row.attached, /sys_enter/);
  }
});

test("--csv: a head, then a line a program and sample", () => {
  const lines = lunette("top", "--csv", "--count", 2, "-i", 0.2).stdout.trim().split("\n");
  assert.equal(lines[0],
    "time,id,name,kernelType,cpu,runs,average,runCount,recursionMisses");
  assert.equal(lines.filter((line) => line.startsWith("time,")).length, 1);
  assert.equal(lines.filter((line) => line.includes(`,${counter.id},count_syscall,`)).length, 2);
});

test("--once: a table, the costliest first", () => {
  const lines = lunette("top", "--once", "-i", 0.3).stdout.trimEnd().split("\n");
  assert.match(lines[0], /^ *ID +TYPE +NAME +CPU% +RUNS\/S +AVG +MISSES +HISTORY +OWNERS/);
  const at = lines.findIndex((line) => line.includes("count_syscall"));
  const idle = lines.findIndex((line) => line.includes("cli_count"));
  assert.ok(at > 0 && at < idle, lines.join("\n"));
});

function onScreen(name, fn, options) {
  test(name, async () => {
    const terminal = new Terminal([binary, "top", "-i", "0.3"], options);
    try {
      await terminal.until(/CPU%▼/, { history: false });
      await fn(terminal, (pattern) => terminal.until(pattern, { history: false }));
      assert.equal(await terminal.ended(), 0);
    } finally {
      terminal.close();
    }
  });
}

onScreen("the screen: fits, filters, goes into a program and its map, and back",
  async (terminal, until) => {
    const text = await until(/^BPF \d+\.\d+% of a CPU, [\d.]+[kMG]? runs\/s by \d+ of \d+ programs/m);
    assert.match(text, /^lunette top .* Linux .* \d+ CPUs?, .*\d% BPF +\d\d:\d\d:\d\d$/m);
    for (const line of text.split("\n")) assert.ok([...line].length <= 80, line);
    assert.ok(text.split("\n").length <= 25);
    assert.match(text, /^ *ID .*CPU%▼/m);
    const id = held.ids.program;
    terminal.type("/");
    terminal.type(`${id}`);
    await until(new RegExp(`programs \\(\\d+\\) {2}/${id}_`));
    terminal.press("Enter");
    await until(new RegExp(`^ *${id} +cli_count `, "m"));
    await until(new RegExp(`programs \\(\\d+\\) {2}/${id}$`, "m"));
    terminal.press("Enter");
    await until(new RegExp(`^program ${id} {2}cli_count$`, "m"));
    terminal.type("m");
    await until(/^maps of program \d+ \(1\)$/m);
    terminal.press("Enter");
    await until(/^map \d+ cli_cpus \(2\)$/m);
    terminal.press("Escape");
    await until(/^maps of program/m);
    terminal.press("Escape");
    await until(/^program \d+ cli_count$/m);
    terminal.type("c");
    await until(/^code of \d+ cli_count$/m);
    await until(/^ +0: \([0-9a-f]{2}\) /m);
    terminal.type("/");
    terminal.type("exit");
    terminal.press("Enter");
    await until(/^code of \d+ cli_count {2}\/exit$/m);
    await until(/^ +\d+: \(95\) exit/m);
    terminal.type("/");
    terminal.type("nowhere");
    terminal.press("Enter");
    await until(/ {2}\/nowhere \(not found\)$/m);
    terminal.press("Escape");
    await until(/^code of \d+ cli_count$/m);
    terminal.press("Escape");
    await until(/^program \d+ cli_count$/m);
    terminal.type("g");
    await until(/^└─ map \d+ cli_cpus +percpu_array/m);
    terminal.press("Down");
    terminal.press("Enter");
    await until(/^map \d+ cli_cpus \(2\)$/m);
    terminal.press("Escape");
    await until(/^graph of program \d+ \(2\)$/m);
    terminal.press("Escape");
    await until(/^program \d+ cli_count$/m);
    terminal.type("l");
    await until(/^lines of \d+ cli_count, \d+ samples$/m);
    await until(/^ +\d+ {2} +if \(count\)$/m);
    terminal.press("Escape");
    await until(/^program \d+ cli_count$/m);
    terminal.press("Escape");
    await until(/programs \(/);
    terminal.type("q");
  });

onScreen("the screen: attach points, sorting, a smaller window", async (terminal, until) => {
  terminal.type("a");
  await until(/^attach points \(\d+\)/m);
  terminal.type("/");
  terminal.type(`${counter.id}`);
  await until(new RegExp(`^attach points \\(\\d+\\) {2}/${counter.id}_`, "m"));
  terminal.press("Enter");
  await until(new RegExp(`sys_enter +${counter.id} count_syscall`));
  terminal.press("Escape"); // the filter goes first
  await until(/^attach points \(\d+\)$/m);
  terminal.press("Escape");
  await until(/CPU%▼/);
  terminal.type("s");
  await until(/RUNS\/S▼/);
  terminal.type("r");
  await until(/RUNS\/S▲/);
  terminal.resize(50, 10);
  const lines = (await until(/^enter open {2}\/ filter.*…$/m)).trimEnd().split("\n");
  assert.equal(lines.length, 10);
  for (const line of lines) assert.ok([...line].length <= 50, line);
  terminal.press("C-c");
});

onScreen("the screen: keys, a pause, drawing anew", async (terminal, until) => {
  terminal.type("?");
  await until(/^ {2}p +pause, and go on$/m);
  terminal.press("Escape");
  await until(/CPU%▼/);
  terminal.type("p");
  await until(/^lunette top .* paused$/m);
  terminal.press("C-l");
  terminal.type("p");
  await until(/^lunette top .* \d\d:\d\d:\d\d$/m);
  terminal.type("q");
});

// Of a locale without UTF-8, on a terminal without colours.
test("the screen in ASCII, on a VT100", async () => {
  const terminal = new Terminal([binary, "top", "-i", "0.3"],
    { env: { LC_ALL: "C", TERM: "vt100" } });
  try {
    const text = await terminal.until(/ CPU%v .*\n.* [_.=+*#@-]+ /, { history: false });
    assert.match(text, /^[\x00-\x7f]*$/);
    const colours = terminal.tmux("capture-pane", "-p", "-e");
    assert.doesNotMatch(colours, /\x1b\[[0-9;]*3[0-7]m/);
    terminal.type("q");
    assert.equal(await terminal.ended(), 0);
  } finally {
    terminal.close();
  }
});

test("a terminal that can't move its cursor: a line says so, and samples are printed", async () => {
  const terminal = new Terminal([binary, "top", "-i", "0.2", "--count", "1"],
    { env: { TERM: "dumb" }, columns: 120, rows: 400 });
  try {
    await terminal.until(/^lunette: a terminal of the kind 'dumb' has no screen to draw on/m);
    await terminal.until(/^ *ID +TYPE +NAME +CPU% /m);
    assert.equal(await terminal.ended(), 0);
  } finally {
    terminal.close();
  }
});

test("ended from outside, it leaves the terminal as it was", async () => {
  const terminal = new Terminal(["sh", "-c", 'echo "pid $$"; exec "$@"', "sh", binary, "top"]);
  try {
    const pid = Number((await terminal.until(/^pid (\d+)$/m)).match(/^pid (\d+)$/m)[1]);
    await terminal.until(/CPU%▼/, { history: false });
    process.kill(pid, "SIGTERM");
    const text = await terminal.until(/\[exit 143\]/, { history: false });
    assert.match(text, /^pid \d+\n[^]*\[exit 143\]/);
    assert.equal(terminal.tmux("display", "-p", "#{alternate_on} #{cursor_flag}").trim(), "0 1");
  } finally {
    terminal.close();
  }
});

// Three hundred programs of the test's own, in two sizes, and a window that changes.
test("the screen with 300 programs", async () => {
  const many = spawn(binary, ["run", "-", `${build}/tests/bpf/objects.bpf.o`]);
  many.stdin.end(`
    local bpf = require("bpf")
    local held = {}
    for i = 1, 43 do held[i] = assert(bpf.load(arg[1])) end
    print("ready") io.stdout:flush()
    while true do require("lunette.core.tty").sleep(1) end`);
  await new Promise((resolve) => many.stdout.once("data", resolve));
  const terminal = new Terminal([binary, "top", "-i", "0.3"]);
  const until = (pattern) => terminal.until(pattern, { history: false, seconds: 60 });
  const fits = (text, columns, rows) => {
    const lines = text.trimEnd().split("\n");
    assert.equal(lines.length, rows);
    for (const line of lines) assert.ok([...line].length <= columns, line);
  };
  try {
    await until(/^BPF .* by \d+ of \d{3,} programs/m);
    fits(await until(/^enter open .* q quit$/m), 80, 24);
    terminal.type("/");
    terminal.type("obj_iter");
    terminal.press("Enter");
    await until(/^programs \(\d\d+\) {2}\/obj_iter$/m);
    terminal.press("End");
    terminal.resize(200, 50);
    const text = await until(/^ *ID +TYPE +NAME +CPU%▼ +RUNS\/S +AVG +MISSES +HISTORY +OWNERS +ATTACHED$/m);
    assert.ok(text.split("\n").filter((line) => / obj_iter /.test(line)).length >= 40);
    fits(await until(/(.*\n){48}.*q quit$/m), 200, 50);
    terminal.resize(40, 10);
    fits(await until(/^enter open .*…$/m), 40, 10);
    terminal.press("Escape");
    await until(/^programs \(\d{3,}\)$/m);
    terminal.press("C-c");
    assert.equal(await terminal.ended(), 0);
  } finally {
    terminal.close();
    many.kill("SIGINT");
    await new Promise((resolve) => many.once("close", resolve));
  }
});

test("watch: the screen of a map, and q", async () => {
  const terminal = new Terminal([binary, "map", "watch", String(held.ids.cli_flows), "-i", "0.2"]);
  try {
    await terminal.until(/^map \d+ cli_flows, every 0\.2s .*\(q ends\)$/m, { history: false });
    await terminal.until(/^ +4 +320 +6 +1152921504606846976 +0/m, { history: false });
    terminal.type("q");
    assert.equal(await terminal.ended(), 0);
  } finally {
    terminal.close();
  }
});
