// lunette.load: one object for the whole process, kept over reloads, released with its script.

import assert from "node:assert/strict";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { after, before, test } from "node:test";
import { run, startServer, until } from "../lib/server.mjs";

const BUILD = resolve(process.env.LUNETTE_BUILD ?? "build");
const OBJECT = `${BUILD}/examples/syscalls/syscalls.bpf.o`;
const OTHER = `${BUILD}/examples/metrics/syscalls_by_process.bpf.o`;
const script = (setup = "", map = "SYSCALLNUM") => `
local lunette = require("lunette")
local held = lunette.load("counter", "counter.bpf.o"${setup})
lunette.http.get("/map", function()
  local map <close>, err = held:map("${map}")
  return { json = { id = map and map:info().id or false, err = err } }
end)`;

let server;
before(async () => {
  server = await startServer({ args: ["--vms", "2"], scripts: {} });
  copyFileSync(OBJECT, server.scripts.file("counter.bpf.o"));
});
after(async () => { await server?.stop(); });

const generation = async () => (await (await fetch(`${server.url}/healthz`)).json()).generation;
const id = async () => {
  const answer = await fetch(`${server.url}/map`);
  return answer.ok ? (await answer.json()).id : undefined;
};

/** Changes the folder of scripts, and waits until the server has loaded it. */
async function change(fn) {
  const next = await generation() + 1;
  fn();
  await until(async () => await generation() >= next, { what: "the reload" });
}
const write = (text) => change(() => writeFileSync(server.scripts.file("counter.lua"), text));

async function mapOf(what) {
  return until(id, { what });
}

async function isGone(map) {
  const list = await run(["map", "show", String(map)]);
  return list.code === 3;
}

test("every VM has the same map, and a reload keeps it", async () => {
  await write(script());
  const map = await mapOf("the object");
  for (let i = 0; i < 20; i++) assert.equal(await id(), map);
  await write(`${script()} -- only a comment`);
  assert.equal(await mapOf("the object after a reload"), map);
});

test("another setup, another file: another object, and the one before is gone", async () => {
  const first = await mapOf("the object");
  await write(script(', function(object) assert(object:attach("count_syscall")) end'));
  const second = await until(async () => { const now = await id(); return now !== first && now; }, { what: "the second object" });
  await until(() => isGone(first), { what: "the end of the first" });
  await change(() => {
    copyFileSync(OTHER, server.scripts.file("counter.bpf.o"));
    writeFileSync(server.scripts.file("counter.lua"), script("", "syscalls"));
  });
  await until(() => isGone(second), { what: "the end of the second" });
});

test("what can't be loaded is told; the server goes on", async () => {
  await change(() => {
    copyFileSync(OBJECT, server.scripts.file("counter.bpf.o"));
    writeFileSync(server.scripts.file("counter.lua"), script(', { set = { nothing = 1 } }'));
  });
  await until(async () => {
    const health = await (await fetch(`${server.url}/healthz`)).json();
    return health.status === "degraded" && JSON.stringify(health.errors).includes("lunette.load 'counter'");
  }, { what: "the error in /healthz" });
  await server.logged(/lunette\.load 'counter' \(.*counter\.lua:3\): .*nothing/);
});

test("gone with its script", async () => {
  await write(script());
  const map = await mapOf("the object");
  await change(() => rmSync(server.scripts.file("counter.lua")));
  await until(() => isGone(map), { what: "the end of the object" });
});

test("two objects of one name are an error that names the other", async () => {
  const other = server.scripts.file("both.lua");
  writeFileSync(other, `${script()}\nlunette.load("counter", "counter.bpf.o")`);
  const checked = await run(["check", "--script", other]);
  assert.equal(checked.code, 1);
  assert.match(checked.stdout, /both\.lua:8: load 'counter': \S*both\.lua:3 declares an object of that name already/);
  rmSync(other);
});

test("check tries the object, run holds it as long as it runs", async () => {
  const path = server.scripts.file("run.lua");
  writeFileSync(path, `local held = require("lunette").load("counter", "counter.bpf.o")
    local map <close> = held:map("SYSCALLNUM")
    print(map:info().name, pcall(held.map, held, "nothing"))`);
  const ran = await run(["run", path]);
  assert.match(ran.stdout, /^SYSCALLNUM\tfalse\t.*the object 'counter' has no map 'nothing'\n$/, ran.stderr);
  writeFileSync(path, 'require("lunette").load("counter", "run.lua")');
  const checked = await run(["check", "--script", path]);
  assert.match(checked.stdout, /lunette\.load 'counter' \(.*run\.lua:1\): .*run\.lua: .*/);
  assert.match((await run(["run", path])).stderr, /lunette\.load 'counter'/);
  rmSync(path);
});

test("nothing is left after kill -9", async () => {
  const killed = await startServer({ args: ["--script", "examples/syscalls"], env: { LUNETTE_BUILD: BUILD } });
  const ask = async () => (await (await fetch(`${killed.url}/graphql?query=${encodeURIComponent("{ maps(filter: { name: \"SYSCALLNUM\" }) { id owners { pid } } }")}`)).json())
    .data.maps.find(({ owners }) => owners.some(({ pid }) => pid === killed.pid))?.id;
  const map = await until(ask, { what: "its map" });
  await killed.stop("SIGKILL");
  await until(() => isGone(map), { what: "the end of the map" });
});
