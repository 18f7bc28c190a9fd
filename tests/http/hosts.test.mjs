// The hosts of --peers: real servers, and hosts that are down, hang, or answer garbage.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSocket } from "node:net";
import { after, before, test } from "node:test";
import { folder, run, sanitized, startServer, until } from "../lib/server.mjs";

const files = folder();
const servers = [];
const started = async (options) => {
  const server = await startServer(options);
  servers.push(server);
  return server;
};
const ask = async (server, query, variables) => {
  const response = await fetch(`${server.url}/graphql`, { method: "POST",
    headers: { "content-type": "application/json" }, body: JSON.stringify({ query, variables }) });
  return response.json();
};
const script = (name) => ({ "who.lua": `require("lunette").graphql.extend(
  "extend type Query { who(of: String): String fails: String } extend type Subscription { ticks: Int }", {
  Query = { fails = function() return nil, "it fails" end, who = function(_, args) return args.of or "${name}" end },
  Subscription = { ticks = { subscribe = function() return { every = 0.1 } end,
    resolve = function() return 7 end } } })
  require("lunette").http.get("/ask", function()
    local rows = require("lunette").hosts.ask("{ who }", { match = "one,zone=a" })
    return { json = rows }
  end)` });

let gateway, one, two;

before(async () => {
  one = await started({ scripts: script("one") });
  two = await started({ scripts: script("two"), token: true });
  writeFileSync(files.file("sd.json"), JSON.stringify([
    { targets: [`127.0.0.1:${one.port}`], labels: { instance: "one", zone: "a" } },
    { targets: [`127.0.0.1:${two.port}`], labels: { instance: "two" } }]));
  gateway = await started({ scripts: script("gateway"),
    args: ["--peers", `file:${files.file("sd.json")}`, "--peers", "127.0.0.1:1"] });
  await until(async () => (await ask(gateway, "{ hosts { name } }")).data.hosts.length === 3);
});
after(async () => {
  for (const server of servers.reverse()) await server.stop();
  files.remove();
});

test("a selection is asked of every host, with its fragments and variables", async () => {
  const result = await ask(gateway, `query ($of: String, $more: Boolean!, $big: JSON) {
    hosts { name up error labels data { ...F id: who(of: $of) } } }
    fragment F on Query { who @include(if: $more) ... on Query { objectIds(kind: LINK) } }`,
  { of: "a \"quoted\" é", more: true });
  // $big is not used below data, and not used at all: the server says so before any host is asked.
  assert.match(result.errors[0].message, /\$big/);
  const { data, errors } = await ask(gateway, `query ($of: String, $more: Boolean!) {
    hosts { name up error labels data { ...F id: who(of: $of) } } }
    fragment F on Query { who @include(if: $more) ... on Query { __typename } }`,
  { of: "a \"quoted\" é", more: true });
  assert.deepEqual(data.hosts, [
    { name: "one", up: true, error: null, labels: { instance: "one", zone: "a" },
      data: { who: "one", __typename: "Query", id: "a \"quoted\" é" } },
    { name: "two", up: true, error: null, labels: { instance: "two" },
      data: { who: "two", __typename: "Query", id: "a \"quoted\" é" } },
    { name: "127.0.0.1:1", up: false, error: "Connection refused", labels: {}, data: null }]);
  assert.deepEqual(errors.map((error) => [error.message, error.path]),
    [["Connection refused (127.0.0.1:1)", ["hosts", 2, "data"]]]);
});

test("facts of hosts, without data", async () => {
  const { data } = await ask(gateway, "{ hosts(match: \"one\") { name kernel version status hostname onlineCpus latency url } host { name kernel } }");
  const [row] = data.hosts;
  assert.equal(row.kernel, data.host.kernel);
  assert.equal(row.hostname, data.host.name);
  assert.equal(row.url, `http://127.0.0.1:${one.port}`);
  assert.ok(row.onlineCpus > 0 && row.latency > 0);
});

test("names, globs and labels choose hosts", async () => {
  const names = async (match) => (await ask(gateway, "query ($m: String) { hosts(match: $m) { name } }", { m: match })).data.hosts.map((host) => host.name);
  assert.deepEqual(await names("t*"), ["two"]);
  assert.deepEqual(await names("zone=a"), ["one"]);
  assert.deepEqual(await names("zone=a,two"), []);
});

test("the data of a host has no hosts of its own", async () => {
  const { errors } = await ask(gateway, "{ hosts { data { ... on Query { hosts { name } } } } }");
  assert.match(errors[0].message, /can't select hosts/);
});

test("an error of a host stands in its row, and partial data stays", async () => {
  const { data, errors } = await ask(gateway, "{ hosts(match: \"one\") { error data { who fails } } }");
  assert.equal(errors, undefined);
  assert.deepEqual(data.hosts, [{ error: "it fails", data: { who: "one", fails: null } }]);
});

test("scripts ask by lunette.hosts", async () => {
  const rows = await (await fetch(`${gateway.url}/ask`)).json();
  assert.deepEqual(rows.map(({ latency, ...row }) => row),
    [{ host: "one", up: true, data: { who: "one" } }]);
});

test("/sd is a list for Prometheus, and for another gateway", async () => {
  const groups = await (await fetch(`${gateway.url}/sd`)).json();
  assert.deepEqual(groups[0], { targets: [`127.0.0.1:${one.port}`],
    labels: { __scheme__: "http", instance: "one", zone: "a" } });
  const second = await started({ args: ["--peers", `${gateway.url}/sd`] });
  await until(async () => (await ask(second, "{ hosts { name } }")).data.hosts.length === 3);
});

test("a subscription streams from each host while somebody watches", async () => {
  const stop = new AbortController();
  const response = await fetch(`${gateway.url}/graphql`, { method: "POST", signal: stop.signal,
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify({ query: "subscription { hosts { name error data { ticks } } }" }) });
  const seen = {};
  let text = "";
  for await (const chunk of response.body) {
    text += Buffer.from(chunk).toString();
    for (const [, json] of text.matchAll(/data: (\{.*\})\n\n/g)) {
      const { name, error, data } = JSON.parse(json).data.hosts;
      seen[name] = data ?? error;
    }
    if (Object.keys(seen).length === 3) break;
  }
  assert.deepEqual(seen, { one: { ticks: 7 }, two: { ticks: 7 }, "127.0.0.1:1": "Connection refused" });
  stop.abort();
  await until(async () => (await ask(one, "{ health { connections } }")).data.health.connections === 0,
    { what: "the stream's end" });
});

test("hosts come and go with the file; what is wrong in it is told, and hosts stay", async () => {
  const before = readFileSync(files.file("sd.json"));
  const put = (text) => {
    writeFileSync(files.file("new"), text);
    renameSync(files.file("new"), files.file("sd.json"));
  };
  put("[{\"targets\": [7]}]");
  const broken = await until(async () => (await ask(gateway, "{ hostSources { source hosts error } }")).data.hostSources.find((source) => source.error));
  assert.deepEqual(broken, { source: `file:${files.file("sd.json")}`, hosts: 2, error: "group 1: a target is no text" });
  await gateway.logged(/group 1: a target is no text/);
  put(`[{"targets": ["127.0.0.1:${one.port}"]}]`);
  await until(async () => (await ask(gateway, "{ hosts { name } }")).data.hosts.length === 2);
  put(before);
  await until(async () => (await ask(gateway, "{ hosts { name } }")).data.hosts.length === 3);
});

test("a host that asks for a token gets the one of the file", async () => {
  const secret = folder({ tokens: "nobody* a-wrong-token\na-token-for-tests\n", token: "a-token-for-tests" }, 0o600);
  const other = await started({ args: ["--peers", `127.0.0.1:${two.port}`, "--peer-tokens", secret.file("tokens")] });
  await until(async () => (await ask(other, "{ hosts { name } }")).data.hosts.length === 1);
  const { data } = await ask(other, "{ hosts { data { health { canWrite } } } }");
  assert.equal(data.hosts[0].data.health.canWrite, true);
  secret.remove();
});

test("what is wrong with --peers is told at the start", async () => {
  for (const [args, message] of [
    [["--peers", "dns:web"], /dns:NAME:PORT/], [["--peers", "a b"], /no address/],
    [["--peers", "a", "--peer-tokens", "/etc/hostname"], /every user can read|MATCH TOKEN/]]) {
    const { code, stderr } = await run(["serve", "--listen", "127.0.0.1:0", ...args]);
    assert.equal(code, 2);
    assert.match(stderr, message);
  }
});

// A thousand hosts are a thousand addresses of one small server: its answers are recorded.
test("a thousand hosts: 50 hang, 50 refuse, 50 answer garbage", { timeout: 120000 }, async (t) => {
  const recorded = JSON.stringify({ data: { programs: Array.from({ length: 40 }, (_, i) => ({ id: i, name: `program_${i}`, tag: "0123456789abcdef" })) } });
  const garbage = ["", "{", "<html>", "\u0000\u0001", '{"data":[]}', '{"data":"x"}', '{"errors":7}', '{"data":{"a":"\ud800"}}x', "null", "9".repeat(100000)];
  const simulated = createServer((request, response) => {
    const number = Number(request.headers.host.split(":")[0].split(".")[3]) + 250 * Number(request.headers.host.split(".")[2]);
    request.resume();
    if (number < 50) return; // hangs
    response.setHeader("content-type", "application/json");
    response.end(number < 100 ? garbage[number % garbage.length] : recorded);
  });
  simulated.listen(0, "0.0.0.0", 4096);
  t.after(() => {
    simulated.closeAllConnections();
    simulated.close();
  });
  await once(simulated, "listening");
  const port = simulated.address().port;
  const closed = createSocket().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const refusing = closed.address().port;
  closed.close();
  const targets = Array.from({ length: 1000 }, (_, i) => {
    const address = `127.1.${Math.floor(i / 250)}.${i % 250}`;
    return i >= 100 && i < 150 ? `127.0.0.1:${refusing}`.replace("127.0.0.1", address) : `${address}:${port}`;
  });
  writeFileSync(files.file("many.json"), JSON.stringify([{ targets: targets.slice(0, 150) },
    { targets: targets.slice(150), labels: { kind: "good" } }]));
  const many = await started({ args: ["--peers", `file:${files.file("many.json")}`] });
  await until(async () => (await ask(many, "{ hosts { name } }")).data.hosts.length === 1000);
  const { data } = await ask(many, "{ hosts(timeout: 6.0) { name up error data { programs { id name tag } } } }");
  const start = performance.now();
  const good = await ask(many, "{ hosts(match: \"kind=good\") { name data { programs { id name tag } } } }");
  const took = performance.now() - start;
  assert.equal(good.errors, undefined);
  const peak = Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${many.pid}/status`, "utf8"))[1]) / 1024;
  const tally = {};
  for (const host of data.hosts) tally[host.error] = (tally[host.error] ?? 0) + 1;
  console.log(`# 850 hosts answer in ${took.toFixed(0)} ms, ${peak.toFixed(0)} MB at most: ${JSON.stringify(tally)}`);
  const count = (test) => data.hosts.filter(test).length;
  assert.equal(count((host) => host.data?.programs.length === 40), 850);
  assert.equal(count((host) => host.error === "Connection refused" && !host.up), 50);
  assert.equal(count((host) => /no answer of lunette serve|an error without a message/.test(host.error)), 50);
  assert.equal(count((host) => host.error === "no answer within 6 seconds"), 50);
  assert.ok(sanitized || peak < 200, `${peak} MB`);
});
