// Tools in a server: --tool, GraphQL, the subscription, metrics, and no leftovers at its end.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import WebSocket from "ws";
import { binary, run, startServer, token, until } from "../lib/server.mjs";

let server;
before(async () => {
  server = await startServer({ token: true, args: ["--tool", "execsnoop", "--tool", "runqlat:process=true"] });
});
after(async () => { await server?.stop(); });

async function ask(query, secret) {
  const headers = { "Content-Type": "application/json" };
  if (secret) headers.Authorization = `Bearer ${secret}`;
  const answer = await fetch(`${server.url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query }) });
  return answer.json();
}
const tools = async () => Object.fromEntries(
  (await ask("{ tools { name running events lost error since params { name } columns { name title } } }")).data.tools
    .map((tool) => [tool.name, tool]));
const running = (name) => until(async () => (await tools())[name].running, { what: `${name} to run` });
const metrics = async () => (await fetch(`${server.url}/metrics`)).text();

// The rows of a tool, until `enough` of them.
function rows(name, load, enough) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    const list = [];
    const send = (message) => socket.send(JSON.stringify(message));
    let loading;
    socket.on("open", () => send({ type: "connection_init" }));
    socket.on("error", reject);
    socket.on("message", (data) => {
      const message = JSON.parse(data);
      if (message.type === "connection_ack") {
        send({ id: "1", type: "subscribe", payload: { query: `subscription { toolEvents(name: "${name}") { rows skipped lost } }` } });
        loading = setInterval(load, 200);
      } else if (message.type === "next") {
        list.push(...message.payload.data.toolEvents.rows);
        if (!enough(list)) return;
        clearInterval(loading);
        socket.close();
        resolve(list);
      } else if (message.type === "error") {
        clearInterval(loading);
        socket.close();
        reject(new Error(JSON.stringify(message.payload)));
      }
    });
  });
}

test("--tool runs tools, with parameters", async () => {
  await running("execsnoop");
  await running("runqlat");
  const all = await tools();
  assert.equal(all.opensnoop.running, false);
  assert.equal(all.opensnoop.since, null);
  assert.ok(all.execsnoop.since > 1.6e9);
  assert.deepEqual(all.execsnoop.columns[0], { name: "comm", title: "PCOMM" });
  const labels = await rows("runqlat", () => {}, (list) => list.length > 0);
  assert.match(labels[0].label, /^\S.* \d+$/);
});

test("toolEvents gives rows by the columns' names", async () => {
  await running("execsnoop");
  const list = await rows("execsnoop", () => execFileSync("/bin/true", ["lunette-events"]),
    (all) => all.some(({ args }) => args === "/bin/true lunette-events"));
  const row = list.find(({ args }) => args === "/bin/true lunette-events");
  assert.deepEqual(Object.keys(row).sort(), ["args", "comm", "pid", "ppid", "ret"]);
  assert.equal(row.comm, "true");
  await assert.rejects(rows("nosuch", () => {}, () => true), /no tool 'nosuch'/);
});

test("/metrics has each tool's events and losses, and what its rules count", async () => {
  await until(async () => {
    execFileSync("/bin/true");
    return /^execs_total\{comm="true"\} \d+$/m.test(await metrics());
  }, { what: "the count of /bin/true" });
  const text = await metrics();
  assert.match(text, /^lunette_tool_up\{tool="execsnoop"\} 1$/m);
  assert.match(text, /^lunette_tool_events_total\{tool="execsnoop"\} [1-9]\d*$/m);
  assert.match(text, /^lunette_tool_lost_total\{tool="runqlat"\} 0$/m);
  assert.doesNotMatch(text, /lunette_tool_events_total\{tool="runqlat"/);
});

test("startTool and stopTool need the token, and say what is wrong", async () => {
  const start = (rest) => `mutation { startTool(name: "exitsnoop"${rest}) { error } }`;
  assert.match((await ask(start(""))).data.startTool.error, /writing is not allowed/);
  assert.equal((await tools()).exitsnoop.running, false);
  assert.equal((await ask(start(", params: { pdi: 1 }"), token)).data.startTool.error,
    "no parameter 'pdi' (did you mean 'pid'?)");
  assert.equal((await ask(start(", params: 7"), token)).data.startTool.error, "params: an object by name is needed");
  assert.equal((await ask('mutation { startTool(name: "nosuch") { error } }', token)).data.startTool.error
    .startsWith("no tool 'nosuch'"), true);
  assert.equal((await ask('mutation { startTool(name: "biosnoop", params: { disk: "nosuch" }) { error } }', token))
    .data.startTool.error, "disk: there is no 'nosuch'");
  assert.equal((await ask(start(", params: { threads: true }"), token)).data.startTool.error, null);
  assert.equal((await tools()).exitsnoop.running, true);
  const stop = 'mutation { stopTool(name: "exitsnoop") { error } }';
  assert.equal((await ask(stop, token)).data.stopTool.error, null);
  assert.equal((await tools()).exitsnoop.running, false);
  assert.equal((await ask(stop, token)).data.stopTool.error, "tool 'exitsnoop' does not run");
});

test("a wrong --tool is refused before anything listens", async () => {
  const wrong = await run(["serve", "--listen", "127.0.0.1:0", "--tool", "opensnoop:pid=x"]);
  assert.deepEqual([wrong.code, wrong.stderr],
    [2, "lunette: --tool opensnoop:pid=x: pid: 'x' is not a whole number\n"]);
});

test("its programs are gone when the server has ended", async () => {
  await server.stop();
  server = null;
  await until(() => {
    const list = JSON.parse(execFileSync(binary, ["prog", "list", "-j", "--name", "ran"], { encoding: "utf8" }));
    return list.every(({ name }) => name !== "ran");
  }, { what: "the programs to be gone" });
});
