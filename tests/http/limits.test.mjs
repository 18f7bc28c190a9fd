// Bad input and scripts beyond their limits: each gets an answer, the process stays, other requests
// go on.

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import { raw, request } from "../lib/http.mjs";
import { folder, run, sanitized, startServer, until } from "../lib/server.mjs";

const scripts = { "routes.lua": `
local lunette = require("lunette")
local http, json = lunette.http, lunette.json
local kept = {}
http.get("/ok", function() return "ok" end)
http.post("/json", function(req)
  local value, err = json.decode(req.body)
  if not value then return { status = 400, json = { error = { message = err } } } end
  return { json = { type = type(value) } }
end)
http.get("/exit", function() os.exit(3) end)
http.get("/loop", function() while true do end end)
http.get("/loop-pcall", function() while true do pcall(function() while true do end end) end end)
http.get("/loop-coroutine", function()
  while true do coroutine.resume(coroutine.create(function() while true do pcall(error) end end)) end
end)
http.get("/loop-xpcall", function()
  local function again() return xpcall(function() while true do end end, function() while true do end end) end
  while true do again() end
end)
http.get("/loop-close", function()
  while true do pcall(function()
    local x <close> = setmetatable({}, { __close = function() while true do end end })
    while true do end
  end) end
end)
http.get("/eat", function() local t = {} for i = 1, math.huge do t[i] = ("x"):rep(1000) .. i end end)
http.get("/eat-pcall", function() while true do pcall(function()
  local t = {} for i = 1, math.huge do t[i] = { i } end end) end end)
http.get("/eat-string", function() return ("x"):rep(1 << 40) end)
http.get("/keep", function() for i = #kept + 1, #kept + 40000 do kept[i] = ("x"):rep(1000) .. i end return tostring(#kept) end)
http.get("/recurse", function() -- with large frames: it takes no time
  local function f(...) return 1 + f(...) end
  return f(("x"):rep(200):byte(1, -1))
end)
http.get("/gsub", function()
  local function f(n) return (("a"):gsub("a", function() return n > 0 and f(n - 1) or "x" end)) end
  return f(190)
end)
http.get("/slow", function(req)
  local log <close> = io.open(req.query.log, "a")
  if log then log:write("x") log:flush() end
  while os.execute(("test -e '%s' && sleep 0.05"):format(req.query.log)) do end
  return "slow"
end)
` };

describe("limits", () => {
  let server;
  before(async () => {
    // Two VMs on any machine: of more, none might get enough of what fills it.
    server = await startServer({ scripts,
      args: ["--vms", "2", "--max-seconds", "1", "--max-memory", "64", "--max-body", "1000000"] });
  });
  after(() => server.stop());
  const get = (path, options) => request(server.url + path, options);
  const alive = async () => assert.equal((await get("/ok")).text, "ok");

  test("a body of 100 MB is refused before it is read", async () => {
    const before = await rss(server.pid);
    const answer = await raw(server.port, "POST /json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857600\r\n\r\n");
    assert.match(answer, /^HTTP\/1\.1 413 /);
    assert.match(answer, /\{"error":\{"message":"the body is too large"\}\}/);
    const chunk = "186a0\r\n" + "x".repeat(100000) + "\r\n";
    const sent = await raw(server.port, "POST /json HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk.repeat(12));
    assert.match(sent, /^HTTP\/1\.1 413 /);
    await alive();
    assert.ok(sanitized || await rss(server.pid) - before < 16 << 20);
  });
  test("JSON nested 10,000 deep is an error of that request", async () => {
    for (const body of ["[".repeat(10000) + "]".repeat(10000), '{"a":'.repeat(10000) + "1" + "}".repeat(10000), "[".repeat(900000)]) {
      const answer = await get("/json", { method: "POST", body });
      assert.equal(answer.status, 400);
      assert.match(answer.json().error.message, /nest|depth|deep/i);
    }
    await alive();
  });
  test("a header of 64 KiB, and 1,000 headers", async () => {
    const long = await raw(server.port, `GET /ok HTTP/1.1\r\nHost: localhost\r\nX: ${"y".repeat(65536)}\r\n\r\n`);
    assert.match(long, /^HTTP\/1\.1 4(13|31|00|14)/);
    await raw(server.port, `GET /ok HTTP/1.1\r\nHost: localhost\r\n${"X: y\r\n".repeat(1000)}\r\n`, { timeout: 1000 });
    await alive();
  });
  for (const path of ["/loop", "/loop-pcall", "/loop-coroutine", "/loop-xpcall", "/loop-close"]) {
    test(`a script that loops for ever (${path}) is ended, others go on meanwhile`, async () => {
      const told = () => server.stderr().split(/over budget: 1\.0 seconds\nstack traceback/).length;
      const before = told();
      const loop = get(path);
      await alive();
      assert.equal((await loop).status, 500);
      // Each is told of by itself, and that it had its second: without --max-seconds it is ten.
      await until(() => told() === before + 1, { what: "the log's word of it" });
      await alive();
    });
  }
  test("a script that would end the process does not", async () => {
    const answer = await get("/exit");
    assert.equal(answer.status, 500);
    assert.match(answer.json().error.message, /os\.exit: a script can't end the server$/);
    await alive();
  });
  for (const path of ["/eat", "/eat-pcall", "/eat-string"]) {
    test(`a script that eats memory (${path}) stays below its cap`, async () => {
      const answer = await get(path);
      assert.equal(answer.status, 500);
      assert.match(answer.json().error.message, /not enough memory|over budget|resulting string too large|see the log/);
      assert.ok(sanitized || await rss(server.pid) < 400 << 20);
      await alive();
    });
  }
  test("a VM that a script has filled is replaced", async () => {
    for (let i = 0; i < 8; i++) await get("/keep");
    await server.logged(/a VM is full \(\d+ MiB\): replaced/);
    await alive();
  });
  test("deep recursion is an error, nested gsub callbacks have room", async () => {
    const deep = await get("/recurse");
    assert.equal(deep.status, 500);
    assert.match(deep.json().error.message, /stack overflow|not enough memory/);
    const nested = await get("/gsub");
    assert.ok(nested.text === "x" || /C stack overflow/.test(nested.text));
    await alive();
  });
  test("a client that says half a request and goes", async () => {
    for (const bytes of ["GET /ok HT", "POST /json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc"]) {
      await new Promise((resolve) => {
        const socket = net.connect(server.port, "127.0.0.1", () => { socket.write(bytes); socket.end(); });
        socket.on("close", resolve).on("error", resolve).resume();
      });
    }
    await alive();
  });
});

test("more requests than the queue holds: 503 and when to come again", async () => {
  const server = await startServer({ scripts, args: ["--max-queue", "2", "--vms", "2", "--max-seconds", "300"] });
  const files = folder({ log: "" });
  try {
    const ask = () => request(`${server.url}/slow?log=${encodeURIComponent(files.file("log"))}`);
    const running = [ask(), ask()];
    await until(() => statSync(files.file("log")).size === 2, { what: "both VMs to be busy" });
    const refused = [];
    const asked = Array.from({ length: 18 }, () => ask().then((answer) => {
      if (answer.status === 503) refused.push(answer);
      return answer;
    }));
    await until(() => refused.length === 16, { what: "all to be refused but the two that wait" });
    files.remove();
    for (const answer of refused) assert.equal(answer.headers["retry-after"], "1");
    const answered = (await Promise.all([...running, ...asked])).filter(({ text }) => text === "slow");
    assert.equal(answered.length, 4);
    assert.equal((await request(server.url + "/ok")).text, "ok");
  } finally { await server.stop(); }
});

async function rss(pid) {
  const { readFile } = await import("node:fs/promises");
  return Number(/VmRSS:\s*(\d+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))[1]) * 1024;
}

describe("what keeps it from starting is one line", () => {
  const line = async (args, pattern, code) => {
    const ended = await run(["serve", ...args]);
    assert.match(ended.stderr, pattern);
    assert.equal(ended.stderr.trim().split("\n").length, 1, ended.stderr);
    assert.equal(ended.code, code);
    assert.equal(ended.stdout, "");
  };
  test("a port in use", async () => {
    const other = net.createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.on("listening", resolve));
    const { port } = other.address();
    try {
      await line(["--listen", `127.0.0.1:${port}`], new RegExp(`^lunette: .*127\\.0\\.0\\.1:${port}.*in use.*--listen`), 1);
    } finally { other.close(); }
  });
  test("an address that is none, or none of ours", async () => {
    await line(["--listen", "nowhere"], /^lunette: --listen nowhere: /, 2);
    await line(["--listen", "127.0.0.1:70000"], /^lunette: --listen 127\.0\.0\.1:70000: /, 2);
    await line(["--listen", "192.0.2.1:0", "--no-auth"], /^lunette: .*192\.0\.2\.1/, 1);
  });
  test("no such script; an empty folder is none of it", async () => {
    await line(["--script", "/nonexistent.lua"], /^lunette: .*nonexistent\.lua/, 3);
    const server = await startServer({ scripts: {} });
    await server.logged(/no \*\.lua in this folder yet/);
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
  });
  test("a script with a syntax error, named with its line", async () => {
    const files = folder({ "bad.lua": "local x =\n\nfunction (" });
    await line(["--script", files.file("bad.lua"), "--listen", "127.0.0.1:0"], /^lunette: .*bad\.lua:3: /, 1);
    files.remove();
  });
  test("a token that is too short, a rule that is none", async () => {
    const files = folder({ token: "short\n" }, 0o600);
    await line(["--token-file", files.file("token")], /the file must hold one word of at least 8 characters/, 2);
    files.remove();
    await line(["--etm", "nonsense", "--listen", "127.0.0.1:0"], /^lunette: .*--etm nonsense/, 1);
  });
});
