// lunette sampler: the settings of a running server, its token, and serve --sampler.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { lunette } from "./kernel.mjs";
import { run, startServer, token, until } from "../lib/server.mjs";

let server;
const ask = (...args) => lunette("sampler", ...args, "--server", server.url,
  { env: { ...process.env, LUNETTE_TOKEN: "" } });
const state = () => JSON.parse(ask("show", "-j").stdout);
const secret = () => server.scripts.secrets.file("token");

before(async () => {
  server = await startServer({ token: true, args: ["--sampler", "window:0.5:0.2"] });
});
after(() => server.stop());

test("serve --sampler sets it from the start, and what it costs is shown", async () => {
  const now = await until(() => {
    const seen = state();
    return seen.cpu !== null && seen;
  }, { timeout: 30000, what: "a sample" });
  assert.deepEqual(Object.keys(now), ["mode", "active", "interval", "window", "kept", "programs",
    "cpu", "cost", "countingCost", "overhead"]);
  assert.deepEqual([now.mode, now.interval, now.window], ["window", 0.5, 0.2]);
  assert.ok(now.active);
  assert.ok(now.cost > 0);
  assert.equal(now.overhead === null, now.countingCost === null);
});

test("show, for people", () => {
  const shown = ask("show");
  assert.equal(shown.status, 0, shown.stderr);
  assert.match(shown.stdout, /^sampler\n {2}mode {6}window: always, counting a part/);
  assert.match(shown.stdout, /^ {2}counting {2}200ms of each interval$/m);
  assert.match(shown.stdout, /^ {2}overhead {2}(unknown|[\d.]+ % of a CPU, [\d.]+\ws a run)/m);
});

test("without the token nothing is set", () => {
  const refused = ask("set", "--mode", "off");
  assert.equal(refused.status, 4);
  assert.match(refused.stderr, /^lunette: http:\S+: writing is not allowed: [^\n]*token\n$/);
  assert.equal(state().mode, "window");
});

test("over HTTP, neither with a wrong token", async () => {
  for (const headers of [{}, { Authorization: "Bearer not-the-token" }]) {
    const answer = await fetch(`${server.url}/graphql`, {
      method: "POST", headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify({ query: 'mutation { setSampler(mode: "off") { error } }' }),
    });
    const body = await answer.json();
    const refused = /^writing is not allowed/.test(body.data?.setSampler.error);
    assert.ok(answer.status === 401 || refused, JSON.stringify(body));
  }
  assert.equal(state().mode, "window");
});

test("with the token it is", () => {
  const set = ask("set", "--mode", "always", "--interval", "0.3", "--token-file", secret(), "-j");
  assert.equal(set.status, 0, set.stderr);
  const { mode, interval } = JSON.parse(set.stdout);
  assert.deepEqual([mode, interval], ["always", 0.3]);
  assert.equal(state().mode, "always");
});

test("what is wrong is named", () => {
  const bad = (pattern, status, ...args) => {
    const result = ask(...args);
    assert.equal(result.status, status, result.stdout);
    assert.match(result.stderr, pattern);
    assert.equal(result.stderr.trim().split("\n").length, 1);
  };
  const key = ["--token-file", secret()];
  bad(/window: 9 seconds are longer than the interval/, 2, "set", "--window", "9", ...key);
  bad(/interval: from 0.01 to 3600 seconds, got 1e\+06/, 2, "set", "--interval", "1e6", ...key);
  bad(/'x' is not a number of seconds/, 2, "set", "--interval", "x");
  bad(/'--mode' must be one of/, 2, "set", "--mode", "often");
  bad(/nothing to set/, 2, "set");
  bad(/No such file/, 3, "set", "--mode", "off", "--token-file", "/nowhere");
});

test("where no server is, it says so", async () => {
  const none = lunette("sampler", "show", "--server", "http://127.0.0.1:1");
  assert.equal(none.status, 1);
  assert.match(none.stderr, /no server answers at http:\/\/127.0.0.1:1: Connection refused/);
  const odd = lunette("sampler", "show", "--server", "ftp://x");
  assert.equal(odd.status, 2);
  assert.match(odd.stderr, /--server ftp:\/\/x: an address such as/);
});

test("serve refuses wrong settings before it listens", async () => {
  for (const [text, pattern] of [["often", /mode: watch/], ["window:x", /interval: .* got x/],
    ["window:1:2", /window: 2 seconds are longer/], ["watch:1:1:1", /MODE\[:INTERVAL/]]) {
    const { code, stderr } = await run(["serve", "--listen", "127.0.0.1:0", "--sampler", text]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, pattern);
  }
});
