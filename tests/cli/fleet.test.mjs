// --host and --hosts: commands ask other hosts, in network namespaces, and tell which failed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { folder, run, startServer } from "../lib/server.mjs";

const HOSTS = 3;
const servers = [];
const spaces = [];
const files = folder();
const ip = (...args) => execFileSync("ip", args, { stdio: ["ignore", "pipe", "pipe"] });
const address = (i) => `10.215.${i}.2`;
let all;

before(async () => {
  for (let i = 1; i <= HOSTS; i++) {
    const space = `lunette-test-f${i}`;
    ip("netns", "add", space);
    spaces.push(space);
    ip("link", "add", `lunf${i}`, "type", "veth", "peer", "name", "eth0", "netns", space);
    ip("addr", "add", `10.215.${i}.1/24`, "dev", `lunf${i}`);
    ip("link", "set", `lunf${i}`, "up");
    ip("-n", space, "link", "set", "lo", "up");
    ip("-n", space, "addr", "add", `${address(i)}/24`, "dev", "eth0");
    ip("-n", space, "link", "set", "eth0", "up");
    servers.push(await startServer({ under: ["ip", "netns", "exec", space],
      args: ["--listen", `${address(i)}:8070`, "--allow-host", address(i), "--no-auth"] }));
  }
  all = Array.from({ length: HOSTS }, (_, i) => address(i + 1)).join(",");
});
after(async () => {
  for (const server of servers) await server.stop();
  for (const space of spaces) ip("netns", "del", space);
  files.remove();
});

const env = { LUNETTE_TOKEN: "", no_proxy: "*" };
const lunette = (...args) => run(args, { env });
const names = Array.from({ length: HOSTS }, (_, i) => `${address(i + 1)}:8070`);

test("query: an object a host", async () => {
  const { code, stdout, stderr } = await lunette("query", "query ($k: ObjectKind!) { objectIds(kind: $k) host { kernel } }",
    "--variables", '{"k":"LINK"}', "--host", all);
  assert.equal(stderr, "");
  assert.equal(code, 0);
  const { hosts } = JSON.parse(stdout);
  assert.deepEqual(hosts.map((row) => row.host), names);
  assert.ok(hosts.every((row) => row.up && row.data.host.kernel && row.latency > 0));
});

test("lists have the host of each object", async () => {
  for (const command of [["prog", "list"], ["map", "list"], ["link", "list"], ["attach", "list"], ["leaks"]]) {
    const { code, stdout, stderr } = await lunette(...command, "-j", "--host", all);
    assert.equal(code, 0, `${command}: ${stderr}`);
    const hosts = new Set(JSON.parse(stdout).map((row) => row.host));
    for (const host of hosts) assert.ok(names.includes(host));
    if (command[0] === "prog" && hosts.size) assert.equal(hosts.size, HOSTS);
    const csv = await lunette(...command, "--csv", "--host", all);
    assert.match(csv.stdout, /^host,/);
  }
});

test("a host that is cut off is named, and the exit code tells of it; the others answer", async () => {
  ip("-n", spaces[1], "route", "add", "blackhole", "10.215.2.1/32");
  const { code, stdout, stderr } = await lunette("query", "{ host { name } }", "--host", all, "--timeout", "2");
  ip("-n", spaces[1], "route", "del", "blackhole", "10.215.2.1/32");
  assert.equal(code, 1);
  assert.match(stderr, /^lunette: 10\.215\.2\.2:8070: /);
  const { hosts } = JSON.parse(stdout);
  assert.deepEqual(hosts.map((row) => row.up), [true, false, true]);
  assert.equal(hosts[1].data, null);
});

test("top has the programs of every host, or says that none run", async () => {
  const { code, stdout, stderr } = await lunette("top", "--once", "--host", all);
  assert.equal(code, 0, stderr);
  assert.match(stdout + stderr, /^HOST +ID|no programs run/);
});

test("what is wrong is told", async () => {
  assert.equal((await lunette("map", "list", "--host", "a b")).code, 2);
  assert.equal((await lunette("map", "list", "--hosts", "/nowhere.json")).code, 2);
  assert.equal((await lunette("query", "subscription { health { uptime } }", "--host", "a")).code, 2);
  assert.equal((await lunette("link", "list", "--program", "1", "--host", "a")).code, 2);
});
