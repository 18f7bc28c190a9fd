// Pages of other origins: only origins named by --allow-origin may read.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import WebSocket from "ws";
import { request } from "../lib/http.mjs";
import { run, startServer, token } from "../lib/server.mjs";

const ORIGIN = "https://explorer.example:3000";
const ASK = { Origin: ORIGIN, "Access-Control-Request-Method": "POST",
  "Access-Control-Request-Headers": "authorization,content-type" };
const body = JSON.stringify({ query: "{ health { status } }" });
const json = { "Content-Type": "application/json" };

describe("with --allow-origin", () => {
  let server;
  before(async () => { server = await startServer({ token: true, args: ["--allow-origin", ORIGIN, "--allow-origin", "http://[::1]:3000"] }); });
  after(() => server.stop());

  test("a preflight is answered, without a token", async () => {
    const { status, headers, text } = await request(`${server.url}/graphql`, { method: "OPTIONS", headers: ASK });
    assert.deepEqual([status, text], [204, ""]);
    assert.equal(headers["access-control-allow-origin"], ORIGIN);
    assert.equal(headers["access-control-allow-methods"], "GET, HEAD, POST, PUT, DELETE");
    assert.equal(headers["access-control-allow-headers"], "authorization,content-type");
    assert.equal(headers["access-control-max-age"], "600");
    assert.equal(headers["access-control-allow-credentials"], undefined);
    assert.match(headers.vary, /Origin/);
  });
  test("every answer may be read: data, errors, files, streams", async () => {
    for (const [path, options] of [["/graphql", { method: "POST", body, headers: json }], ["/metrics", {}], ["/healthz", {}], ["/", {}],
      ["/nothing", {}], ["/graphql", { method: "POST", body, headers: { ...json, "Content-Encoding": "gzip" } }]]) {
      const answer = await request(server.url + path, { ...options, headers: { ...options.headers, Origin: ORIGIN } });
      assert.equal(answer.headers["access-control-allow-origin"], ORIGIN, path);
      assert.match(answer.headers.vary, /Origin/);
    }
    const v6 = await request(`${server.url}/healthz`, { headers: { Origin: "http://[::1]:3000" } });
    assert.equal(v6.headers["access-control-allow-origin"], "http://[::1]:3000");
  });
  test("writing with the token", async () => {
    const answer = await request(`${server.url}/graphql`, { method: "POST", headers: { ...json, Origin: ORIGIN, Authorization: `Bearer ${token}` }, body });
    assert.equal(answer.json().data.health.status.length > 0, true);
  });
  test("other origins: no preflight, no answer", async () => {
    for (const origin of ["https://evil.example", "https://explorer.example", "https://explorer.example:3000.evil.example", "null"]) {
      const asked = await request(`${server.url}/graphql`, { method: "OPTIONS", headers: { ...ASK, Origin: origin } });
      assert.equal(asked.status, 403, origin);
      assert.equal(asked.headers["access-control-allow-origin"], undefined);
      assert.match(asked.json().error.message, /--allow-origin/);
    }
  });
  test("an answer without an Origin is the same for all caches", async () => {
    const { headers } = await request(`${server.url}/metrics`);
    assert.equal(headers["access-control-allow-origin"], undefined);
    assert.match(headers.vary, /Origin/);
  });
  test("a WebSocket", async () => {
    const socket = new WebSocket(server.url.replace("http", "ws") + "/graphql", ["graphql-transport-ws"], { origin: ORIGIN });
    await new Promise((resolve, reject) => { socket.on("open", resolve); socket.on("error", reject); });
    socket.terminate();
  });
});

test("without --allow-origin nothing is said of CORS, and the refusal names the option", async () => {
  const server = await startServer();
  try {
    const { headers } = await request(`${server.url}/metrics`);
    assert.ok(!Object.keys(headers).some((name) => name.startsWith("access-control")));
    // A proxy that rewrites Host and keeps Origin, as explorer's nginx.conf does.
    const answer = await request(`${server.url}/query`, { method: "POST", headers: { ...json, Origin: "http://explorer.example" }, body });
    assert.equal(answer.status, 403);
    assert.match(answer.json().error.message, /^foreign Origin: --allow-origin ORIGIN /);
  } finally { await server.stop(); }
});

test("what is no origin is refused at the start", async () => {
  for (const origin of ["*", "null", "explorer.example", "https://explorer.example/", "https://explorer.example/path", "ftp://x", "https://*.example", ""]) {
    const ended = await run(["serve", "--listen", "127.0.0.1:0", "--allow-origin", origin]);
    assert.equal(ended.code, 2, origin);
    assert.match(ended.stderr, /--allow-origin/);
  }
});

test("a packed body is refused, not taken for text", async () => {
  const server = await startServer();
  try {
    const send = (encoding) => request(`${server.url}/graphql`, { method: "POST", headers: { ...json, "Content-Encoding": encoding }, body });
    for (const encoding of ["gzip", "br", "gzip, identity"]) {
      const answer = await send(encoding);
      assert.equal(answer.status, 415);
      assert.match(answer.json().error.message, /Content-Encoding/);
    }
    assert.equal((await send("identity")).status, 200);
  } finally { await server.stop(); }
});
