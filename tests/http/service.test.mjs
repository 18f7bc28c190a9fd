// The server under a service manager: its notifications, and the capabilities of
// src/install/lunette.service.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { folder, startServer, until } from "../lib/server.mjs";

/** Prints what arrives at a datagram socket, which node has none of. */
const LISTEN = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); print("bound", flush=True)
while True: print(s.recv(4096).decode().replace("\\n", ","), flush=True)`;

async function manager(path) {
  const child = spawn("python3", ["-c", LISTEN, path], { stdio: ["ignore", "pipe", "inherit"] });
  let told = "";
  child.stdout.on("data", (data) => { told += data; });
  await until(() => told.includes("bound"), { what: "the manager's socket" });
  return {
    told: (pattern) => until(() => pattern.exec(told), { what: `${pattern} in ${told}` }),
    stop: () => { child.kill(); return once(child, "exit"); },
  };
}

test("a service manager is told of the start, a reload and the end", async () => {
  const files = folder();
  const systemd = await manager(files.file("notify"));
  const server = await startServer({ env: { NOTIFY_SOCKET: files.file("notify") } });
  try {
    await systemd.told(/^READY=1$/m);
    server.kill("SIGHUP");
    await systemd.told(/^RELOADING=1,MONOTONIC_USEC=\d+\nREADY=1$/m);
  } finally { assert.equal((await server.stop()).code, 0); }
  await systemd.told(/^STOPPING=1$/m);
  await systemd.stop();
  files.remove();
});

test("a manager that is gone disturbs nothing", async () => {
  for (const path of ["/nonexistent/notify", "@lunette-nobody", "relative", "/".repeat(300)]) {
    const server = await startServer({ env: { NOTIFY_SOCKET: path } });
    assert.equal((await server.stop()).code, 0);
  }
});

const ASK = `{ programs(filter: {}) { id owners { pid } } maps(filter: {}) { id } }`;

async function seen(server) {
  const answer = await fetch(`${server.url}/graphql`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ query: ASK }),
  });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined);
  return data;
}

test("a user of its own with the unit's capabilities sees what root sees", async () => {
  const unit = readFileSync("src/install/lunette.service", "utf8");
  const all = /^AmbientCapabilities=(.*)$/m.exec(unit)[1].toLowerCase().replaceAll("cap_", "").split(" ");
  // Root itself may lack some, in a container.
  const held = BigInt(`0x${/^CapEff:\t(\w+)$/m.exec(readFileSync("/proc/self/status", "utf8"))[1]}`);
  const numbers = { sys_admin: 21, bpf: 39, perfmon: 38, net_admin: 12, sys_ptrace: 19,
    dac_read_search: 2, syslog: 34, sys_resource: 24 };
  const given = all.filter((name) => held >> BigInt(numbers[name]) & 1n).map((name) => `+${name}`);
  const root = await startServer({ args: ["--script", "examples/syscalls"] });
  const under = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
    `--inh-caps=${given}`, `--ambient-caps=${given}`];
  const service = await startServer({ under });
  try {
    const [theirs, ours] = [await seen(root), await seen(service)];
    const ids = new Set(ours.programs.map(({ id }) => id));
    const missed = theirs.programs.filter(({ id, owners }) => owners.some(({ pid }) => pid === root.pid) && !ids.has(id));
    assert.deepEqual(missed, [], "programs of the other server");
    const own = ours.programs.filter(({ owners }) => owners.some(({ pid }) => pid === root.pid));
    assert.ok(own.length > 0, "their owner is known");
    assert.ok(ours.maps.length > 0);
    assert.equal((await fetch(`${service.url}/readyz`)).status, 200);
  } finally {
    assert.equal((await service.stop()).code, 0);
    assert.equal((await root.stop()).code, 0);
  }
});
