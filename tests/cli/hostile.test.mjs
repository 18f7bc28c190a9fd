// Foreign names, paths, source lines and entries reach no terminal as control characters, and no
// shell as a command.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync, openSync, closeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { until } from "../lib/server.mjs";
import { binary, build, lunette } from "./kernel.mjs";

const EVIL = "\x1b]0;pwned\x07\u009b31m\u202e";
const CGROUP = `/sys/fs/cgroup${existsSync("/sys/fs/cgroup/unified") ? "/unified" : ""}/lunette-${process.pid}-\x1b[31m\u202e`;
const PIN = `/sys/fs/bpf/hostile-${process.pid}`;

let held, ids, dir;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "lunette-hostile-"));
  mkdirSync(CGROUP);
  held = spawn(binary, ["run", "tests/cli/hostile.lua", `${build}/tests/bpf/hostile.bpf.o`, CGROUP, PIN, process.pid % 10000],
    { stdio: ["pipe", "pipe", "inherit"] });
  ids = JSON.parse(await new Promise((resolve, reject) => {
    createInterface({ input: held.stdout }).once("line", resolve);
    held.once("exit", (code) => reject(new Error(`hostile.lua ended with ${code}`)));
  }));
});

after(async () => {
  rmSync(dir, { recursive: true });
  if (held?.exitCode === null) {
    const ended = new Promise((resolve) => held.once("exit", resolve));
    held.stdin.end();
    await ended;
  }
  rmdirSync(CGROUP);
});

// What a terminal obeys, in the bytes of an output: where it is, or nothing.
const obeyed = (bytes, { colours = false } = {}) => {
  let text = bytes.toString("latin1").replaceAll("\r\n", "\n");
  if (colours) text = text.replace(/\x1b\[[\d;?]*[a-zA-Z]/g, "");
  const valid = Buffer.from(text, "latin1");
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(valid);
  } catch {
    return `no UTF-8: ${JSON.stringify(text.slice(0, 400))}`;
  }
  const found = valid.toString().match(/.{0,40}[\0-\x08\x0b-\x1f\x7f\u0080-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069].{0,20}/);
  return found ? JSON.stringify(found[0]) : undefined;
};

const inTerminal = (words) => {
  const quoted = words.map((word) => `'${String(word).replaceAll("'", "'\\''")}'`).join(" ");
  const run = spawnSync("script", ["-qec", `stty cols 400 2>/dev/null; exec '${binary}' ${quoted}`, "/dev/null"],
    { env: { ...process.env, TERM: "xterm", LC_ALL: "C.UTF-8" }, timeout: 120000, maxBuffer: 1 << 28 });
  return run.stdout;
};

const commands = () => {
  writeFileSync(join(dir, "bad.lua"), `error(${JSON.stringify(EVIL).replace(/\\u(\w+)/g, "\\u{$1}")} .. "\\xff")`);
  const { map, program, link, btf, devices, xdp, xdpLink } = ids;
  return [
    ["prog", "list"], ["prog", "show", program], ["prog", "dump", "xlated", program],
    ["prog", "dump", "jited", program], ["prog", "cfg", program], ["prog", "hot", program, "--seconds", "0.1"],
    ["map", "list"], ["map", "show", map], ["map", "dump", map], ["map", "dump", map, "--decode", "string"],
    ["map", "dump", map, "--cpus", "sum", "--sort", "count"], ["map", "lookup", map, "plain"],
    ["map", "watch", map, "--count", "1"], ["map", "diff", map, "-s", "0.05"],
    ["map", "dump", map, "--where", `text *= ${EVIL}`], ["map", "show", EVIL], ["map", "lookup", map, EVIL],
    ["map", "update", map, EVIL, "x", "--dry-run"], ["map", "unpin", `/sys/fs/bpf/${EVIL}`], ["map", "hist", map],
    ["map", "dump", devices], ["map", "show", devices], ["map", "lookup", devices, 1], ["prog", "show", xdp],
    ["link", "show", xdpLink], ["attach", "list", "--program", xdp],
    ["link", "list"], ["link", "show", link], ["attach", "list"], ["attach", "list", "--program", program],
    ["leaks"], ["btf", "list"], ["btf", "dump", btf], ["btf", "dump", `/${EVIL}`], ["btf", "dump", btf, EVIL],
    ["inspect", "progs", "list"], ["inspect", "maps", "list"], ["top", "--once", "-i", "0.1"],
    ["query", EVIL],
    ["run", join(dir, "bad.lua")], ["run", EVIL], ["check", "--script", join(dir, "bad.lua")],
    ["metrics", "--script", join(dir, "bad.lua")], ["metrics", "--rule", EVIL], ["metrics", "rule", map],
    ["repl", "-e", "require('bpf').pins()"], ["repl", "-e", `require('bpf').owners({ kind = 'map', id = ${map} })`],
    ["repl", "-e", `for k, v in require('bpf').map(${map}):each() do return k, v end`],
    ["repl", "-e", "error('\\27[31m\\xff')"], ["repl", "-e", EVIL], ["help", EVIL], [EVIL],
    ["--root", `/${EVIL}`, "version"],
  ];
};

const rule = () => {
  writeFileSync(join(dir, "rule.lua"), `require("lunette").metrics.map { name = "hostile_device", type = "gauge",
    help = "x", match = { id = ${ids.devices} }, labels = { device = "value" }, value = 1 }`);
  return ["metrics", "--script", join(dir, "rule.lua"), "--rule", "hostile_device"];
};

const machine = () => [
  rule(),
  ...["-j", "--csv"].flatMap((format) => [["prog", "list", format], ["map", "list", format], ["map", "dump", ids.map, format],
    ["attach", "list", format], ["leaks", format], ["link", "list", format]]),
  ["map", "dump", ids.devices, "--ndjson"], ["map", "dump", ids.devices, "--csv"], ["link", "show", ids.xdpLink, "-j"],
  ["query", "{ attachments { target how details interface { name } owners { comm } } }"],
  ["map", "dump", ids.map, "--ndjson"], ["map", "dump", ids.map, "-j", "--top", "2", "--sort", "count"],
  ["map", "lookup", ids.map, "plain", "-j"], ["prog", "dump", "xlated", ids.program, "-j"], ["btf", "dump", ids.btf, "-j"],
  ["prog", "show", ids.program, "-j"], ["map", "watch", ids.map, "--count", "1", "-j"],
  ["top", "--once", "-i", "0.1", "-j"], ["query", `{ map(id: ${ids.map}) { name pins owners { comm } } }`],
];

test("what is for people has nothing that a terminal obeys", () => {
  const bad = [];
  for (const words of commands()) {
    const run = lunette(...words, { encoding: "buffer" });
    const found = obeyed(run.stdout) ?? obeyed(run.stderr);
    if (found) bad.push(`${JSON.stringify(words)}: ${found}`);
  }
  assert.deepEqual(bad, []);
});

test("on a terminal neither has what is for machines", () => {
  const bad = [];
  for (const words of [...commands(), ...machine()]) {
    const found = obeyed(inTerminal(words), { colours: words[0] === "top" || words[1] === "watch" });
    if (found) bad.push(`${JSON.stringify(words)}: ${found}`);
  }
  assert.deepEqual(bad, []);
});

test("JSON on a terminal has the same values", () => {
  const words = ["map", "dump", ids.map, "-j"];
  assert.deepEqual(JSON.parse(inTerminal(words).toString()), JSON.parse(lunette(...words).stdout));
});

test("the hostile text is there, as what it is", () => {
  assert.match(lunette("prog", "dump", "xlated", ids.program).stdout, /\\x1b\]0;pwned\\x07\\u\{9b\}31m\\u\{202e\}\\xff/);
  assert.match(lunette("map", "dump", ids.map, "--decode", "string").stdout, /\\x1b\]0;pwned\\x07\\u\{9b\}31m\\u\{202e\}/);
  assert.match(lunette("prog", "show", ids.program).stdout, /\\x1b\[31m\\x07/);
});

// What the kernel keeps of a name that is not UTF-8, as JSON can say it.
const INTERFACES = ["\x1b]0;p\x07\u009b31m\ufffd", "<script>alert(1", "<img$(id)`id`\"'", "=1+1|'\";&\\", "-h",
  "\u202e\u2066abc", "{{1}}${1}\\n$d", "abcdefghijklmno"];

test("the names of interfaces are the same in every list", () => {
  const sorted = (list) => list.sort();
  const json = (...words) => JSON.parse(lunette(...words).stdout);
  const named = (list) => sorted(list.filter((row) => row.program?.id === ids.xdp).map((row) => row.interface.name));
  const names = sorted([...INTERFACES]);
  assert.deepEqual(named(json("attach", "list", "-j")), names);
  assert.deepEqual(named(json("query", "{ attachments { program { id } interface { name } } }").data.attachments), names);
  assert.deepEqual(sorted(json("map", "dump", ids.devices, "-j").map((entry) => entry.value)), names);
  const shown = lunette("link", "list").stdout;
  for (const text of ["\\x1b]0;p\\x07\\u{9b}31m\\xff  ", "<img$(id)`id`\"'  ", "=1+1|'\";&\\  ", "\\u{202e}\\u{2066}abc  "]) {
    assert.ok(shown.includes(text), `${text} in ${shown}`);
  }
  const page = lunette(...rule()).stdout;
  const labels = page.match(/(?<=^hostile_device\{device=)".*"(?=\} 1$)/gm).map((text) => JSON.parse(text.replaceAll(/[\x1b\x07]/g,
    (char) => `\\u00${char.charCodeAt(0).toString(16).padStart(2, "0")}`)));
  assert.deepEqual(sorted(labels), names);
});

test("Tab offers words that a shell takes as they are", () => {
  // A pin's name may be the full name of a map whose own is cut.
  const pins = ["$(touch pwned)", "';touch pwned", " b\nc\x1b[31m", "`id`"].map((evil) => `/sys/fs/bpf/hostile_tab_nam${evil}`);
  const words = (...line) => lunette("completion", "words", "--", ...line).stdout.trimEnd().split("\n");
  try {
    for (const pin of pins) {
      const made = spawnSync("bpftool", ["map", "create", pin, "type", "hash", "key", "4", "value", "4", "entries", "1",
        "name", "hostile_tab_nam"]);
      assert.equal(made.status, 0, String(made.stderr));
    }
    assert.ok(words("map", "dump", "hostile_tab").every((item) => item.startsWith("hostile_tab_nam\t")));
    for (const line of [["map", "dump", ""], ["prog", "show", ""], ["link", "show", ""], ["btf", "dump", ""],
      ["attach", "list", "--program", ""], ["map", "dump", "$(touch pwned)", ""], [EVIL, ""]]) {
      for (const item of words(...line)) assert.match(item, /^(\w[\w.:-]*|:files|-[-\w]*|)\t?[ -~]*$/, JSON.stringify(line));
    }
    const folder = join(dir, "tab");
    mkdirSync(folder);
    for (const name of ["a$(touch pwned)", "a';touch pwned", "a b", "a\nc", "a\x1b[31m"]) writeFileSync(join(folder, name), "");
    const script = `PATH=$PWD/bin:$PATH; source <(lunette completion bash)
      compopt() { :; }
      complete_words() {
        COMP_WORDS=(lunette "$@"); COMP_CWORD=$#
        _lunette
        printf '%s\\0' "\${COMPREPLY[@]}"
      }
      complete_words map dump ""
      complete_words run a
      complete_words run '$(touch pwned)'
      complete_words run "';touch pwned"
      complete_words map dump '$(touch pwned)' ""`;
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "bin/lunette"), `#!/bin/sh\nexec '${resolve(binary)}' "$@"\n`, { mode: 0o755 });
    const run = spawnSync("bash", ["--norc", "-c", script], { cwd: folder, encoding: "utf8" });
    assert.equal(run.stderr, "");
    assert.ok(run.stdout.includes("a$(touch pwned)"), run.stdout); // a file's name, which readline quotes
    assert.ok(run.stdout.includes(String(ids.map)));
    assert.deepEqual([existsSync(join(folder, "pwned")), existsSync("pwned")], [false, false]);
  } finally {
    for (const pin of pins) rmSync(pin, { force: true });
  }
});

test("CSV in a file has no formula, elsewhere the bytes as they are", () => {
  const dump = (guard, stdio) => spawnSync(binary, ["map", "dump", ids.map, "--csv", ...guard], { encoding: "utf8", stdio });
  const inFile = (guard) => {
    const path = join(dir, "out.csv");
    const file = openSync(path, "w");
    dump(guard, ["ignore", file, "inherit"]);
    closeSync(file);
    return readFileSync(path, "utf8");
  };
  assert.match(inFile([]), /^'=1\+1,/m);
  assert.match(inFile(["--guard", "no"]), /^=1\+1,/m);
  assert.match(dump([]).stdout, /^=1\+1,/m);
  assert.match(dump(["--guard", "yes"]).stdout, /^'=1\+1,/m);
});

test("the screen of top: an attack in a process' name", async () => {
  const { Terminal } = await import("../lib/terminal.mjs");
  const terminal = new Terminal([binary, "top", "-i", "0.2"], { columns: 200, rows: 50 });
  try {
    await terminal.until(/lunette top/, { history: false });
    terminal.press("/");
    terminal.type("hostile_egress");
    terminal.press("Enter");
    const text = await terminal.until(/hostile_egress.*\\x1b\[31m/, { history: false });
    assert.match(text, /\\x1b\[31m\\x07/);
  } finally {
    terminal.close();
  }
});

test("prog log: what a program prints, and a tool's rows", async (t) => {
  const follow = (...words) => {
    const child = spawn(binary, words, { stdio: ["ignore", "pipe", "pipe"] });
    const parts = [];
    child.stdout.on("data", (data) => parts.push(data));
    return { bytes: () => Buffer.concat(parts), ended: new Promise((resolve) => child.once("exit", resolve)), stop: () => child.kill("SIGINT") };
  };
  const marker = "/sys/kernel/tracing/trace_marker";
  if (!existsSync(marker)) return t.skip("no trace_marker here");
  const log = follow("prog", "log", "--grep", "pwned", "--seconds", "60");
  const said = until(() => {
    writeFileSync(marker, Buffer.from(`${EVIL}\xff\n`, "latin1"));
    return log.bytes().includes("pwned");
  }, { what: "the line of the log" });
  await said.finally(log.stop);
  await log.ended;
  assert.equal(obeyed(log.bytes()), undefined);
  const tool = follow("tool", "opensnoop", "-d", "60");
  await until(() => {
    closeSync(openSync(join(dir, `pwned${EVIL.replaceAll("/", "")}`), "w"));
    return tool.bytes().includes("pwned");
  }, { what: "the row of the tool" }).finally(tool.stop);
  await tool.ended;
  assert.equal(obeyed(tool.bytes()), undefined);
});

test("leaks: a pin's path is one word of the command", () => {
  held.stdin.end();
  return new Promise((resolve) => held.once("exit", resolve)).then(() => {
    // Pinned again by a process that ends: nobody holds it.
    const pins = [`${PIN}; echo pwned`, `${PIN}\x1b[31m'$(id)`];
    const script = `local bpf = require("bpf") local o <close> = assert(bpf.load(arg[1]))
      for i = 2, #arg do assert(bpf.pin(o:map("hostile_notes"), arg[i])) end`;
    try {
      assert.equal(lunette("run", "-", `${build}/tests/bpf/hostile.bpf.o`, ...pins, { input: script }).status, 0);
      const row = JSON.parse(lunette("leaks", "-j").stdout).find((leak) => leak.remedy.includes(PIN));
      assert.ok(!/[\x00-\x1f]/.test(row.remedy), row.remedy);
      const run = spawnSync("bash", ["-c", row.remedy], { encoding: "utf8" });
      assert.deepEqual([run.status, run.stdout, run.stderr], [0, "", ""]);
    } finally {
      for (const pin of pins) lunette("map", "unpin", pin);
    }
  });
});
