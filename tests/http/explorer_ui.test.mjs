// The operations of explorer-ui 0.0.7, as its Apollo client sends them: names, variables, and
// __typename in every selection. Each answer has the fields that its pages read.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBpftrace } from "../lib/bpftrace.mjs";
import { startServer, token, until } from "../lib/server.mjs";

const NAME = `E${process.pid}`;
const MAP = `AT_${NAME}`;
let open, closed, tracer, id;

const OPERATIONS = {
  Navigation: `query Navigation {
    programs { id error name type tag runTime runCount btfId __typename }
    maps { id error name type flags isPinned keySize valueSize maxEntries __typename } }`,
  GetMap: `query GetMap($mapId: Int!) { map(id: $mapId) {
    id error name type flags isPinned pins keySize valueSize maxEntries entriesCount isPerCPU
    isLookupSupported programs { id name type __typename } __typename } }`,
  GetMapEntries: `query GetMapEntries($mapId: Int!, $offset: Int!, $limit: Int!,
      $keyFormat: MapEntryFormat!, $valueFormat: MapEntryFormat!) {
    map(id: $mapId) {
      isPerCPU
      entries(offset: $offset, limit: $limit, keyFormat: $keyFormat, valueFormat: $valueFormat) {
        key value cpuValues __typename }
      entriesCount __typename } }`,
  GetProgram: `query GetProgram($programId: Int!) { program(id: $programId) {
    id name type tag runTime runCount btfId maps { id name type __typename } error
    tasks { pid fd type name probeOffset probeAddr __typename } __typename } }`,
  ConnectedGraph: `query ConnectedGraph($id: Int!, $type: IdType!) {
    connectedGraph(from: $id, fromType: $type) {
      programs { id type name maps { id __typename } __typename }
      maps { id type name __typename } __typename } }`,
  UpdateMapValue: `mutation UpdateMapValue($mapId: Int!, $key: String!, $cpu: Int, $value: String!,
      $keyFormat: MapEntryFormat!, $valueFormat: MapEntryFormat!) {
    updateMapValue(mapId: $mapId, key: $key, cpu: $cpu, value: $value, keyFormat: $keyFormat,
      valueFormat: $valueFormat) { error __typename } }`,
  CreateMapValue: `mutation CreateMapValue($mapId: Int!, $key: String!, $values: [String!]!,
      $keyFormat: MapEntryFormat!, $valueFormat: MapEntryFormat!) {
    createMapValue(mapId: $mapId, key: $key, values: $values, keyFormat: $keyFormat,
      valueFormat: $valueFormat) { error __typename } }`,
  DeleteMapValues: `mutation DeleteMapValues($mapId: Int!, $keys: [String!]!,
      $keyFormat: MapEntryFormat!) {
    deleteMapValues(mapId: $mapId, keys: $keys, keyFormat: $keyFormat) { error __typename } }`,
};

/** The data of an operation; there are no errors. */
async function send(server, operationName, variables = {}, headers = {}) {
  const response = await fetch(new URL("/query", server.url), {
    method: "POST",
    headers: { accept: "*/*", "content-type": "application/json", ...headers },
    body: JSON.stringify({ operationName, variables, query: OPERATIONS[operationName] }),
  });
  assert.equal(response.status, 200);
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

const write = (...of) => send(open, ...of, { authorization: `Bearer ${token}` });

before(async () => {
  [open, closed] = await Promise.all([startServer({ token: true }), startServer()]);
  tracer = startBpftrace(`tracepoint:raw_syscalls:sys_enter { @${NAME}[comm] = count(); }`);
  const map = await until(
    async () => (await send(open, "Navigation")).maps.find(({ name }) => name === MAP),
    { what: `${MAP} to appear` });
  id = map.id;
});

after(async () => {
  await tracer?.stop();
  await Promise.all([open?.stop(), closed?.stop()]);
});

test("the sidebar lists programs and maps, and none of Lunette's own", async (t) => {
  const { programs, maps } = await send(open, "Navigation");
  assert.ok(programs.some(({ name, type }) => name === "sys_enter" && type === "TracePoint"));
  const map = maps.find((one) => one.id === id);
  assert.deepEqual(map, { id, error: null, name: MAP, type: "PerCPUHash", flags: map.flags,
    isPinned: false, keySize: 16, valueSize: 8, maxEntries: map.maxEntries, __typename: "Map" });
  for (const [kind, listed] of Object.entries({ programs, maps })) {
    const own = await ownIds(kind);
    if (own.length === 0) t.diagnostic(`${kind}: nothing of Lunette's own is there to be left out`);
    assert.deepEqual(listed.map((one) => one.id).filter((one) => own.includes(one)), []);
  }
});

/** The ids of what servers loaded themselves: asked for, they are listed. */
async function ownIds(kind) {
  const ask = (filter) => fetch(new URL("/query", open.url), {
    method: "POST", headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: `{ ${kind}(filter: ${filter}) { id own } }` }),
  }).then((response) => response.json());
  const { data } = await ask("{}");
  const own = data[kind].filter((one) => one.own).map((one) => one.id);
  const only = (await ask("{ own: true }")).data[kind].map((one) => one.id);
  assert.deepEqual(own.filter((one) => !only.includes(one)), []);
  return own;
}

test("a map's page: facts, entries, the graph, a program's page", async () => {
  const { map } = await send(open, "GetMap", { mapId: id });
  assert.deepEqual([map.name, map.error, map.isPerCPU, map.isLookupSupported, map.pins],
    [MAP, null, true, true, []]);
  assert.equal(map.programs.length, 1);
  const [{ id: programId }] = map.programs;
  const page = { mapId: id, offset: 0, limit: 25, keyFormat: "STRING", valueFormat: "NUMBER" };
  const { map: { entries, entriesCount, isPerCPU } } = await send(open, "GetMapEntries", page);
  assert.ok(isPerCPU && entriesCount > 0 && entries.length > 0 && entries.length <= 25);
  assert.equal(entries[0].value, null);
  assert.match(entries[0].cpuValues[0], /^\d+$/);
  const { connectedGraph } = await send(open, "ConnectedGraph", { id, type: "MAP" });
  assert.ok(connectedGraph.maps.some((one) => one.id === id));
  assert.ok(connectedGraph.programs.find((one) => one.id === programId).maps
    .some((one) => one.id === id));
  const { program } = await send(open, "GetProgram", { programId });
  assert.equal(program.type, "TracePoint");
  assert.equal(typeof program.runCount, "number");
  assert.ok(program.tasks.some(({ pid, type }) => pid === tracer.pid && type === "Tracepoint"));
});

test("an entry is added, changed and deleted; what goes wrong stands in the answer", async () => {
  const { map } = await send(open, "GetMapEntries",
    { mapId: id, offset: 0, limit: 1, keyFormat: "HEX", valueFormat: "NUMBER" });
  const values = map.entries[0].cpuValues.map(() => "0");
  const formats = { keyFormat: "STRING", valueFormat: "NUMBER" };
  const key = { mapId: id, key: "explorer-ui", ...formats };
  const added = await write("CreateMapValue", { ...key, values });
  assert.deepEqual(added.createMapValue, { error: null, __typename: "MapUpdateValueResult" });
  const changed = await write("UpdateMapValue", { ...key, value: "5", cpu: 0 });
  assert.equal(changed.updateMapValue.error, null);
  const again = await write("CreateMapValue", { ...key, values });
  assert.equal(again.createMapValue.error, "the key is there already");
  const wrong = await write("UpdateMapValue", { ...key, value: "five", cpu: 0 });
  assert.equal(wrong.updateMapValue.error, "value: 'five' is not a number");
  const gone = { mapId: id, keys: ["explorer-ui"], keyFormat: "STRING" };
  assert.equal((await write("DeleteMapValues", gone)).deleteMapValues.error, null);
  assert.match((await write("DeleteMapValues", gone)).deleteMapValues.error, /no such key$/);
});

test("a change that is refused says so in its answer: the page reads it there", async () => {
  const key = { mapId: id, key: "x", keyFormat: "STRING" };
  for (const server of [open, closed]) {
    for (const [operation, field, variables] of [
      ["UpdateMapValue", "updateMapValue", { ...key, value: "1", cpu: 0, valueFormat: "NUMBER" }],
      ["CreateMapValue", "createMapValue", { ...key, values: ["1"], valueFormat: "NUMBER" }],
      ["DeleteMapValues", "deleteMapValues", { mapId: id, keys: ["x"], keyFormat: "STRING" }],
    ]) {
      const data = await send(server, operation, variables);
      assert.deepEqual(data, { [field]: { __typename: "MapUpdateValueResult", error: "writing is "
        + "not allowed: start the server with --allow-write and send its token" } });
    }
  }
});
