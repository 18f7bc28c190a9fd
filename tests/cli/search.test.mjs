// The places Lua code is loaded from: the binary, a script's folder, root's folders; no others.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { spawnSync } from "node:child_process";
import { binary as relative } from "./kernel.mjs";

const binary = resolve(relative);
let dir;

before(() => {
  dir = mkdtempSync(join(tmpdir(), "lunette-search-"));
  const traps = { "argparse.lua": 0, "cjson.lua": 0, "mine.lua": 0, "busted.lua": 0, "lunette.lua": 0, "lunette/cli.lua": 0,
    "lunette/init.lua": 0, "lunette/cli/init.lua": 0, "lunette/registry.lua": 0, "argparse/init.lua": 0 };
  for (const name of Object.keys(traps)) file(`trap/${name}`, `io.stderr:write("TRAP ${name}\\n") os.exit(42)`);
  file("trap/mine.so", "no shared object");
  file("init.lua", `io.stderr:write("TRAP init\\n") os.exit(42)`);
});
after(() => rmSync(dir, { recursive: true }));

function file(name, text) {
  const path = join(dir, name);
  mkdirSync(resolve(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
}

// Runs the binary among the traps.
function spawn(args, env = {}, cwd = join(dir, "trap")) {
  return spawnSync(binary, args, { encoding: "utf8", timeout: 120000, maxBuffer: 1 << 28, cwd, env: { ...process.env, ...env } });
}

test("no command loads anything from the working directory", () => {
  for (const args of [["--version"], ["version"], ["help"], ["prog", "list", "--help"], ["completion", "bash"],
    ["repl", "-e", "return pcall(require, 'mine')"], ["check"], ["map", "list"]]) {
    const { stderr, status } = spawn(args);
    assert.doesNotMatch(stderr, /TRAP/, args.join(" "));
    assert.notEqual(status, 42, args.join(" "));
  }
});

test("environment variables add nothing", () => {
  const trap = join(dir, "trap");
  const env = { LUA_INIT: `@${join(dir, "init.lua")}`, LUA_INIT_5_4: `@${join(dir, "init.lua")}`,
    LUA_PATH: `${trap}/?.lua;;`, LUA_PATH_5_4: `${trap}/?.lua;;`, LUA_CPATH: `${trap}/?.so`, LUA_CPATH_5_4: `${trap}/?.so`,
    LUNETTE_ROOT: trap };
  const { stdout, stderr, status } = spawn(["repl", "-e", "package.path .. '\\n' .. package.cpath", "-e", "pcall(require, 'mine')"], env);
  assert.equal(status, 0, stderr);
  assert.equal(stderr, "");
  assert.ok(!stdout.includes(dir), stdout);
  assert.match(stdout, /module 'mine' not found/);
});

test("the search paths name root's folders only", () => {
  const { stdout } = spawn(["repl", "-e", "io.write(package.path, ';', package.cpath, '\\n')"]);
  const places = stdout.split("\n")[0].split(";").filter(Boolean);
  assert.ok(places.length > 4);
  for (const place of places) assert.match(place, /^\/usr\/(local\/)?(share|lib)\//);
});

const USES = `local lunette = require("lunette")
local helper = require("helper")
assert(helper.deep == "deep" and helper.file:match("lib/deep%.lua$"))
lunette.decoder { match = { name = "nothing_like_it" }, key = lunette.decode.u32(), value = lunette.decode.u32() }
assert(lunette.path("data.txt"):match("data%.txt$"))
local function tail() return lunette.path("data.txt") end
assert(tail():match("data%.txt$"))
local ok, path = pcall(lunette.path, "data.txt")
assert(ok and path:match("data%.txt$"), path)
assert(coroutine.wrap(lunette.path)("data.txt"):match("data%.txt$"))
ok, path = pcall(lunette.path, "no.txt")
assert(not ok and path:match("no%.txt: not found %(looked for "), path)
io.stderr:write("USED\\n")
`;

test("require() of a module beside the script, and lunette.path, are the same for every command", () => {
  file("beside/helper.lua", `local name, path = ...
    local deep = require("lib.deep")
    return { deep = deep.name, file = deep.path }`);
  file("beside/lib/deep.lua", "local _, path = ... return { name = 'deep', path = path }");
  file("beside/data.txt", "");
  const script = file("beside/script.lua", USES);
  for (const args of [["run", script], ["check", "--script", script], ["metrics", "--script", script],
    ["query", "--script", script, "{ __typename }"], ["repl", "--script", script, "-e", "1"]]) {
    const { stderr } = spawn(args);
    assert.match(stderr, /USED/, `${args[0]}: ${stderr}`);
  }
  const { stderr } = spawn(["run", "script.lua"], {}, join(dir, "beside"));
  assert.match(stderr, /USED/, stderr);
});

test("a module with an error is named with its line", () => {
  file("wrong/helper.lua", "local x = 1\nx = = 2");
  const script = file("wrong/script.lua", "require('helper')");
  assert.match(spawn(["run", script]).stderr, /wrong\/helper\.lua:2: unexpected symbol near '='/);
  file("global/helper.lua", "\ntype = 'counter'\nreturn {}");
  assert.match(spawn(["run", file("global/script.lua", "require('helper')")]).stderr, /global\/helper\.lua:2: 'type' is a standard name/);
});

test("print() of a script is not part of a command's output", () => {
  const script = file("print.lua", `print("printed", 1, nil)\nio.write("written\\n")`);
  for (const [args, ok] of [[["query", "--script", script, "{ __typename }"], (text) => JSON.parse(text).data.__typename === "Query"],
    [["check", "-j", "--script", script], (text) => JSON.parse(text).scripts[0].ok === true],
    [["metrics", "--script", script], (text) => text.startsWith("# HELP")]]) {
    const { stdout, stderr } = spawn(args);
    assert.ok(ok(stdout), stdout.slice(0, 200));
    assert.match(stderr, /printed\t1\tnil\nwritten\n/);
  }
  assert.equal(spawn(["run", script]).stdout, "printed\t1\tnil\nwritten\n");
});
