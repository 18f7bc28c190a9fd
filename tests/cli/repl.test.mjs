// The REPL, in a terminal.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { until } from "../lib/server.mjs";
import { Terminal } from "../lib/terminal.mjs";

const lunette = process.env.LUNETTE ?? `${process.env.LUNETTE_BUILD ?? "build"}/lunette`;

function withPrompt(name, fn, options) {
  test(name, async () => {
    const dir = mkdtempSync(join(tmpdir(), "lunette-repl-"));
    const env = { LUNETTE_HISTORY: join(dir, "history") };
    const open = (more = {}) => new Terminal([lunette, "repl"], { env, ...options, ...more });
    const terminal = open();
    try {
      await terminal.until(/^>$/m);
      await fn(terminal, { history: env.LUNETTE_HISTORY, open });
    } finally {
      terminal.close();
      rmSync(dir, { recursive: true });
    }
  });
}

// Waits until the program has computed for so many ticks of the clock from now.
async function computing(terminal, ticks) {
  const shell = terminal.tmux("list-panes", "-F", "#{pane_pid}").trim();
  const stat = (pid) => readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ");
  const pid = readdirSync("/proc").find((name) => {
    try { return /^\d+$/.test(name) && stat(name)[1] === shell; } catch { return false; } // it has ended
  });
  const used = () => Number(stat(pid)[11]);
  const start = used();
  await until(() => used() >= start + ticks, { what: "its computing" });
}

withPrompt("prints results readably", async (terminal) => {
  terminal.enter("1 + 1, 'a\\0\\0'");
  await terminal.until(/^2\n"a" \+ 2 NUL$/m);
  terminal.enter("{ id = 1, list = { 1, 2 } }");
  await terminal.until(/^\{ id = 1, list = \{ 1, 2 \} \}$/m);
  terminal.enter("_.id");
  await terminal.until(/^> _\.id\n1$/m);
});

withPrompt("Ctrl-C stops a loop, not the prompt; also one around pcall", async (terminal) => {
  terminal.enter("print('loop' .. 1) while true do end");
  await terminal.until(/^loop1$/m);
  terminal.press("C-c");
  await terminal.until(/line 1:1: interrupted\nstack traceback:/);
  terminal.enter("print('loop' .. 2) while true do pcall(function() while true do end end) end");
  await terminal.until(/^loop2$/m);
  terminal.press("C-c");
  await terminal.until(/line 2:1: interrupted/);
  terminal.enter("40 + 2");
  await terminal.until(/^42$/m);
});

withPrompt("Ctrl-C in a C function that can't be interrupted: the second says that one more quits", async (terminal) => {
  // The C library compares two equal strings to their end.
  terminal.enter("local s, t = ('x'):rep(2e7), {} for i = 1, 3000 do t[i] = s end print('busy' .. 1) table.sort(t)");
  await terminal.until(/^busy1$/m);
  await computing(terminal, 30);
  terminal.press("C-c");
  await terminal.until(/\^C/);
  // Two that come before the process runs again are one to it.
  const told = () => terminal.until(/^lunette: still running; press Ctrl-C again to quit lunette$/m, { seconds: 5 });
  terminal.press("C-c");
  await told().catch(() => { terminal.press("C-c"); return told(); });
});

withPrompt("Ctrl-C at the prompt drops the line", async (terminal) => {
  terminal.type("this is not");
  terminal.press("C-c");
  await terminal.until(/\^C\n>$/m);
  terminal.enter("for i = 1, 2 do");
  await terminal.until(/^>>$/m);
  terminal.press("C-c");
  await terminal.until(/>> \^C\n>$/m);
  terminal.enter("'still ' .. 'here'");
  await terminal.until(/"still here"/);
});

withPrompt("input of several lines, its history, and an error that names the line",
  async (terminal, { history, open }) => {
    terminal.enter("function f(x)");
    terminal.enter("  local y = x + 1");
    terminal.enter("  error('bad ' .. y)");
    terminal.enter("end");
    await terminal.until(/>> end\n>$/m);
    terminal.enter("f(1)");
    await terminal.until(/line 1:3: bad 2\nstack traceback:\n.*\n\s+line 1:3: in function 'f'/);
    const kept = readFileSync(history, "utf8").trimEnd().split("\n");
    assert.deepEqual(kept, ["function f(x)\\n  local y = x + 1\\n  error('bad ' .. y)\\nend",
      "f(1)"]);
    const next = open();
    try {
      await next.until(/^>$/m);
      next.press("Up");
      await next.until(/^> f\(1\)$/m);
      next.press("Up");
      await next.until(/error\('bad ' \.\. y\)/);
    } finally {
      next.close();
    }
  });

withPrompt("Tab completes globals, fields and modules", async (terminal) => {
  terminal.type("inspe");
  terminal.press("Tab");
  await terminal.until(/^> inspect$/m);
  terminal.type(".for");
  terminal.press("Tab");
  await terminal.until(/^> inspect\.format$/m);
  terminal.press("C-c");
  await terminal.until(/\^C\n>$/m);
  terminal.type("bpf.map");
  terminal.press("Tab");
  await terminal.until(/^map +map_info +maps$/m);
  terminal.press("C-c");
  await terminal.until(/\^C\n>$/m);
  terminal.type("lunette.dec");
  terminal.press("Tab");
  await terminal.until(/^> lunette\.decode/m);
});

withPrompt("lists of kernel objects are tables that fit", async (terminal) => {
  terminal.enter("{ { id = 1, name = 'one' }, { id = 2, name = 'two' } }");
  const text = await terminal.until(/^id {2}name\n 1 {2}one\n 2 {2}two$/m);
  for (const line of text.split("\n")) assert.ok([...line].length <= 60, line);
}, { columns: 60 });

withPrompt("Ctrl-D ends it", async (terminal) => {
  terminal.press("C-d");
  assert.equal(await terminal.ended(), 0);
});

function repl(args, input) {
  return spawnSync(lunette, ["repl", ...args], { input, encoding: "utf8" });
}

test("lines from a pipe", () => {
  const run = repl([], "1 + 1\nfor i = 1, 2 do\nprint(i)\nend\nx = 5\nx\n");
  assert.equal(run.stdout, "2\n1\n2\n5\n");
  assert.equal(run.status, 0);
});

test("an error in a pipe goes to stderr, the rest is run, and the exit code is 1", () => {
  const run = repl([], "error('x')\n'next'\n");
  assert.match(run.stderr, /^stdin:1: x\nstack traceback:/);
  assert.equal(run.stdout, '"next"\n');
  assert.equal(run.status, 1);
});

test("-e prints what it gives", () => {
  assert.equal(repl(["-e", "x = 2", "-e", "x * 3"]).stdout, "6\n");
  const bad = repl(["-e", "x ="]);
  assert.equal(bad.status, 1);
  assert.match(bad.stderr, /^lunette: .*not complete\n$/);
  assert.equal(repl(["-e", "nil + 1"]).status, 1);
});

test("input of any kind leaves the prompt alive", () => {
  const deep = `${"{".repeat(100000)}\n'next'\n`;
  const run = repl([], deep);
  assert.match(run.stdout, /^"next"\n$/);
  assert.equal(run.status, 1);
  const bytes = Buffer.from(Array.from({ length: 20000 }, (_, i) => (i * 7919 + (i >> 3)) & 255));
  assert.ok([0, 1].includes(repl([], bytes).status));
});

test("input that ends in the middle of a statement is told", () => {
  const run = repl([], "for i = 1, 2 do\n");
  assert.match(run.stderr, /the input ends in the middle of a statement/);
  assert.equal(run.status, 1);
});
