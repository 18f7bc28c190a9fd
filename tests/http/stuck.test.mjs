// Scripts that are stuck in C code, which no hook and no signal ends: the VM is given up and
// replaced; a service never runs twice.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import WebSocket from "ws";
import { request } from "../lib/http.mjs";
import { folder, sanitized, startServer, until } from "../lib/server.mjs";

// What a request may take: loading takes three times as long, on a busy machine too.
const SECONDS = sanitized ? 8 : 2;
let built;
before(() => {
  built = folder();
  const flags = execFileSync("pkg-config", ["--cflags", "lua5.4"], { encoding: "utf8" }).trim().split(/\s+/);
  execFileSync("cc", ["-shared", "-fPIC", ...flags, "-o", built.file("stuck.so"), "tests/lib/stuck.c"]);
});
after(() => built.remove());

const text = async (server, path) => (await request(server.url + path)).text;
const json = async (server, path) => (await request(server.url + path)).json();
const metric = async (server, name) =>
  Number(new RegExp(`^${name} (\\S+)`, "m").exec(await text(server, `/metrics?name[]=${name}`))?.[1]);

// stuck(masked) hangs while the file is there.
const prelude = (gate) => `local lunette = require("lunette")
local module = assert(package.loadlib("${built.file("stuck.so")}", "luaopen_stuck"))()
local function stuck(masked) module.wait("${gate}", masked) end
`;

/** A server whose script gets stuck until release(). */
async function withServer({ script, vms = 2, args = [] }, fn) {
  const gates = folder({ gate: "" });
  const release = () => rmSync(gates.file("gate"), { force: true });
  const write = (body) => prelude(gates.file("gate")) + body;
  const server = await startServer({ scripts: { "a.lua": write(script) },
    args: ["--max-seconds", String(SECONDS), "--vms", String(vms), ...args] });
  try {
    await fn(server, { release, load: (body) => writeFileSync(server.scripts.file("a.lua"), write(body)) });
  } finally {
    release();
    await server.stop();
    gates.remove();
  }
}

const handler = `lunette.http.get("/stuck", function() io.stderr:write("begins\\n") stuck() return "came back" end)
lunette.http.get("/masked", function() stuck(true) return "came back" end)
lunette.http.get("/ok", function() return "ok" end)`;

describe("stuck in C code", { concurrency: 2 }, () => {
describe("a handler that is stuck in C code", { concurrency: 3 }, () => {
  test("its client gets an error with the script's line, and others go on", () => withServer({ script: handler }, async (server, { release }) => {
    const answer = await request(server.url + "/stuck");
    assert.equal(answer.status, 500);
    assert.match(answer.json().error.message, /a\.lua:3: the call is stuck in C code, and was given up after/);
    await server.logged(/error\s+.*a\.lua:3: the call is stuck in C code/);
    assert.equal(await text(server, "/ok"), "ok");
    assert.equal(await metric(server, "lunette_vms"), 2);
    assert.equal(await metric(server, "lunette_vms_stuck"), 1);
    assert.equal(await metric(server, "lunette_vms_given_up_total"), 1);
    assert.deepEqual(await json(server, "/readyz"), { ready: true, stuck_vms: 1 });
    const health = await json(server, "/healthz");
    assert.equal(health.status, "degraded");
    assert.match(health.errors.at(-1).message, /a\.lua:3: the call is stuck/);
    release();
    await server.logged(/a VM that was given up has ended: .*a\.lua:3/);
    assert.equal(await metric(server, "lunette_vms_stuck"), 0);
    assert.equal(await metric(server, "lunette_vms_given_up_total"), 1);
    assert.deepEqual(await json(server, "/readyz"), { ready: true });
    assert.equal(await text(server, "/stuck"), "came back");
  }));
  test("a thread that gets no signals is given up, too", () => withServer({ script: handler }, async (server) => {
    const answer = await request(server.url + "/masked");
    assert.equal(answer.status, 500);
    assert.equal(answer.json().error.message, `the call is stuck in C code, and was given up after ${SECONDS} s`);
    assert.equal(await text(server, "/ok"), "ok");
  }));
  test("all VMs at once: /metrics is answered again", () => withServer({ script: handler }, async (server) => {
    const stuck = [request(server.url + "/stuck"), request(server.url + "/stuck")];
    await server.logged(/begins[^]*begins/);
    assert.match(await text(server, "/metrics?name[]=lunette_vms_stuck"), /^lunette_vms_stuck [12]$/m);
    assert.deepEqual((await Promise.all(stuck)).map((answer) => answer.status), [500, 500]);
    assert.equal(await metric(server, "lunette_vms_stuck"), 2);
    assert.equal(await metric(server, "lunette_vms"), 2);
  }));
  test("more than twice the number of VMs: 503 until one comes back", () => withServer({ script: handler, vms: 1 }, async (server, { release }) => {
    for (let i = 0; i < 2; i++) assert.equal((await request(server.url + "/stuck")).status, 500);
    await server.logged(/too many VMs are stuck in C code of scripts/);
    const refused = await request(server.url + "/ok");
    assert.equal(refused.status, 503);
    assert.match(refused.json().error.message, /all VMs are stuck in C code of scripts/);
    const ready = await request(server.url + "/readyz");
    assert.equal(ready.status, 503);
    assert.deepEqual(ready.json(), { ready: false, reason: "all VMs are stuck in C code of scripts; see the log", stuck_vms: 2 });
    assert.equal((await json(server, "/healthz")).status, "degraded");
    release();
    await until(async () => (await text(server, "/ok")) === "ok", { what: "a VM in the place of those that came back" });
    assert.equal((await request(server.url + "/readyz")).status, 200);
  }));
  test("SIGTERM while it is stuck ends in good order", async () => {
    const gates = folder({ gate: "" });
    const server = await startServer({ scripts: { "a.lua": prelude(gates.file("gate")) + handler }, args: ["--max-seconds", String(SECONDS)] });
    assert.equal((await request(server.url + "/stuck")).status, 500);
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
    gates.remove();
  });
});

describe("what lives on a VM that is stuck", { concurrency: 3 }, () => {
  test("WebSockets of that VM are closed, and connect again to another one", () => withServer({ vms: 1, script: `
lunette.http.websocket("/ws", { open = function(conn) conn:send("in") end, message = function(conn, text)
  if text == "stuck" then stuck() end
  conn:send(text)
end })` }, async (server, { release }) => {
    const open = async () => {
      const socket = new WebSocket(server.url.replace("http", "ws") + "/ws");
      socket.closed = new Promise((resolve) => socket.on("close", (code) => resolve(code)));
      assert.equal(await new Promise((resolve) => socket.once("message", (data) => resolve(String(data)))), "in");
      return socket;
    };
    const [one, other] = [await open(), await open()];
    one.send("stuck");
    assert.deepEqual(await Promise.all([one.closed, other.closed]), [1012, 1012]);
    const third = await open();
    assert.equal(await metric(server, "lunette_connections"), 1);
    release();
    await server.logged(/a VM that was given up has ended/);
    third.send("again");
    assert.equal(await new Promise((resolve) => third.once("message", (data) => resolve(String(data)))), "again");
    third.close();
  }));
  test("a stream is cut before its end", () => withServer({ script: `
lunette.http.get("/stream", function()
  local n = 0
  return { stream = function() n = n + 1 if n == 2 then stuck() end return n < 4 and "part" or nil end }
end)` }, async (server) => {
    await assert.rejects(request(server.url + "/stream"), /aborted|hang up/);
    assert.equal(await metric(server, "lunette_vms_stuck"), 1);
  }));
  test("a collector: the scrapes that follow leave it out", () => withServer({ script: `
lunette.metrics.collect("hangs", function(emit) stuck() emit("hangs", 1) end)
lunette.metrics.collect("works", function(emit) emit("works", 1) end)` }, async (server, { release }) => {
    assert.equal((await request(server.url + "/metrics")).status, 500);
    for (let i = 0; i < 3; i++) {
      const page = await text(server, "/metrics");
      assert.match(page, /^works 1$/m);
      assert.match(page, /^lunette_rule_up\{rule="hangs"\} 0$/m);
      assert.match(page, /^lunette_vms_stuck 1$/m);
    }
    release();
    await server.logged(/a VM that was given up has ended/);
    assert.match(await text(server, "/metrics"), /^hangs 1$/m);
  }));
});

describe("reload while something is stuck", { concurrency: 3 }, () => {
  const service = (version) => `
lunette.service("stuck", function(svc)
  io.stderr:write("stuck ${version} begins\\n")
  stuck()
  while svc:sleep(60) do end
end)
lunette.service("other", function(svc)
  io.stderr:write("other ${version} begins\\n")
  while svc:sleep(60) do end
end)
lunette.http.get("/version", function() return "${version}" end)`;
  test("a service that does not end holds up its successor alone", () => withServer({ script: service(1) }, async (server, { release, load }) => {
    await server.logged(/stuck 1 begins/);
    await server.logged(/other 1 begins/);
    load(service(2));
    await server.logged(/other 2 begins/);
    assert.equal(await text(server, "/version"), "2");
    await server.logged(/error\s+service stuck \(.*a\.lua\) is stuck in C code, called at .*a\.lua:3: it does not end, and starts again when it has ended/);
    await until(async () => (await json(server, "/readyz")).services_waiting === 1, { what: "the waiting service in /readyz" });
    assert.equal((await json(server, "/healthz")).status, "degraded");
    assert.equal(await metric(server, "lunette_services_waiting"), 1);
    assert.doesNotMatch(server.stderr(), /stuck 2 begins/);
    release();
    await server.logged(/stuck 2 begins/);
    assert.match(server.stderr(), /service stuck \(.*a\.lua\), which was stuck, has ended/);
    assert.deepEqual(await json(server, "/readyz"), { ready: true });
  }));
  test("one that waits goes with the next reload", () => withServer({ script: service(1) }, async (server, { release, load }) => {
    await server.logged(/stuck 1 begins/);
    load(service(2));
    await server.logged(/other 2 begins/);
    load(service(3));
    await server.logged(/other 3 begins/);
    release();
    await server.logged(/stuck 3 begins/);
    assert.doesNotMatch(server.stderr(), /stuck 2 begins/);
  }));
  test("loading that is stuck fails the reload, with the script's line", () => withServer({ script: service(1) }, async (server, { load }) => {
    load("stuck()");
    await server.logged(/scripts not loaded, the ones before stay: .*a\.lua:3: loading the scripts is stuck in C code, and was given up after/);
    assert.equal(await text(server, "/version"), "1");
  }));
  test("SIGTERM while scripts are loaded again ends the process at once, in good order", () => withServer({ script: service(1).replace("stuck()", ""),
    args: ["--max-seconds", "60"] }, async (server, { load }) => {
    await server.logged(/other 1 begins/);
    load(`io.stderr:write("loading\\n") while true do end`);
    await server.logged(/loading/);
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
    assert.doesNotMatch(server.stderr(), /in time/);
  }));
  test("SIGTERM after a reload does not wait for services that heed nothing", () => withServer({ script: `
lunette.service("busy", function() io.stderr:write("busy\\n") while true do lunette.sleep(0.01) end end)` }, async (server, { load }) => {
    await server.logged(/busy/);
    load(service(1).replace("stuck()", ""));
    await server.logged(/scripts loaded again/);
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
    assert.doesNotMatch(server.stderr(), /in time/);
  }));
});
});
