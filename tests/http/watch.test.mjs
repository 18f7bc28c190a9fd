// Which changes of files reload the scripts (src/http/watch.c).

import assert from "node:assert/strict";
import { appendFileSync, cpSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { request } from "../lib/http.mjs";
import { folder, startServer, until } from "../lib/server.mjs";

const route = (n) => `require("lunette").http.get("/version", function() return "${n}" end)\n`;
const through = (module) => `local version = require("${module}")
require("lunette").http.get("/version", function() return tostring(version) end)\n`;

async function withScripts(make, script, fn, args = []) {
  const files = folder();
  files.write = (name, text) => {
    mkdirSync(dirname(files.file(name)), { recursive: true });
    writeFileSync(files.file(name), text);
  };
  make(files);
  const server = await startServer({ args: ["--script", files.file(script), ...args] });
  const version = async () => (await request(server.url + "/version")).text;
  server.is = (text) => until(async () => (await version()) === text, { what: `version ${text}` });
  server.generation = async () => (await (await request(server.url + "/healthz")).json()).generation;
  try { await fn(server, files); } finally {
    await server.stop();
    files.remove();
  }
}

// As the kubelet writes a ConfigMap: the files are links into ..data, a link that is exchanged.
function configMap(files, name, n) {
  files.write(`map/..${name}/a.lua`, route(n));
  symlinkSync(`..${name}`, files.file("map/..data_tmp"));
  renameSync(files.file("map/..data_tmp"), files.file("map/..data"));
}

for (const script of ["map", "map/a.lua"]) {
  test(`a ConfigMap whose ..data is exchanged (--script ${script})`, () => withScripts((files) => {
    configMap(files, "1", 1);
    symlinkSync("..data/a.lua", files.file("map/a.lua"));
  }, script, async (server, files) => {
    await server.is("1");
    for (const n of [2, 3, 4]) {
      configMap(files, String(n), n);
      rmSync(files.file(`map/..${n - 1}`), { recursive: true });
      await server.is(String(n));
    }
  }));
}

test("a folder behind a link that is exchanged, as git-sync does", () => withScripts((files) => {
  files.write("one/scripts/a.lua", route(1));
  files.write("two/scripts/a.lua", route(2));
  symlinkSync("one", files.file("current"));
}, "current/scripts", async (server, files) => {
  await server.is("1");
  symlinkSync("two", files.file("next"));
  renameSync(files.file("next"), files.file("current"));
  await server.is("2");
}));

test("a module in a subfolder, also one that was missing", () => withScripts((files) => {
  files.write("a.lua", through("lib.deep.version"));
  files.write("lib/deep/version.lua", "return 1");
}, "a.lua", async (server, files) => {
  await server.is("1");
  files.write("lib/deep/version.lua", "return 2");
  await server.is("2");
  files.write("a.lua", through("more.version"));
  await server.logged(/module 'more\.version' not found/);
  files.write("more/version.lua", "return 3");
  await server.is("3");
  files.write("more/version.lua", "return = 4");
  await server.logged(/more\/version\.lua:1: unexpected symbol/);
  files.write("more/version.lua", "return 4");
  await server.is("4");
}));

test("a script that goes, and files that are of no account", () => withScripts((files) => {
  files.write("s/a.lua", route(1));
  files.write("s/b.lua", `require("lunette").http.get("/b", function() return "b" end)`);
}, "s", async (server, files) => {
  for (const name of ["s/note.txt", "s/.a.lua.swp", "s/a.lua~", "s/sub/other.lua"]) files.write(name, "x");
  unlinkSync(files.file("s/b.lua"));
  await until(async () => (await request(server.url + "/b")).status === 404, { what: "the end of b.lua" });
  assert.equal(await server.generation(), 2);
}));

test("--no-reload leaves all as it is", () => withScripts((files) => files.write("a.lua", route(1)), "a.lua",
  async (server, files) => {
    files.write("a.lua", route(2));
    server.kill("SIGHUP");
    await server.is("2");
    assert.equal(await server.generation(), 2);
  }, ["--no-reload"]));

test("with --root, Lunette's own Lua files too", async () => {
  const root = folder();
  cpSync("lua", root.file("lua"), { recursive: true });
  const scripts = { "a.lua": route(1) };
  const under = ["sh", "-c", `exec "$0" --root '${root.path}' "$@"`];
  const server = await startServer({ under, scripts });
  try {
    appendFileSync(root.file("lua/lunette/http/routes.lua"), "-- changed\n");
    await server.logged(/scripts loaded again/);
  } finally {
    await server.stop();
    root.remove();
  }
});
