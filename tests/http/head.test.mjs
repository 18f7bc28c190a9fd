// Requests that a proxy before us might parse differently: each gets one answer, and no byte of a
// body runs as a request.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { raw } from "../lib/http.mjs";
import { startServer } from "../lib/server.mjs";

const scripts = { "head.lua": `
local http, shared = require("lunette").http, require("lunette").shared
http.get("/inner", function() shared.incr("inner", 1, 0) return "inner" end)
http.get("/count", function() return { json = shared.get("inner") or 0 } end)
http.post("/echo", function(req) return "got:" .. req.body end)
http.get("/host", function(req) return "host:" .. tostring(req.headers.host) end)
` };

let server;
before(async () => { server = await startServer({ scripts }); });
after(() => server.stop());

const HOST = "Host: localhost\r\n";
const INNER = `GET /inner HTTP/1.1\r\n${HOST}\r\n`;
const send = (bytes) => raw(server.port, bytes);
const statuses = (text) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((found) => Number(found[1]));
/** The statuses of all answers; the connection ends. */
const answers = async (bytes) => statuses(await send(bytes));
const count = async () => {
  const text = await send(`GET /count HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
  return Number(/\r\n\r\n(\d+)/.exec(text)[1]);
};

describe("a head that hides its length", () => {
  const body = `Content-Length: ${INNER.length}\r\n\r\n${INNER}`;
  for (const [name, line, status] of [
    ["an empty name", ": x\r\n", 400],
    ["a folded line", "X: a\r\n b\r\n", 400],
    ["a blank before the colon", "Content-Type : text/plain\r\n", 400],
    ["a name of two words", "Content Type: x\r\n", 400],
    ["a line without a colon", "Content-Type\r\n", 400],
    ["a bare LF", "X: a\nY: b\r\n", 400],
    ["a bare CR", "X: a\rY: b\r\n", 400],
    ["a control character", "X: a\x01\r\n", 400],
    ["too many headers", Array.from({ length: 64 }, (_, i) => `X-${i}: y\r\n`).join(""), 431],
    ["a header of 40 kB", `X: ${"y".repeat(40000)}\r\n`, 431],
  ]) {
    test(name, async () => {
      const before = await count();
      assert.deepEqual(await answers(`POST /echo HTTP/1.1\r\n${HOST}${line}${body}`), [status]);
      assert.equal(await count(), before, "the body did not run as a request");
    });
  }
  test("a Host and an Origin behind the 64th header", async () => {
    const many = Array.from({ length: 63 }, (_, i) => `X-${i}: y\r\n`).join("");
    for (const line of ["Host: evil.example\r\n", "Origin: http://evil.example\r\n"]) {
      assert.deepEqual(await answers(`GET /inner HTTP/1.1\r\n${HOST}${many}${line}\r\n`), [431]);
    }
  });
});

describe("what is allowed, and was not", () => {
  const close = "Connection: close\r\n";
  test("empty lines before a request", async () => {
    const text = await send(`\r\n\r\nPOST /echo HTTP/1.1\r\n${HOST}Content-Length: 2\r\n\r\nhi\r\n\r\nGET /inner HTTP/1.1\r\n${HOST}${close}\r\n`);
    assert.deepEqual(statuses(text), [200, 200]);
    assert.match(text, /got:hi/);
  });
  test("chunks with extensions and trailers, and the request after them", async () => {
    const text = await send(`POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`
      + `3;a=b\r\nabc\r\n2 ; q="x y"\r\nde\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\nGET /inner HTTP/1.1\r\n${HOST}${close}\r\n`);
    assert.deepEqual(statuses(text), [200, 200]);
    assert.match(text, /got:abcde/);
  });
  test("chunks that are none", async () => {
    for (const chunks of ["x\r\n", "3\r\nabcd\r\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n", "-1\r\n", "0\r\nX: y\n\r\n", "3\r\nab"]) {
      const text = await new Promise((resolve, reject) => raw(server.port,
        `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${chunks}`, { timeout: 1000 }).then(resolve, reject));
      assert.doesNotMatch(text, /got:/, chunks);
    }
  });
  test("OPTIONS *", async () => {
    const text = await send(`OPTIONS * HTTP/1.1\r\n${HOST}${close}\r\n`);
    assert.deepEqual(statuses(text), [204]);
    assert.match(text, /\r\nAllow: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n/);
    assert.deepEqual(await answers(`GET * HTTP/1.1\r\n${HOST}\r\n`), [400]);
  });
  test("a target with its host, which counts and not the header", async () => {
    const ask = (target, host) => send(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${close}\r\n`);
    assert.match(await ask("http://127.0.0.1:80/host", "localhost"), /host:127\.0\.0\.1:80$/);
    assert.match(await ask("http://localhost/host", "evil.example"), /host:localhost$/);
    assert.deepEqual(statuses(await ask("http://evil.example/host", "localhost")), [403]);
    assert.deepEqual(statuses(await ask("https://evil.example", "localhost")), [403]);
    assert.deepEqual(await answers(`CONNECT localhost:80 HTTP/1.1\r\n${HOST}\r\n`), [400]);
  });
  test("HTTP/1.0 without a Host", async () => {
    for (const path of ["/healthz", "/readyz", "/metrics", "/inner"]) {
      assert.deepEqual(await answers(`GET ${path} HTTP/1.0\r\n\r\n`), [200], path);
    }
    assert.deepEqual(await answers("GET /inner HTTP/1.0\r\nOrigin: http://evil.example\r\n\r\n"), [403]);
    assert.deepEqual(await answers("GET /inner HTTP/1.0\r\nHost: evil.example\r\n\r\n"), [403]);
  });
});

test("hosts that only look like ours", async () => {
  for (const host of ["[::1].evil.example", "localhost:a.evil.example", "127.0.0.1:80@evil.example", "[::1]x", "localhost:",
    "localhost:123456", "localhost, evil.example", "localhost/x", "@localhost", ":80", "[]", "[::1"]) {
    const [status] = await answers(`GET /inner HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    assert.equal(status, host === "localhost:" ? 200 : 403, host); // an empty port is the scheme's own
  }
});
