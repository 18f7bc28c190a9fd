// Streams, server-sent events and WebSockets.

import assert from "node:assert/strict";
import http from "node:http";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import WebSocket from "ws";
import { request } from "../lib/http.mjs";
import { startServer, until } from "../lib/server.mjs";

const scripts = { "live.lua": `
local lunette = require("lunette")
local http, json, shared = lunette.http, lunette.json, lunette.shared
http.get("/ok", function() return "ok" end)
http.get("/stream", function(req)
  local n, last = 0, math.tointeger(tonumber(req.query.n)) or 3
  return { stream = function()
    n = n + 1
    if n <= last then return ("chunk %d\\n"):format(n) end
  end }
end)
http.get("/endless", function() return { stream = function() return ("x"):rep(65536) end } end)
http.get("/breaks", function()
  local n = 0
  return { stream = function() n = n + 1 if n > 2 then error("it broke") end return "part" end }
end)
http.get("/breaks-first", function() return { stream = function() error("at once") end } end)
http.get("/events", function()
  return { events = { open = function(conn)
    conn:subscribe("news", { "a", tag = true })
    conn:send("first\\nsecond")
    shared.incr("open")
  end, event = function(conn, tag, value)
    conn:send(json.encode { tag = tag.tag, value = value }, { event = "news", id = "1" })
  end, close = function() shared.incr("closed") end } }
end)
http.get("/counts", function()
  return { json = { open = shared.get("open") or 0, closed = shared.get("closed") or 0,
    news = lunette.topic("news"):subscribers() } }
end)
http.post("/publish", function(req)
  return { json = lunette.topic("news"):publish(json.decode(req.body)) }
end)
http.websocket("/ws", {
  open = function(conn, req)
    conn.data.n = 0
    conn:send("hello " .. (req.query.name or "you"))
  end,
  message = function(conn, text)
    conn.data.n = conn.data.n + 1
    shared.incr("messages")
    if text == "bye" then return conn:close(4001, "as you wish") end
    if text == "fail" then error("a callback fails") end
    if text == "subscribe" then return assert(conn:subscribe("news", "n")) end
    if text == "unsubscribe" then return conn:unsubscribe("n") end
    if text == "every" then return assert(conn:every(0.05, "tick")) end
    if text == "flood" then
      for _ = 1, 200 do if not conn:send(("x"):rep(100000)) then return end end
      return
    end
    conn:send(conn.data.n .. " " .. text)
  end,
  event = function(conn, tag, value) conn:send(tag .. " " .. json.encode(value)) end,
  close = function(_, code, reason) shared.set("last", code .. " " .. reason) end,
})
http.websocket("/protocol", { protocols = { "one", "two" }, open = function(conn) conn:send("in") end })
http.get("/messages", function() return { json = shared.get("messages") or 0 } end)
http.get("/last", function() return shared.get("last") or "" end)
` };

let server;
before(async () => { server = await startServer({ scripts }); });
after(() => server.stop());
const get = (path, options) => request(server.url + path, options);
const publish = async (value) => (await get("/publish", { method: "POST", body: JSON.stringify(value) })).json();
const counts = async () => (await get("/counts")).json();

// A WebSocket client with its messages in a list.
async function open(path = "/ws", protocols, options) {
  const socket = new WebSocket(server.url.replace("http", "ws") + path, protocols, options);
  const client = { socket, messages: [], closed: null };
  socket.on("message", (data) => client.messages.push(data.toString()));
  client.end = new Promise((resolve) => socket.on("close", (code, reason) => {
    client.closed = { code, reason: reason.toString() };
    resolve(client.closed);
  }));
  await new Promise((resolve, reject) => { socket.on("open", resolve); socket.on("error", reject); });
  client.next = (n) => until(() => client.messages.length >= n && client.messages[n - 1], { what: `message ${n}` });
  return client;
}

// The status of a handshake that is refused.
const refused = (path, protocols, options) => new Promise((resolve, reject) => {
  const socket = new WebSocket(server.url.replace("http", "ws") + path, protocols, options);
  socket.on("unexpected-response", (_, answer) => { resolve(answer.statusCode); socket.terminate(); });
  socket.on("open", () => { socket.terminate(); reject(new Error("it was accepted")); });
  socket.on("error", () => {});
});

describe("streams", () => {
  test("chunk by chunk", async () => {
    const answer = await get("/stream?n=3");
    assert.equal(answer.text, "chunk 1\nchunk 2\nchunk 3\n");
    assert.equal(answer.headers["transfer-encoding"], "chunked");
    assert.equal((await get("/stream?n=0")).text, "");
  });
  test("gzip while they are made", async () => {
    const answer = await get("/stream?n=1000", { headers: { "Accept-Encoding": "gzip" } });
    assert.equal(gunzipSync(answer.body).toString().split("\n").length, 1001);
    assert.ok(answer.body.length < 6000);
  });
  test("HTTP/1.0 gets them without chunks", async () => {
    const { raw } = await import("../lib/http.mjs");
    const answer = await raw(server.port, "GET /stream?n=2 HTTP/1.0\r\nHost: localhost\r\n\r\n");
    assert.match(answer, /\r\n\r\nchunk 1\nchunk 2\n$/);
  });
  test("an error in the middle cuts the connection; at the start it is a 500", async () => {
    await assert.rejects(get("/breaks"), /aborted|ECONNRESET/);
    assert.equal((await get("/breaks-first")).status, 500);
    await server.logged(/it broke/);
  });
  test("slow readers hold no VM, and a reader that goes ends its stream", async () => {
    const readers = [];
    for (let i = 0; i < 8; i++) {
      const socket = net.connect(server.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write("GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await new Promise((resolve) => socket.once("data", resolve));
      socket.pause();
      readers.push(socket);
    }
    for (let i = 0; i < 10; i++) assert.equal((await get("/ok")).text, "ok");
    for (const socket of readers) socket.destroy();
    assert.equal((await get("/ok")).text, "ok");
  });
});

describe("server-sent events", () => {
  test("events, in their format, until the client goes", async () => {
    const before = await counts();
    let text = "", sent;
    await new Promise((resolve, reject) => {
      sent = http.get(server.url + "/events", (answer) => {
        assert.equal(answer.headers["content-type"], "text/event-stream");
        answer.on("data", (data) => { text += data; }).on("error", () => {});
        resolve();
      }).on("error", reject);
    });
    await until(() => text.includes("second\n\n"));
    assert.equal(text, "data: first\ndata: second\n\n");
    assert.equal(await publish({ deep: [1, { b: "ü" }] }), 1);
    await until(() => text.endsWith("}\n\n"));
    assert.equal(text.slice(text.indexOf("event")),
      'event: news\nid: 1\ndata: {"tag":true,"value":{"deep":[1,{"b":"ü"}]}}\n\n');
    sent.destroy();
    for (let i = 0; i < 4; i++) await publish("is anyone there?");
    await until(async () => (await counts()).news === 0, { what: "the end of the subscription" });
    // close() is called after that, on the connection's own VM.
    await until(async () => (await counts()).closed > before.closed, { what: "close()" });
    assert.equal((await counts()).closed, before.closed + 1);
  });
});

describe("WebSockets", () => {
  test("messages both ways, data of the connection", async () => {
    const client = await open("/ws?name=me");
    client.socket.send("a");
    client.socket.send("ü€😀");
    await client.next(3);
    assert.deepEqual(client.messages, ["hello me", "1 a", "2 ü€😀"]);
    client.socket.close(1000, "done");
    assert.deepEqual(await client.end, { code: 1000, reason: "" });
    await until(async () => (await get("/last")).text === "1000 done", { what: "close()" });
  });
  test("the server closes with code and reason", async () => {
    const client = await open();
    client.socket.send("bye");
    assert.deepEqual(await client.end, { code: 4001, reason: "as you wish" });
  });
  test("a callback that fails ends its connection alone", async () => {
    const other = await open();
    const client = await open();
    client.socket.send("fail");
    assert.equal((await client.end).code, 1011);
    await server.logged(/a callback fails\nstack traceback/);
    other.socket.send("still here");
    assert.equal(await other.next(2), "1 still here");
    other.socket.close();
    await other.end;
  });
  test("topics: subscribe, values of every kind, unsubscribe", async () => {
    const client = await open();
    client.socket.send("subscribe");
    await until(async () => (await counts()).news === 1);
    for (const value of [1.5, "text", true, { a: { b: [1, 2] } }, [null, "x"]]) await publish(value);
    await client.next(6);
    assert.deepEqual(client.messages.slice(1),
      ["n 1.5", 'n "text"', "n true", 'n {"a":{"b":[1,2]}}', 'n [null,"x"]']);
    client.socket.send("unsubscribe");
    await until(async () => (await counts()).news === 0);
    assert.equal(await publish("nobody"), 0);
    client.socket.close();
    await client.end;
  });
  test("timers", async () => {
    const client = await open();
    client.socket.send("every");
    await client.next(5);
    assert.equal(client.messages[4], "tick null");
    client.socket.close();
    await client.end;
  });
  test("what a client says after the connection was closed is not run", async () => {
    const before = (await get("/messages")).json();
    const ws = new WebSocket(`${server.url.replace("http", "ws")}/ws`);
    await new Promise((resolve, reject) => { ws.on("open", resolve).on("error", reject); });
    const closed = new Promise((resolve) => { ws.on("close", resolve); });
    ws.send("bye");
    for (let i = 0; i < 100; i++) ws.send("late");
    assert.equal(await closed, 4001);
    assert.equal((await get("/messages")).json() - before, 1);
  });
  test("subprotocols: the client's first that we know, none that we don't", async () => {
    const client = await open("/protocol", ["zero", "two", "one"]);
    assert.equal(client.socket.protocol, "two");
    client.socket.close();
    await client.end;
    assert.equal(await refused("/protocol", ["zero"]), 400);
    assert.equal(await refused("/protocol"), 400);
  });
  test("refused: no such path, a foreign Origin, a foreign Host, another version", async () => {
    assert.equal(await refused("/nothing"), 404);
    assert.equal(await refused("/ws", [], { origin: "http://evil.example" }), 403);
    assert.equal(await refused("/ws", [], { headers: { Host: "evil.example" } }), 403);
    assert.equal((await get("/ws", { headers: { Upgrade: "websocket", Connection: "Upgrade" } })).status, 400);
    const version = { Upgrade: "websocket", Connection: "Upgrade", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version": "8" };
    assert.equal((await get("/ws", { headers: version })).status, 426);
  });
});

describe("many and slow", () => {
  test("a client that does not read is dropped, others go on", async () => {
    const slow = await open();
    await slow.next(1);
    slow.socket._socket.pause();
    slow.socket.send("flood");
    await until(async () => (await get("/last")).text.startsWith("1006"), { what: "the drop" });
    assert.equal((await get("/ok")).text, "ok");
    slow.socket.terminate();
  });
  test("1,000 subscribers of one topic: all get all", async () => {
    const many = await startServer({ scripts, args: ["--max-connections", "1100"] });
    try {
      const clients = [];
      let received = 0;
      for (let i = 0; i < 1000; i += 50) {
        await Promise.all(Array.from({ length: 50 }, () => new Promise((resolve, reject) => {
          const socket = new WebSocket(many.url.replace("http", "ws") + "/ws");
          socket.on("open", () => socket.send("subscribe"));
          socket.on("message", (data) => { if (data.toString().startsWith("n ")) received++; else resolve(); });
          socket.on("error", reject);
          clients.push(socket);
        })));
      }
      const ask = (path, options) => request(many.url + path, options);
      await until(async () => (await ask("/counts")).json().news === 1000, { what: "1,000 subscribers" });
      for (let i = 0; i < 5; i++) await ask("/publish", { method: "POST", body: "7" });
      await until(() => received === 5000, { what: "5,000 messages" });
      for (const socket of clients) socket.terminate();
      await until(async () => (await ask("/counts")).json().news === 0, { what: "their end" });
    } finally { assert.equal((await many.stop()).code, 0); }
  });
  test("more live connections than there is room: 503", async () => {
    const small = await startServer({ scripts, args: ["--max-connections", "8"] });
    try {
      const clients = [];
      for (let i = 0; i < 4; i++) {
        const socket = new WebSocket(small.url.replace("http", "ws") + "/ws");
        await new Promise((resolve) => socket.on("open", resolve));
        clients.push(socket);
      }
      const status = await new Promise((resolve) => {
        const socket = new WebSocket(small.url.replace("http", "ws") + "/ws");
        socket.on("unexpected-response", (_, answer) => { resolve(answer.statusCode); socket.terminate(); });
        socket.on("error", () => {});
      });
      assert.equal(status, 503);
      assert.equal((await request(small.url + "/ok")).text, "ok");
      for (const socket of clients) socket.terminate();
    } finally { await small.stop(); }
  });
});
