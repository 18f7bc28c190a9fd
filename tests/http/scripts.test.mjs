// Scripts: services, reload on SIGHUP and on change, a failing reload, the end.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { describe, test } from "node:test";
import WebSocket from "ws";
import { request } from "../lib/http.mjs";
import { run, sanitized, startServer, until } from "../lib/server.mjs";

const version = (n, more = "") => `
local lunette = require("lunette")
lunette.http.get("/version", function() return "${n}" end)
${more}`;
const text = async (server, path) => (await request(server.url + path)).text;
const health = async (server) => (await request(server.url + "/healthz")).json();
const metric = async (server, name) =>
  Number(new RegExp(`^${name.replace(/[{}"=]/g, "\\$&")} (\\S+)`, "m").exec(await text(server, "/metrics"))?.[1]);

async function withServer(options, fn) {
  const server = await startServer(options);
  try { await fn(server); } finally { await server.stop(); }
}

describe("reload", () => {
  for (const [how, act] of [
    ["when the file changes", () => {}],
    ["on SIGHUP", (server) => server.kill("SIGHUP")],
  ]) {
    test(how, () => withServer({ scripts: { "a.lua": version(1) }, args: how.includes("SIGHUP") ? ["--no-reload"] : [] },
      async (server) => {
        assert.equal(await text(server, "/version"), "1");
        writeFileSync(server.scripts.file("a.lua"), version(2));
        act(server);
        await until(async () => (await text(server, "/version")) === "2", { what: "version 2" });
        assert.equal((await health(server)).generation, 2);
        // It is counted when the services of the generation before have ended, too.
        const counted = () => metric(server, 'lunette_reloads_total{outcome="ok"}');
        await until(async () => await counted() > 0, { what: "the count" });
        assert.equal(await counted(), 1);
      }));
  }
  test("a new file in the folder, and one that goes", () => withServer({ scripts: { "a.lua": version(1) } }, async (server) => {
    writeFileSync(server.scripts.file("b.lua"), `require("lunette").http.get("/b", function() return "b" end)`);
    await until(async () => (await text(server, "/b")) === "b", { what: "the new file" });
  }));
  test("a script that fails leaves what worked, and shows", () => withServer({ scripts: { "a.lua": version(1) }, args: ["--max-seconds", "2"] }, async (server) => {
    for (const [bad, message] of [["local = 1", /a\.lua:1: .*expected near '='/], ["\nerror('at the top')", /a\.lua:2: at the top/],
      ["while true do end", /a\.lua:1: over budget/]]) {
      const failed = (await metric(server, 'lunette_reloads_total{outcome="failed"}'));
      writeFileSync(server.scripts.file("a.lua"), bad);
      await until(async () => (await metric(server, 'lunette_reloads_total{outcome="failed"}')) === failed + 1,
        { what: bad });
      assert.equal(await text(server, "/version"), "1");
      const state = await health(server);
      assert.equal(state.status, "degraded");
      assert.match(state.errors.at(-1).message, message);
      await server.logged(message);
      assert.equal(await metric(server, "lunette_scripts_ok"), 0);
      assert.equal(state.generation, 1);
    }
    writeFileSync(server.scripts.file("a.lua"), version(3));
    await until(async () => (await text(server, "/version")) === "3");
    // The errors are forgotten right after the new generation answers.
    await until(async () => (await health(server)).status === "ok", {});
    const state = await health(server);
    assert.deepEqual([state.status, state.errors, state.generation], ["ok", [], 2]);
    assert.equal(await metric(server, "lunette_scripts_ok"), 1);
  }));
  test("the error of a script that fails has its own frames, and no others", () => withServer({ scripts: { "a.lua": version(1) } }, async (server) => {
    writeFileSync(server.scripts.file("a.lua"), "local function f() error('no good') end\nf()");
    await until(async () => (await health(server)).status === "degraded", { what: "the failure" });
    const [first, ...rest] = (await health(server)).errors[0].message.split("\n");
    assert.match(first, /a\.lua:1: no good$/);
    assert.deepEqual(rest.map((line) => line.replace(/^.*a\.lua/, "a.lua")),
      ["stack traceback:", "\t[C]: in function 'error'", "a.lua:1: in local 'f'", "a.lua:2: in main chunk"]);
  }));
  test("requests and streams that run go on to their end", () => withServer({ scripts: { "a.lua": version(1, `
    lunette.http.get("/long", function()
      local n = 0
      return { stream = function() n = n + 1 if n <= 400 then return ("%s"):rep(20000):format() end end }
    end)`.replace('("%s"):rep(20000):format()', '("y"):rep(20000)')) } }, async (server) => {
    let size = 0;
    const answer = await new Promise((resolve, reject) => {
      http.get(server.url + "/long", resolve).on("error", reject);
    });
    const done = new Promise((resolve, reject) => answer.on("end", resolve).on("error", reject));
    await new Promise((resolve) => answer.once("data", (data) => { size = data.length; answer.pause(); resolve(); }));
    writeFileSync(server.scripts.file("a.lua"), version(2));
    await until(async () => (await text(server, "/version")) === "2");
    answer.on("data", (data) => { size += data.length; });
    answer.resume();
    await done;
    assert.equal(size, 400 * 20000);
  }));
  test("live connections are asked to come again; memory does not grow", () => withServer({ scripts: { "a.lua": version(1,
    `lunette.http.websocket("/ws", { open = function(conn) conn:send("in") end })`) }, args: ["--no-reload"] }, async (server) => {
    const socket = new WebSocket(server.url.replace("http", "ws") + "/ws");
    await new Promise((resolve) => socket.on("message", resolve));
    const closed = new Promise((resolve) => socket.on("close", resolve));
    server.kill("SIGHUP");
    assert.equal(await closed, 1012);
    const rss = () => Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))[1]);
    const again = async (generation) => {
      server.kill("SIGHUP");
      await until(async () => (await health(server)).generation === generation,
        { what: `generation ${generation}` });
    };
    // The sanitizers' memory is no measure: theirs is to see that what goes is not used again.
    const settled = sanitized ? 6 : 40, end = sanitized ? 10 : 60;
    for (let n = 3; n < settled; n++) await again(n);
    const before = rss(), threads = () => Number(/Threads:\s*(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))[1]);
    // It settles within forty generations, and grows no more.
    // The generation before the last ends a moment later, and its memory goes with it.
    for (let n = settled; n < end; n++) await again(n);
    await until(() => threads() < 256 + 16, { what: "the end of old threads" });
    await until(() => sanitized || rss() - before < 8000, { what: "memory as before, or 8 MB more" })
      .catch(({ message }) => assert.fail(`${message}: ${before} KiB, now ${rss()}, ${threads()} threads`));
  }));
});

// The state's lock was taken before the pool's in one place, after it in another.
test("health is told while scripts are loaded again and again", () => withServer({ scripts: { "a.lua": version(1) }, args: ["--no-reload"] },
  async (server) => {
    let going = true;
    const askers = Array.from({ length: 4 }, async () => {
      while (going) assert.equal((await health(server)).status, "ok");
    });
    for (let n = 2; n < 30; n++) {
      server.kill("SIGHUP");
      await until(async () => (await health(server)).generation >= n, { what: `generation ${n}` });
    }
    going = false;
    await Promise.all(askers);
  }));

describe("services", () => {
  test("one in the process, stopped in good order", async () => {
    const server = await startServer({ scripts: { "a.lua": version(1, `
      lunette.service("counter", function(svc)
        lunette.shared.incr("starts")
        while svc:sleep(0.01) do lunette.shared.incr("beats") end
        io.stderr:write("counter ends: ", tostring(svc.stopping), " ", svc.name, "\\n")
      end)
      lunette.http.get("/starts", function() return tostring(lunette.shared.get("starts")) end)
      lunette.http.get("/beats", function() return tostring(lunette.shared.get("beats")) end)`) } });
    await until(async () => Number(await text(server, "/beats")) > 5);
    assert.equal(await text(server, "/starts"), "1");
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
    assert.match(server.stderr(), /counter ends: true counter\n/);
  });
  test("one that fails is begun again, and shows", () => withServer({ scripts: { "a.lua": version(1, `
    lunette.service("weak", function(svc)
      if lunette.shared.incr("lives") < 2 then error("too weak") end
      while svc:sleep(1) do end
    end)
    lunette.http.get("/lives", function() return tostring(lunette.shared.get("lives")) end)`) } }, async (server) => {
    await until(async () => (await text(server, "/lives")) === "2", { what: "its second life" });
    const state = await health(server);
    assert.equal(state.status, "degraded");
    assert.equal(state.errors[0].script, "weak");
    assert.match(state.errors[0].message, /too weak\nstack traceback/);
  }));
  test("one that does not listen is ended", async () => {
    const server = await startServer({ scripts: { "a.lua": version(1, `
      lunette.service("deaf", function() lunette.shared.set("deaf", true) while true do pcall(error) end end)
      lunette.http.get("/deaf", function() return tostring(lunette.shared.get("deaf")) end)`) } });
    await until(async () => (await text(server, "/deaf")) === "true");
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
  });
  test("a reload ends the old one before the new one begins", () => withServer({ args: ["--no-reload"], scripts: { "a.lua": version(1, `
    lunette.service("single", function(svc)
      if lunette.shared.incr("running") > 1 then lunette.shared.set("twice", true) end
      while svc:sleep(0.05) do end
      lunette.shared.incr("running", -1)
      lunette.shared.incr("ended")
    end)
    lunette.http.get("/single", function()
      return { json = { ended = lunette.shared.get("ended") or 0, twice = lunette.shared.get("twice") or false, running = lunette.shared.get("running") or 0 } }
    end)`) } }, async (server) => {
    const single = async () => (await request(server.url + "/single")).json();
    for (let n = 1; n <= 3; n++) {
      await until(async () => (await single()).running === 1);
      server.kill("SIGHUP");
      await until(async () => (await single()).ended === n, { what: `end ${n}` });
    }
    assert.equal((await single()).twice, false);
  }));
});

describe("the end", () => {
  for (const signal of ["SIGTERM", "SIGINT"]) {
    test(`${signal}: what runs is answered, streams of events end, the exit code is 0`, async () => {
      const server = await startServer({ scripts: { "a.lua": version(1, `
        lunette.http.get("/slow", function()
          lunette.shared.set("slow", true)
          os.execute("sleep 1")
          return "slow"
        end)
        lunette.http.get("/is-slow", function() return tostring(lunette.shared.get("slow")) end)
        lunette.http.get("/events", function() return { events = function(conn) conn:send("x") end } end)`) } });
      const ended = new Promise((resolve, reject) => {
        http.get(server.url + "/events", (answer) => answer.on("end", resolve).on("error", reject).resume());
      });
      const slow = text(server, "/slow");
      await until(async () => (await text(server, "/is-slow")) === "true");
      const start = Date.now();
      const stopped = server.stop(signal);
      assert.equal(await slow, "slow");
      await ended;
      assert.deepEqual(await stopped, { code: 0, signal: null });
      assert.ok(Date.now() - start < 20000);
    });
  }
});

test("shared and topics without a server", async () => {
  const script = `local l = require("lunette")
    l.shared.set("a", { 1, { b = -1 } })
    print(l.shared.get("a")[2].b, l.topic("x"):publish(1), l.topic("x"):subscribers(), #l.shared.keys("a"))`;
  const server = await startServer({ scripts: { "a.lua": version(1) }, args: [] });
  await server.stop();
  const { folder } = await import("../lib/server.mjs");
  const files = folder({ "s.lua": script });
  const ended = await run(["run", files.file("s.lua")]);
  files.remove();
  assert.equal(ended.stdout, "-1\t0\t0\t1\n", ended.stderr);
});
