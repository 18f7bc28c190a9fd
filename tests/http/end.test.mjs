// SIGTERM while clients are connected in many ways: the server ends soon, by an orderly shutdown.

import assert from "node:assert/strict";
import net from "node:net";
import { describe, test } from "node:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { binary, folder, startServer, until } from "../lib/server.mjs";

const scripts = { "live.lua": `
local lunette = require("lunette")
local http = lunette.http
local flood = { open = function(conn) conn:send("in") conn:every(0.01, "more") end,
  event = function(conn) conn:send(("y"):rep(100000)) end }
http.get("/ok", function() return "ok" end)
http.post("/body", function(req) return req.body end)
http.get("/endless", function() return { stream = function() return ("x"):rep(65536) end } end)
http.get("/events", function() return { events = flood } end)
http.websocket("/ws", { open = function(conn) conn:send("in") end })
http.websocket("/flood", flood)
` };
const host = " HTTP/1.1\r\nHost: localhost\r\n";
const upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
  + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n";
const clients = {
  "one that says nothing": { sends: "" },
  "one that keeps its connection": { sends: `GET /ok${host}\r\n`, waits: true },
  "one that said half a request": { sends: "GET /ok HT" },
  "one that sends half a body": { sends: `POST /body${host}Content-Length: 10\r\n\r\nabc` },
  "one that does not read its stream": { sends: `GET /endless${host}\r\n`, waits: true, reads: false },
  "one that does not read its events": { sends: `GET /events${host}\r\n`, waits: true, reads: false },
  "a WebSocket that does not answer our goodbye": { sends: `GET /ws${host}${upgrade}\r\n`, waits: true },
  "a WebSocket that does not read": { sends: `GET /flood${host}${upgrade}\r\n`, waits: true, reads: false },
};

async function connect(port, { sends, waits, reads = true }) {
  const socket = net.connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.write(sends);
  if (waits) await new Promise((resolve) => socket.once("data", resolve));
  if (reads) socket.resume(); else socket.pause();
  return socket;
}

async function end(kinds) {
  const server = await startServer({ scripts });
  const sockets = [];
  for (const kind of kinds) {
    for (let i = 0; i < 3; i++) sockets.push(await connect(server.port, kind));
  }
  const start = Date.now();
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
  // About one second; those that wait for such clients take ten and more.
  assert.ok(Date.now() - start < 8000, `${Date.now() - start} ms`);
  for (const socket of sockets) socket.destroy();
}

describe("SIGTERM with clients of all kinds", () => {
  for (const [name, kind] of Object.entries(clients)) test(name, () => end([kind]));
  test("all of them at once", () => end(Object.values(clients)));
});

// Lua compares texts of 50 MB in C, which no hook and no signal interrupts.
const stuck = `
  local s, list = ("a"):rep(5e7), {}
  for i = 1, 1e5 do list[i] = s end
  io.stderr:write("stuck\\n")
  table.sort(list)`;

describe("SIGTERM while Lua is in C code that does not come back", () => {
  test("in a handler: within the grace", async () => {
    const server = await startServer({ scripts: { "a.lua": `
      require("lunette").http.get("/stuck", function() ${stuck} end)` }, args: ["--max-seconds", "60"] });
    fetch(server.url + "/stuck").catch(() => {});
    await server.logged(/stuck/);
    assert.deepEqual(await server.stop(), { code: 1, signal: null });
    assert.match(server.stderr(), /did not end in time/);
  });
  test("the second signal ends it at once", async () => {
    const server = await startServer({ scripts: { "a.lua": `
      require("lunette").service("stuck", function() ${stuck} end)` } });
    await server.logged(/stuck/);
    server.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(await server.stop("SIGINT"), { code: 1, signal: null });
    assert.match(server.stderr(), /second signal to end/);
  });
  test("while scripts are loaded: at once", async () => {
    const files = folder({ "a.lua": stuck });
    const child = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--script", files.file("a.lua")], { stdio: ["ignore", "ignore", "pipe"] });
    const closed = once(child, "close");
    let told = "";
    child.stderr.on("data", (data) => { told += data; });
    await until(() => told.includes("stuck"), { what: "the script's line" });
    child.kill("SIGTERM");
    assert.deepEqual(await closed, [1, null]);
    assert.match(told, /signal to end while scripts are loaded/);
    files.remove();
  });
});
