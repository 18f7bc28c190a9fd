// The memory of a large answer is returned when the server is idle; clients that do not read hold a
// limited part of memory together.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import WebSocket from "ws";
import { request } from "../lib/http.mjs";
import { sanitized, startServer, until } from "../lib/server.mjs";

// A table of small strings, as a list of many objects is; nothing keeps it.
const scripts = { "large.lua": `
require("lunette").http.get("/large", function()
  local list = {}
  for i = 1, 300000 do list[i] = { id = "number " .. i } end
  return { json = #list }
end)
` };

const MB = 1 << 20;

const rss = (pid) => Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;

async function memory(server) {
  const { text } = await request(`${server.url}/metrics`);
  return Number(/^lunette_vms_memory_bytes (\S+)$/m.exec(text)[1]);
}

// No request comes between: it would have the VM collect some of its garbage by itself.
test("a VM that has nothing to do gives back what it needs no more", async () => {
  const server = await startServer({ scripts, args: ["--vms", "1"] });
  try {
    for (let seconds = 1.5; ; seconds *= 2) {
      assert.equal((await request(`${server.url}/large`)).json(), 300000);
      const held = rss(server.pid);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      const freed = held - rss(server.pid), left = await memory(server);
      const given = sanitized || freed > 20 * MB; // that build's allocator keeps what is freed
      if (left < 20 * MB && given) break;
      assert.ok(seconds < 30, `${left / MB} MB are left, ${freed / MB} were given back`);
    }
  } finally { await server.stop(); }
});

const topics = { "topics.lua": `
local lunette = require("lunette")
lunette.http.websocket("/ws", {
  open = function(conn) conn:subscribe("news", 1) conn:send("in") end,
  event = function(conn, _, n) conn:send(n .. tostring(conn):rep(3000)) end, -- each another text
})
lunette.http.websocket("/count", {
  open = function(conn) conn:subscribe("news", 1) conn:send("in") end,
  event = function(conn, _, n) conn:send(tostring(n)) end,
})
lunette.http.post("/publish", function(req)
  lunette.topic("news"):publish(tonumber(req.body))
  return { json = lunette.topic("news"):subscribers() }
end)
` };

test("subscribers that do not read are dropped before they fill the memory; one that reads gets all", async () => {
  const server = await startServer({ scripts: topics });
  const ask = (n) => request(`${server.url}/publish`, { method: "POST", body: `${n}` });
  const connect = (path) => new Promise((resolve, reject) => {
    const socket = new WebSocket(server.url.replace("http", "ws") + path);
    socket.once("message", () => resolve(socket));
    socket.on("error", reject);
  });
  const slow = [];
  try {
    const got = [], reader = await connect("/count");
    reader.on("message", (data) => got.push(Number(data)));
    for (let i = 0; i < 100; i++) {
      const socket = await connect("/ws");
      socket._socket.pause();
      slow.push(socket);
    }
    const before = rss(server.pid);
    let n = 0, most = 0, left = 101;
    while (left > 1 && n < 400) {
      left = (await ask(++n)).json();
      most = Math.max(most, rss(server.pid) - before);
      await until(() => got.length === n, { what: `the message ${n}` });
    }
    assert.equal(left, 1, "the slow ones are dropped");
    assert.deepEqual(got, Array.from({ length: n }, (_, at) => at + 1));
    if (sanitized) return;
    assert.ok(most < 200 * MB, `${most / MB} MB at most`);
    await until(() => rss(server.pid) - before < 64 * MB, { what: "memory that is given back" });
  } finally {
    for (const socket of slow) socket.terminate();
    await server.stop();
  }
});
