// Which requests are allowed: Host, Origin, framing, the token.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { hostname } from "node:os";
import { after, before, describe, test } from "node:test";
import { raw, request } from "../lib/http.mjs";
import { run, startServer, token } from "../lib/server.mjs";

const scripts = { "routes.lua": `
local http = require("lunette").http
http.get("/rights", function(req)
  return { json = { read = req.authorized, write = req.can_write, eval = req.can_eval } }
end)
http.post("/change", function() return { json = { done = true } } end, { write = true })
http.get("/public", function() return "for all" end, { auth = false })
` };
const bearer = (value) => ({ Authorization: `Bearer ${value}` });

describe("a server on loopback", () => {
  let server;
  before(async () => { server = await startServer({ scripts }); });
  after(() => server.stop());
  const get = (headers, path = "/public") => request(server.url + path, { headers });

  test("its own names are taken, with any port", async () => {
    for (const host of [`127.0.0.1:${server.port}`, "localhost", "localhost:1", "LOCALHOST", "[::1]:8070", "10.0.0.1"]) {
      assert.equal((await get({ Host: host })).status, 200, host);
    }
  });
  test("a foreign Host is refused, whatever is asked", async () => {
    for (const host of ["evil.example", "evil.example:8070", "localhost.evil.example", "127.0.0.1.evil.example", "[::1", hostname()]) {
      const answer = await get({ Host: host });
      assert.equal(answer.status, 403, host);
      assert.match(answer.json().error.message, /foreign Host/);
    }
    assert.equal((await get({ Host: "evil.example" }, "/")).status, 403);
    assert.equal((await get({ Host: "evil.example" }, "/metrics")).status, 403);
  });
  test("a foreign Origin is refused, our own is taken", async () => {
    for (const origin of ["http://evil.example", "null", `https://127.0.0.1:${server.port}`, "http://127.0.0.1:1", "http://localhost"]) {
      const answer = await get({ Origin: origin });
      assert.equal(answer.status, 403, origin);
      assert.match(answer.json().error.message, /foreign Origin/);
    }
    assert.equal((await get({ Origin: server.url })).status, 200);
  });
  test("a page elsewhere cannot load from us; a link to us works", async () => {
    assert.equal((await get({ "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors" })).status, 403);
    assert.equal((await get({ "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" })).status, 200);
    assert.equal((await get({ "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors" })).status, 200);
  });
  test("no Host, and two of them", async () => {
    assert.match(await raw(server.port, "GET /public HTTP/1.1\r\n\r\n"), /^HTTP\/1\.1 400/);
    assert.match(await raw(server.port, "GET /public HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"), /^HTTP\/1\.1 400/);
  });
  test("framing that could be read in two ways", async () => {
    const head = "POST /public HTTP/1.1\r\nHost: localhost\r\n";
    for (const lines of ["Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "Content-Length: 5x\r\n", "Content-Length: +5\r\n"]) {
      const answer = await raw(server.port, head + lines + "\r\n0\r\n\r\nGET /rights HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assert.match(answer, /^HTTP\/1\.1 400/);
      assert.doesNotMatch(answer, /"read"/, "the rest is not taken for a request");
    }
    assert.match(await raw(server.port, head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), /^HTTP\/1\.1 (400|501)/);
  });
  test("a target with a host of its own", async () => {
    const ask = (target) => raw(server.port, `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    assert.match(await ask(`http://localhost:${server.port}/public`), /^HTTP\/1\.1 200 [^]*for all$/);
    assert.match(await ask(`http://evil.example:${server.port}/public`), /^HTTP\/1\.1 403 [^]*foreign Host/);
    assert.doesNotMatch(await ask("http://evil.example/public"), /^HTTP\/1\.1 200/);
  });
  test("a path with a NUL is not taken for what is before it", async () => {
    const answer = await get({}, "/public%00/x");
    assert.deepEqual([answer.status, answer.json().error.message], [400, "the path holds a NUL"]);
  });
  test("what is no HTTP", async () => {
    for (const bytes of ["\x16\x03\x01\x02\x00\x01\x00\x01", "GET\r\n\r\n", "\r\n\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"]) {
      await raw(server.port, bytes, { timeout: 500 });
      assert.equal((await get({})).status, 200);
    }
  });
  test("reading is for all, writing for nobody", async () => {
    assert.deepEqual((await get({}, "/rights")).json(), { read: true, write: false, eval: false });
    const answer = await request(server.url + "/change", { method: "POST", headers: bearer(token) });
    assert.equal(answer.status, 403);
    assert.match(answer.json().error.message, /--allow-write/);
  });
});

describe("a server on loopback that allows writing", () => {
  let server;
  before(async () => { server = await startServer({ scripts, token: true, args: ["--allow-eval"] }); });
  after(() => server.stop());

  test("with the token", async () => {
    const url = server.url + "/rights";
    assert.deepEqual((await request(url)).json(), { read: true, write: false, eval: false });
    assert.deepEqual((await request(url, { headers: bearer(token) })).json(), { read: true, write: true, eval: true });
    for (const wrong of ["", token + "x", token.slice(1), token.toUpperCase()]) {
      assert.equal((await request(url, { headers: bearer(wrong) })).json().write, false, wrong);
    }
    const answer = await request(server.url + "/change", { method: "POST", headers: bearer(token) });
    assert.deepEqual([answer.status, answer.json()], [200, { done: true }]);
  });
  test("its token is not told", () => {
    assert.doesNotMatch(server.stderr() + server.stdout(), new RegExp(token));
  });
});

describe("a server that other hosts reach", () => {
  test("needs a token, or --no-auth", async () => {
    const { code, stderr } = await run(["serve", "--listen", "0.0.0.0:0"]);
    assert.equal(code, 2);
    assert.match(stderr, /^lunette: .*--token-file.*--no-auth.*\n$/);
  });
  test("tells nothing without the token, but that it lives", async () => {
    const server = await startServer({ scripts, token: true, args: ["--listen", "0.0.0.0:0"] });
    try {
      for (const path of ["/rights", "/metrics", "/maps/1/entries.csv"]) {
        const answer = await request(server.url + path);
        assert.deepEqual([answer.status, answer.headers["www-authenticate"]], [401, "Bearer"], path);
      }
      assert.equal((await request(server.url + "/public")).status, 200);
      const health = (await request(server.url + "/healthz")).json();
      assert.deepEqual([health.status, health.errors], ["ok", undefined]);
      assert.deepEqual((await request(server.url + "/rights", { headers: bearer(token) })).json().write, true);
      assert.equal((await request(server.url + "/public", { headers: { Host: hostname() } })).status, 200);
    } finally { await server.stop(); }
  });
  test("--no-auth: all may read, none may write", async () => {
    const server = await startServer({ scripts, args: ["--listen", "0.0.0.0:0", "--no-auth"] });
    try {
      assert.deepEqual((await request(server.url + "/rights")).json(), { read: true, write: false, eval: false });
    } finally { await server.stop(); }
  });
});

test("--allow-host and --allow-origin", async () => {
  const server = await startServer({ scripts, args: ["--allow-host", "bpf.example", "--allow-origin", "https://board.example"] });
  try {
    const headers = { Host: "bpf.example:80", Origin: "https://board.example" };
    assert.equal((await request(server.url + "/public", { headers })).status, 200);
    assert.equal((await request(server.url + "/public", { headers: { Host: "other.example" } })).status, 403);
  } finally { await server.stop(); }
});

test("capabilities that nothing needs are given up, in every thread", async (t) => {
  if (process.getuid() !== 0) return t.skip("needs root, to have any");
  const sets = (pid, thread) => Object.fromEntries([...readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8")
    .matchAll(/^Cap(Prm|Eff|Bnd|Inh|Amb):\s+(\S+)$/gm)].map(([, name, value]) => [name, BigInt(`0x${value}`)]));
  const own = sets(process.pid, process.pid);
  const has = (set, cap) => (set >> BigInt(cap) & 1n) === 1n;
  const [setuid, sysModule, sysBoot, sysAdmin, bpf] = [7, 16, 22, 21, 39];
  const server = await startServer({});
  try {
    for (const thread of readdirSync(`/proc/${server.pid}/task`)) {
      const { Prm, Eff, Bnd } = sets(server.pid, thread);
      for (const set of [Prm, Eff, Bnd]) {
        for (const cap of [setuid, sysModule, sysBoot]) assert.equal(has(set, cap), false, `${cap} of ${thread}`);
        for (const cap of [sysAdmin, bpf]) assert.equal(has(set, cap), has(own.Eff, cap), `${cap} of ${thread}`);
      }
    }
  } finally { await server.stop(); }
  const keeping = await startServer({ args: ["--keep-capabilities"] });
  try {
    assert.deepEqual(sets(keeping.pid, keeping.pid), own);
  } finally { await keeping.stop(); }
});

test("--allow-write without a token makes one, and says it on stderr", async () => {
  const server = await startServer({ scripts, args: ["--allow-write"] });
  try {
    const [, made] = await server.logged(/the token for writing is ([0-9a-f]{32})\n/);
    assert.equal((await request(server.url + "/rights", { headers: bearer(made) })).json().write, true);
  } finally { await server.stop(); }
});
