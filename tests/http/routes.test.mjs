// Scripts' routes: a handler's request, and the response made from its result.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { request } from "../lib/http.mjs";
import { startServer } from "../lib/server.mjs";

const routes = `
local lunette = require("lunette")
local http, json = lunette.http, lunette.json
http.get("/hello/:name", function(req)
  return { json = { name = req.params.name, x = req.query.x, all = req.query_all.x } }
end)
http.get("/files/*rest", function(req) return req.params.rest end)
http.post("/echo", function(req) return { body = req.body, headers = { ["Content-Type"] = "application/x-test" } } end)
http.put("/echo", function(req) return { status = 201, json = { method = req.method, type = req.headers["content-type"] } } end)
http.delete("/echo", function() return { status = 204 } end)
http.get("/headers", function(req)
  return { json = req.headers, headers = { ["X-Two"] = { "a", "b" }, ["Cache-Control"] = "max-age=5" } }
end)
http.get("/large", function() return { body = ("0123456789"):rep(100000) } end)
http.get("/u64", function() return { json = { max = require("lunette.runtime.u64").str(-1), n = 9007199254740993 } } end)
http.get("/nil", function() return nil, "the reason" end)
http.get("/error", function() error("it broke") end)
http.get("/bad", function() return { headers = { ["X-Bad"] = "a\\r\\nInjected: 1" } } end)
http.get("/number", function() return 42 end)
http.get("/two", function() return { json = 1, body = "x" } end)
http.get("/table", function() error { code = 42, text = "n\\n" } end)
http.get("/long", function() error(("y"):rep(3000000)) end)
http.get("/forge", function() error("a\\n2026-12-01T00:00:00Z error forged \\27[31m\\226\\128\\174\\255") end)
http.get("/events", function() return { events = function(conn) conn:send("x") end } end)
http.get("/require", function() return require("beside").text end)
`;

let server;
before(async () => {
  server = await startServer({ scripts: { "routes.lua": routes, "beside.lua": `return { text = "beside" }` } });
});
after(() => server.stop());

const get = (path, options) => request(server.url + path, options);

describe("requests", () => {
  test("path parameters and the query, decoded", async () => {
    const answer = await get("/hello/you%20too?x=1+2&x=%2F");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["content-type"], "application/json");
    assert.deepEqual(answer.json(), { name: "you too", x: "1 2", all: ["1 2", "/"] });
  });
  test("the rest of a path", async () => {
    assert.equal((await get("/files/a/b.txt")).text, "a/b.txt");
    assert.equal((await get("/files/a%20b/..c/.d")).text, "a b/..c/.d");
  });
  test("never leads above its route", async () => {
    for (const path of ["/files/%2e%2e/x", "/files/a/%2E%2e/%2e./x", "/files/a%2f..%2f..%2fx", "/files/%2e", "/files/a/..%2fb"]) {
      const answer = await new Promise((resolve) => {
        http.get({ port: server.port, host: "127.0.0.1", path }, (got) => resolve(got.statusCode));
      });
      assert.equal(answer, 400, path);
    }
  });
  test("a body comes as its bytes, and goes back with its type", async () => {
    const body = Buffer.from([0, 1, 2, 255, 13, 10]);
    const answer = await get("/echo", { method: "POST", body });
    assert.deepEqual(answer.body, body);
    assert.equal(answer.headers["content-type"], "application/x-test");
  });
  test("a chunked body is put together", async () => {
    const answer = await get("/echo", { method: "POST", body: "chunked", headers: { "transfer-encoding": "chunked" } });
    assert.equal(answer.text, "chunked");
  });
  test("other methods", async () => {
    const put = await get("/echo", { method: "PUT", headers: { "Content-Type": "text/x" }, body: "a" });
    assert.deepEqual([put.status, put.json()], [201, { method: "PUT", type: "text/x" }]);
    const gone = await get("/echo", { method: "DELETE" });
    assert.deepEqual([gone.status, gone.text], [204, ""]);
  });
  test("header names in lower case; headers of the answer", async () => {
    const answer = await get("/headers", { headers: { "X-Some-Thing": "Value" } });
    assert.equal(answer.json()["x-some-thing"], "Value");
    assert.equal(answer.headers["x-two"], "a, b");
    assert.equal(answer.headers["cache-control"], "max-age=5");
  });
  test("a script requires what lies beside it", async () => {
    assert.equal((await get("/require")).text, "beside");
  });
});

describe("answers", () => {
  test("HEAD is GET without the body", async () => {
    const answer = await get("/large", { method: "HEAD" });
    assert.deepEqual([answer.status, answer.headers["content-length"], answer.body.length], [200, "1000000", 0]);
  });
  test("HEAD tells no length that GET would not have", async () => {
    for (const path of ["/metrics", "/events"]) {
      const answer = await get(path, { method: "HEAD" });
      assert.deepEqual([answer.status, answer.headers["content-length"]], [200, undefined], path);
    }
    const query = "/graphql?query=" + encodeURIComponent("{ __typename }");
    const whole = await get(query), head = await get(query, { method: "HEAD" });
    assert.deepEqual([head.status, head.headers["content-length"]], [200, whole.headers["content-length"]]);
  });
  test("gzip for those who take it", async () => {
    const plain = await get("/large");
    const packed = await get("/large", { headers: { "Accept-Encoding": "br, gzip" } });
    assert.equal(plain.headers["content-encoding"], undefined);
    assert.equal(packed.headers["content-encoding"], "gzip");
    assert.match(packed.headers.vary, /Accept-Encoding/i);
    assert.deepEqual(gunzipSync(packed.body), plain.body);
    const refused = await get("/large", { headers: { "Accept-Encoding": "gzip;q=0" } });
    assert.equal(refused.headers["content-encoding"], undefined);
  });
  test("integers are exact", async () => {
    assert.equal((await get("/u64")).text, '{"max":"18446744073709551615","n":9007199254740993}\n');
  });
  test("nothing at a path, another method, OPTIONS", async () => {
    const missing = await get("/nothing");
    assert.equal(missing.status, 404);
    assert.match(missing.json().error.message, /\/nothing/);
    const wrong = await get("/echo");
    assert.deepEqual([wrong.status, wrong.headers.allow], [405, "DELETE, POST, PUT, OPTIONS"]);
    const options = await get("/echo", { method: "OPTIONS" });
    assert.deepEqual([options.status, options.headers.allow], [204, "DELETE, POST, PUT, OPTIONS"]);
    const read = await get("/hello/x", { method: "POST", body: "" });
    assert.deepEqual([read.status, read.headers.allow], [405, "GET, HEAD, OPTIONS"]);
  });
  test("nil and a reason, an error, no response: 500 with the message, the trace in the log", async () => {
    for (const [path, message] of [["/nil", /^the reason$/], ["/error", /routes\.lua:\d+: it broke$/],
      ["/bad", /control character/], ["/number", /not a number/]]) {
      const answer = await get(path);
      assert.equal(answer.status, 500, path);
      assert.match(answer.json().error.message, message);
      assert.equal(answer.headers.injected, undefined);
    }
    await server.logged(/GET \/error .*it broke\nstack traceback/);
  });
  test("two bodies are a mistake, which is told", async () => {
    const answer = await get("/two");
    assert.equal(answer.status, 500);
    assert.equal(answer.json().error.message, "response: json and body: a response has one of them");
  });
  test("an error that is a table is shown with its fields", async () => {
    assert.equal((await get("/table")).json().error.message, '{ code = 42, text = "n\\n" }');
  });
  test("a message of 3 MB is cut, in the answer and in the log", async () => {
    const { message } = (await get("/long")).json().error;
    assert.match(message, /^routes\.lua:\d+: y+ … \(\d+ bytes in all\)$|^\S*routes\.lua:\d+: y+ … \(\d+ bytes in all\)$/);
    assert.ok(message.length < 1100);
    await server.logged(/GET \/long .*y … \(\d+ bytes in all\)\n/);
    assert.ok(server.stderr().length < 100000);
  });
  test("text of an error forges no line of the log and commands no terminal", async () => {
    await get("/forge");
    await server.logged(/a\\n2026-12-01T00:00:00Z error forged \\x1b\[31m\\u\{202e\}\\xff\n/);
  });
  test("connections are kept", async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set();
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve, reject) => {
        http.get(server.url + "/files/x", { agent }, (answer) => {
          ports.add(answer.socket.localPort);
          answer.resume().on("end", resolve);
        }).on("error", reject);
      });
    }
    agent.destroy();
    assert.equal(ports.size, 1);
  });
});

describe("headers of every answer", () => {
  test("a strict CSP, no sniffing, no CORS", async () => {
    for (const path of ["/hello/x", "/nothing", "/healthz", "/"]) {
      const { headers } = await get(path, { headers: { Origin: server.url } });
      assert.match(headers["content-security-policy"], /default-src 'none'; script-src 'self';/, path);
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.equal(headers["referrer-policy"], "no-referrer");
      assert.equal(headers["access-control-allow-origin"], undefined);
    }
  });
});

describe("the explorer's files", () => {
  test("an ETag, and 304 to who has it", async () => {
    const first = await get("/icon.svg");
    assert.equal(first.headers["content-type"], "image/svg+xml");
    const again = await get("/icon.svg", { headers: { "If-None-Match": first.headers.etag } });
    assert.deepEqual([again.status, again.body.length], [304, 0]);
    const head = await get("/icon.svg", { method: "HEAD" });
    assert.deepEqual([head.headers["content-length"], head.headers.etag, head.body.length],
      [String(first.body.length), first.headers.etag, 0]);
  });
  test("they are only read", async () => {
    for (const [method, path] of [["POST", "/"], ["DELETE", "/icon.svg"], ["PUT", "/graphiql"]]) {
      const answer = await get(path, { method });
      assert.deepEqual([answer.status, answer.headers.allow], [405, "GET, HEAD"], path);
    }
  });
  test("gzip", async () => {
    const plain = await get("/graphiql/graphiql.min.js");
    const packed = await get("/graphiql/graphiql.min.js", { headers: { "Accept-Encoding": "gzip" } });
    assert.equal(packed.headers["content-encoding"], "gzip");
    assert.ok(packed.body.length < plain.body.length / 2);
    assert.deepEqual(gunzipSync(packed.body), plain.body);
  });
  test("nothing outside them", async () => {
    for (const path of ["/../lunette/init.lua", "/%2e%2e/lunette/init.lua", "/..%2f..%2fetc/passwd", "/%252e%252e/lunette/init.lua", "/lunette/init.lua"]) {
      assert.equal((await get(path)).status, /%2f/.test(path) ? 400 : 404, path);
    }
  });
  test("the explorer's own pages, for browsers alone", async () => {
    const page = await get("/maps/1", { headers: { Accept: "text/html,*/*" } });
    const index = await get("/");
    assert.equal(page.status, index.status);
    assert.equal((await get("/maps/1")).status, 404);
  });
});
