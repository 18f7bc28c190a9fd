// The queries of dev-agent's GraphQL clients, over HTTP, beside the seeds' bpftrace program.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { startBpftrace } from "../lib/bpftrace.mjs";
import { startServer, token, until } from "../lib/server.mjs";

const NAME = `C${process.pid}`;
const MAP = `AT_${NAME}`;
let server;
let tracer;

async function post(body, { path = "/query", headers = {} } = {}) {
  const response = await fetch(new URL(path, server.url), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

async function ask(query, variables) {
  const { body } = await post({ query, variables });
  assert.equal(body.errors, undefined, JSON.stringify(body.errors));
  return body.data;
}

async function write(query, variables) {
  const headers = { authorization: `Bearer ${token}` };
  const { body } = await post({ query, variables }, { headers });
  assert.equal(body.errors, undefined, JSON.stringify(body.errors));
  return body.data;
}

const bpftool = (...args) => JSON.parse(execFileSync("bpftool", ["-j", ...args]));

async function tracerMap() {
  const map = await until(async () => (await ask("{ maps { id name } }")).maps.find(({ name }) => name === MAP),
    { what: `${MAP} to appear` });
  return map.id;
}

before(async () => {
  server = await startServer({ token: true });
  const program = `tracepoint:raw_syscalls:sys_enter { @${NAME}[comm] = count(); }`;
  tracer = startBpftrace(program);
});

after(async () => {
  await tracer?.stop();
  await server?.stop();
});

test("bpftrace's map is listed with its program", async () => {
  const id = await tracerMap();
  const { map } = await ask(
    `query ($id: Int!) { map(id: $id) { name type isPerCPU keySize valueSize isLookupSupported
       programs { id name type maps { id } } } }`,
    { id },
  );
  assert.equal(map.name, MAP);
  assert.equal(map.type, "PerCPUHash");
  assert.equal(map.isPerCPU, true);
  assert.equal(map.isLookupSupported, true);
  assert.equal(map.keySize, 16);
  assert.equal(map.valueSize, 8);
  assert.equal(map.programs.length, 1);
  assert.equal(map.programs[0].name, "sys_enter");
  assert.equal(map.programs[0].type, "TracePoint");
  assert.ok(map.programs[0].maps.some((other) => other.id === id));
});

test("its entries are counts by command, a value a CPU", async () => {
  const id = await tracerMap();
  const { map } = await ask(
    `query ($id: Int!) { map(id: $id) { entriesCount
       entries(keyFormat: STRING, valueFormat: NUMBER, limit: 1000) { key value cpuValues } } }`,
    { id },
  );
  assert.ok(map.entriesCount > 0);
  const keys = map.entries.map(({ key }) => key);
  assert.ok(keys.includes("node") || keys.includes("lunette"), keys.join());
  assert.deepEqual(keys, [...keys].sort());
  const cpus = bpftool("map", "lookup", "id", String(id), "key", "hex",
    ...Buffer.from(keys[0].padEnd(16, "\0")).toString("hex").match(/../g)).values.length;
  for (const entry of map.entries) {
    assert.equal(entry.value, null);
    assert.equal(entry.cpuValues.length, cpus);
    for (const value of entry.cpuValues) assert.match(value, /^\d+$/);
  }
});

test("its tasks and connections are told", async () => {
  const id = await tracerMap();
  const { connectedGraph: graph } = await ask(
    `query ($id: Int!) { connectedGraph(from: $id, fromType: MAP) { programs { id name
       tasks { pid fd type name probeOffset probeAddr } } maps { id name } } }`,
    { id },
  );
  assert.ok(graph.maps.some((map) => map.id === id));
  const [program] = graph.programs;
  const task = program.tasks.find(({ pid }) => pid === tracer.pid);
  assert.ok(task, JSON.stringify(program.tasks));
  assert.equal(task.type, "Tracepoint");
  assert.equal(task.name, "sys_enter");
});

test("run counts are plain numbers", async () => {
  const id = await tracerMap();
  const { map } = await ask(
    "query ($id: Int!) { map(id: $id) { programs { runCount runTime } } }", { id });
  assert.equal(typeof map.programs[0].runCount, "number");
  assert.equal(typeof map.programs[0].runTime, "number");
});

test("writing needs the token", async () => {
  const id = await tracerMap();
  const query = `mutation ($id: Int!) {
    deleteMapValues(mapId: $id, keys: ["nobody"], keyFormat: STRING) { error } }`;
  const refused = await post({ query, variables: { id } });
  assert.equal(refused.body.errors, undefined);
  assert.match(refused.body.data.deleteMapValues.error, /^writing is not allowed/);
  const data = await write(query, { id });
  assert.match(data.deleteMapValues.error, /^key nobody: no such key/);
});

test("values that are written are in the kernel", async () => {
  const id = await tracerMap();
  const { map } = await ask(
    "query ($id: Int!) { map(id: $id) { entries(keyFormat: STRING) { cpuValues } } }", { id });
  const values = map.entries[0].cpuValues.map((_, cpu) => String(1000 + cpu));
  const variables = { id, values };
  const created = await write(
    `mutation ($id: Int!, $values: [String!]!) { createMapValue(mapId: $id, key: "lun-compat",
       values: $values, keyFormat: STRING, valueFormat: NUMBER) { error } }`, variables);
  assert.equal(created.createMapValue.error, null);
  const updated = await write(
    `mutation ($id: Int!) { updateMapValue(mapId: $id, key: "lun-compat", cpu: 0, value: "5",
       keyFormat: STRING, valueFormat: NUMBER) { error } }`, { id });
  assert.equal(updated.updateMapValue.error, null);
  const key = Buffer.from("lun-compat".padEnd(16, "\0")).toString("hex").match(/../g);
  const stored = bpftool("map", "lookup", "id", String(id), "key", "hex", ...key).values
    .map(({ value }) => Number(Buffer.from(value.map(Number)).readBigUInt64LE()));
  assert.deepEqual(stored, [5, ...values.slice(1).map(Number)]);
});

test("the same answers come from /graphql", async () => {
  const { status, body } = await post({ query: "{ maps { id } }" }, { path: "/graphql" });
  assert.equal(status, 200);
  assert.ok(Array.isArray(body.data.maps));
});
