// More clients than threads: idle clients hold no thread, health checks are always answered, and
// clients that wait too long get 503.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import net from "node:net";
import { describe, test } from "node:test";
import { raw, request } from "../lib/http.mjs";
import { run, startServer, until } from "../lib/server.mjs";

const scripts = { "lobby.lua": `
local http = require("lunette").http
http.get("/ok", function() return "ok" end)
http.post("/echo", function(req) return "got " .. #req.body end)
` };
const GET = "GET /ok HTTP/1.1\r\nHost: localhost\r\n\r\n";
const POST = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n";

/** Connections that send a text at once, then `drip` now and then; what comes back is in .text. */
function clients(port, count, text, drip) {
  const list = Array.from({ length: count }, () => {
    const socket = net.connect(port, "127.0.0.1", () => socket.write(text));
    const client = { socket, text: "", over: false };
    socket.on("data", (data) => { client.text += data; });
    socket.on("error", () => {});
    socket.on("close", () => { client.over = true; });
    return client;
  });
  const timer = drip && setInterval(() => { for (const { socket } of list) if (socket.writable) socket.write(drip); }, 300);
  return { list, end() { clearInterval(timer); for (const { socket } of list) socket.destroy(); } };
}

const withServer = async (args, body) => {
  const server = await startServer({ scripts, args });
  try { await body(server); } finally { assert.equal((await server.stop()).code, 0); }
};

test("idle connections hold no thread", () => withServer(["--max-connections", "4"], async (server) => {
  const idle = clients(server.port, 100, GET);
  await until(() => idle.list.every(({ text }) => text.endsWith("ok")), { what: "100 answers" });
  for (let i = 0; i < 10; i++) assert.equal((await request(`${server.url}/ok`)).text, "ok");
  assert.ok(readdirSync(`/proc/${server.pid}/task`).length < 20, "a thread for each would be more");
  assert.ok(!idle.list.some(({ over }) => over), "and are kept");
  for (const client of idle.list) client.socket.write(GET);
  await until(() => idle.list.every(({ text }) => text.match(/ok$|okHTTP/g)), { what: "100 more" });
  idle.end();
}));

test("silent connections hold no thread, and are closed after a while", () => withServer(["--max-connections", "4"], async (server) => {
  const silent = clients(server.port, 50, "");
  assert.equal((await request(`${server.url}/ok`)).text, "ok");
  await until(() => silent.list.every(({ over }) => over), { what: "their end" });
}));

describe("bodies and heads that drip", () => {
  test("health is answered, others are told to come again, then the slow are ended", () =>
    withServer(["--max-connections", "8"], async (server) => {
      const slow = clients(server.port, 40, POST, "x");
      const before = await until(async () => {
        const answer = await request(`${server.url}/ok`);
        return answer.status === 503 && answer;
      }, { what: "503" });
      assert.match(before.json().error.message, /busy/);
      assert.equal(before.headers["retry-after"], "1");
      for (const path of ["/healthz", "/readyz"]) {
        const answer = await request(server.url + path);
        assert.equal(answer.status, path === "/readyz" && answer.json().reason ? 503 : 200);
        assert.equal(answer.headers.connection, "close", "by the lobby");
      }
      assert.match(await raw(server.port, "HEAD /healthz HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
      await until(async () => (await request(`${server.url}/ok`)).status === 200, { what: "threads that are free again" });
      await until(() => slow.list.every(({ text }) => /^HTTP\/1\.1 (408|503) /.test(text)), { what: "an answer to each" });
      assert.ok(slow.list.some(({ text }) => text.includes("the body came too slowly")));
      slow.end();
    }));
  test("a head that drips is ended", () => withServer(["--max-connections", "8"], async (server) => {
    const slow = clients(server.port, 8, "GET /ok HTTP/1.1\r\nX: ", "x");
    await until(() => slow.list.every(({ text }) => /^HTTP\/1\.1 (408|503) /.test(text)), { what: "an answer to each" });
    slow.end();
  }));
  test("a body in slow pieces that is whole in time", () => withServer([], async (server) => {
    const client = clients(server.port, 1, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n", "x");
    await until(() => client.list[0].text.endsWith("got 5"), { what: "the answer" });
    client.end();
  }));
});

test("a refusal reaches a client that is still sending", () => withServer(["--max-body", "1000"], async (server) => {
  for (let i = 0; i < 20; i++) {
    const text = await raw(server.port, `POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\n\r\n${"x".repeat(4000000)}`);
    assert.match(text, /^HTTP\/1\.1 413 [^]*the body is too large/);
  }
}));

test("no more threads than the system allows: it serves with fewer, or does not start", async (t) => {
  if (process.getuid() !== 0) return t.skip("needs root to become nobody");
  const as = (limit) => ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
    "prlimit", `--nproc=${limit}`];
  const few = await startServer({ scripts: undefined, under: as(14), args: ["--vms", "2"] });
  try {
    const many = clients(few.port, 40, POST, "x");
    await few.logged(/no more threads can be started \(.*\): \d+ serve connections/);
    assert.equal((await request(`${few.url}/healthz`)).status, 200);
    many.end();
    await until(async () => (await request(`${few.url}/metrics`)).status === 200, { what: "an answer" });
  } finally { await few.stop(); }
  for (const limit of [1, 2, 3, 4]) {
    const [command, ...rest] = as(limit);
    const ended = await run([...rest, process.env.LUNETTE ?? "build/lunette", "serve", "--listen", "127.0.0.1:0", "--vms", "2"],
      { command, timeout: 30000 });
    if (ended.stdout.includes("listening")) break; // with this many it can
    assert.notEqual(ended.code, 0);
    assert.match(ended.stderr, /thread/);
  }
});
