// lunette query --server: a server's answers, its subscriptions, and errors.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { run, startServer, until } from "../lib/server.mjs";
import { binary } from "./kernel.mjs";

let server;
let key;

// A field that only this server has, and an event a tick.
const script = `
local lunette = require("lunette")
lunette.graphql.extend([[
  extend type Query { answer(of: Int): Int many(of: [Int]): Int }
  extend type Subscription { ticks: Int }
]], {
  Query = {
    answer = function(_, args) return args.of or 42 end,
    many = function(_, args) return #args.of end,
  },
  Subscription = { ticks = {
    subscribe = function() return { every = 0.05 } end,
    resolve = function() return 7 end,
  } },
})`;

const query = (...args) => run(["query", ...args, "--server", server.url],
  { env: { LUNETTE_TOKEN: "" } });

before(async () => {
  server = await startServer({ token: true, scripts: { "answer.lua": script } });
  key = ["--token-file", server.scripts.secrets.file("token")];
});
after(() => server.stop());

test("the answer is the server's, as it wrote it", async () => {
  const { code, stdout, stderr } = await query("{ answer }");
  assert.deepEqual([code, stdout, stderr], [0, '{"data":{"answer":42}}\n', ""]);
  const given = await query("query a { answer } query b($n: Int) { b: answer(of: $n) }",
    "--operation", "b", "--variables", '{"n":7}');
  assert.equal(given.stdout, '{"data":{"b":7}}\n');
  const list = await query("query ($of: [Int]) { many(of: $of) }", "--variables", '{"of":[]}');
  assert.equal(list.stdout, '{"data":{"many":0}}\n');
});

test("an answer of many pieces is whole", async () => {
  const { code, stdout } = await query("{ __schema { types { name description fields { name "
    + "description args { name description } } } } }");
  assert.equal(code, 0);
  assert.ok(stdout.length > 65536 / 2, `${stdout.length} bytes`);
  assert.ok(JSON.parse(stdout).data.__schema.types.some((type) => type.name === "Query"));
});

test("an error is in the answer and in the exit code", async () => {
  const wrong = await query("{ nope }");
  assert.equal(wrong.code, 1);
  assert.match(JSON.parse(wrong.stdout).errors[0].message, /Cannot query field "nope"/);
  const syntax = await query("{ ");
  assert.equal(syntax.code, 1);
  assert.match(JSON.parse(syntax.stdout).errors[0].message, /Syntax Error/);
});

test("writing takes the token", async () => {
  const text = 'mutation { setSampler(mode: "watch") { error } }';
  const denied = await query(text);
  assert.equal(denied.code, 4);
  assert.match(JSON.parse(denied.stdout).data.setSampler.error, /^writing is not allowed/);
  const silent = await query('mutation { setSampler(mode: "watch") { sampler { mode } } }');
  assert.equal(silent.code, 4);
  assert.match(JSON.parse(silent.stdout).errors[0].message, /^writing is not allowed/);
  const allowed = await query(text, ...key);
  assert.deepEqual([allowed.code, allowed.stdout],
    [0, '{"data":{"setSampler":{"error":null}}}\n']);
});

test("a subscription is a line an event", async () => {
  const three = await query("subscription { ticks }", "--events", "3");
  assert.deepEqual([three.code, three.stdout], [0, '{"data":{"ticks":7}}\n'.repeat(3)]);
  assert.deepEqual(await query("subscription { ticks }", "--events", "0"),
    { code: 0, signal: null, stdout: "", stderr: "" });
  const wrong = await query("subscription { nope }");
  assert.equal(wrong.code, 1);
  assert.match(JSON.parse(wrong.stdout).errors[0].message, /Cannot query field "nope"/);
});

// Starts a subscription and waits for its first event.
async function subscribed(url) {
  const child = spawn(binary, ["query", "subscription { ticks }", "--server", url]);
  const closed = once(child, "close");
  let stdout = "", stderr = "";
  child.stdout.on("data", (data) => { stdout += data; });
  child.stderr.on("data", (data) => { stderr += data; });
  await until(() => stdout.includes("\n"), { what: "an event" });
  return { child, closed, stderr: () => stderr };
}

test("a subscription ends by Ctrl-C, and says so where the server ends", async () => {
  const one = await subscribed(server.url);
  one.child.kill("SIGINT");
  assert.deepEqual(await one.closed, [0, null]);
  assert.equal(one.stderr(), "");

  const other = await startServer({ scripts: { "answer.lua": script } });
  const two = await subscribed(other.url).catch(async (error) => {
    await other.stop();
    throw error;
  });
  await other.stop();
  assert.deepEqual(await two.closed, [1, null]);
  assert.equal(two.stderr(), `lunette: ${other.url}: the server went away\n`);
});

test("what can't be asked says so in one line", async () => {
  const refused = async (code, pattern, ...args) => {
    const answer = await run(["query", "{ answer }", ...args]);
    assert.equal(answer.code, code, answer.stderr);
    assert.match(answer.stderr, /^lunette: [^\n]+\n$/);
    assert.match(answer.stderr, pattern);
    assert.equal(answer.stdout, "");
  };
  await refused(1, /no server answers at http:\/\/127\.0\.0\.1:1: Connection refused/,
    "--server", "http://127.0.0.1:1");
  for (const address of ["127.0.0.1:1", "ftp://x", "http://", "http://a:b", "http://a/b", "unix:x"])
    await refused(2, /an address such as http:/, "--server", address);
  for (const variables of ["[1", "[]", "7", '"{"'])
    await refused(2, /--variables: not a JSON object/, "--variables", variables);
  await refused(2, /--allow-write: has no effect with --server/, "--server", server.url, "--allow-write");
  await refused(2, /--script: has no effect with --server/, "--server", server.url, "--script", "x.lua");
  await refused(3, /No such file/, "--server", server.url, "--token-file", "/nowhere");
});

test("what is no lunette serve is told from one", async () => {
  for (const answer of ["HTTP/1.0 200 OK\r\n\r\nhello", "nonsense", "", "x".repeat(100000)]) {
    const other = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(answer));
    });
    await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${other.address().port}`;
    const said = await run(["query", "{ answer }", "--server", url]).finally(() => other.close());
    assert.equal(said.code, 1);
    assert.match(said.stderr, /^lunette: http:\S+: (that is no answer of lunette serve|Connection|Empty reply)/);
  }
});
