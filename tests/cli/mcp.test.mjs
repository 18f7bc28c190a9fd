// lunette mcp: the Model Context Protocol, line by line.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { binary, hold } from "./kernel.mjs";

let held;
let agent;

/** A client: ask(method, params) resolves to the answer; send(line) to the next line. */
function start(...args) {
  const child = spawn(binary, ["mcp", ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = [];
  const waiting = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    const next = waiting.shift();
    if (next) next(JSON.parse(line));
    else lines.push(line);
  });
  const send = (line) => new Promise((resolve) => {
    waiting.push(resolve);
    child.stdin.write(`${line}\n`);
  });
  let id = 0;
  return {
    send,
    tell: (method) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", method })}\n`),
    ask: (method, params) => send(JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params })),
    async call(name, args) {
      const answer = await this.ask("tools/call", { name, arguments: args });
      const { content: [{ text }], isError } = answer.result;
      return isError ? { error: text } : JSON.parse(text);
    },
    stop: () => new Promise((resolve) => {
      child.once("exit", (code) => resolve({ code, lines }));
      child.stdin.end();
    }),
  };
}

before(async () => {
  held = await hold();
  agent = start();
});
after(async () => {
  const { code, lines } = await agent.stop();
  assert.deepEqual([code, lines], [0, []], "no line that nobody asked for");
  await held.close();
});

test("initialize: a known version is taken, another one gets ours; a notification has no answer", async () => {
  const old = await agent.ask("initialize", { protocolVersion: "2024-11-05", capabilities: {}, clientInfo: { name: "t", version: "1" } });
  assert.equal(old.result.protocolVersion, "2024-11-05");
  const { result } = await agent.ask("initialize", { protocolVersion: "1999-01-01" });
  assert.equal(result.protocolVersion, "2025-06-18");
  assert.equal(result.serverInfo.name, "lunette");
  assert.deepEqual(result.capabilities, { tools: {} });
  agent.tell("notifications/initialized");
  assert.deepEqual((await agent.ask("ping")).result, {});
});

test("tools/list: each tool has a schema", async () => {
  const { tools } = (await agent.ask("tools/list")).result;
  assert.ok(tools.length >= 10);
  for (const { name, description, inputSchema, annotations } of tools) {
    assert.match(name, /^[a-z_]+$/);
    assert.ok(description.length > 20);
    assert.equal(inputSchema.type, "object");
    assert.ok(Array.isArray(inputSchema.required));
    assert.ok(!Array.isArray(inputSchema.properties), name);
    assert.equal(annotations.readOnlyHint, true);
  }
});

test("maps and their entries, decoded, filtered and sorted", async () => {
  const maps = await agent.call("list_maps", { search: "cli_flows" });
  assert.ok(maps.rows.some(({ id, name }) => id === held.ids.cli_flows && name === "cli_flows"));
  const page = await agent.call("read_map", { map: held.ids.cli_flows, sort: "packets", first: 2 });
  assert.deepEqual(page.columns.slice(-2), ["packets", "bytes"]);
  assert.deepEqual(page.rows.map((row) => String(row.at(-2))), [String(1n << 60n), "2000"]);
  const next = await agent.call("read_map", { map: String(held.ids.cli_flows), sort: "packets", first: 2, after: page.next });
  assert.deepEqual(next.rows.map((row) => row.at(-2)), [300, 10]);
  const some = await agent.call("read_map", { map: held.ids.cli_flows, where: ["packets > 100", "packets < 1000"] });
  assert.deepEqual(some.rows.map((row) => row.at(-2)), [300]);
});

test("programs, code, attachments, leaks, the host and the schema", async () => {
  const shown = await agent.call("show_program", { program: held.ids.program });
  assert.equal(shown.id, held.ids.program);
  const code = await agent.call("program_code", { program: held.ids.program, first: 3 });
  assert.ok(code.instructions > 0);
  assert.ok((await agent.call("host", {})).maps >= 5);
  assert.ok(Array.isArray((await agent.call("attachments", { first: 1 })).rows));
  assert.ok(Array.isArray((await agent.call("leaks", {})).rows));
  assert.ok((await agent.call("schema", { type: "Map" })).fields.some(({ name }) => name === "entriesCount"));
  const list = await agent.call("list_maps", { first: 1 });
  assert.equal(list.rows.length, 1);
  assert.match(list.more, new RegExp(`^first: ${list.total} gives all$`));
});

test("a GraphQL query; writing only where it is allowed", async () => {
  const answer = await agent.call("query", { query: "query ($id: Int!) { map(id: $id) { name } }", variables: { id: held.ids.cli_flows } });
  assert.deepEqual(answer, { data: { map: { name: "cli_flows" } } });
  const write = 'mutation ($id: Int!) { updateMapValue(mapId: $id, key: "0", value: "7", keyFormat: NUMBER, valueFormat: NUMBER) { error } }';
  const refused = await agent.call("query", { query: write, variables: { id: held.ids.lun_cli } });
  assert.match(refused.data.updateMapValue.error, /writing is not allowed/);
  const writer = start("--allow-write");
  const done = await writer.call("query", { query: write, variables: { id: held.ids.lun_cli } });
  assert.deepEqual(done, { data: { updateMapValue: { error: null } } });
  await writer.stop();
});

test("what is wrong is said, and the next line is answered", async () => {
  assert.equal((await agent.send("{")).error.code, -32700);
  assert.equal((await agent.send("[]")).error.code, -32600);
  assert.equal((await agent.send('{"id":7}')).error.code, -32600);
  assert.equal((await agent.ask("no/such")).error.code, -32601);
  assert.equal((await agent.ask("tools/call", { name: "rm" })).error.code, -32602);
  const errors = [
    ["read_map", {}, /^map: the argument is missing$/],
    ["read_map", { map: "no_such_map" }, /^there is no map 'no_such_map'$/],
    ["read_map", { map: held.ids.cli_flows, first: 0 }, /^first: 1 to 1000$/],
    ["read_map", { map: held.ids.cli_flows, first: "many" }, /^first: integer is needed$/],
    ["read_map", { map: held.ids.cli_flows, sort: "nothing" }, /no column 'nothing'/],
    ["read_map", { map: held.ids.cli_flows, where: ["packets"] }, /is no condition/],
    ["list_maps", { frist: 1 }, /^there is no argument 'frist'$/],
    ["show_program", { program: "/nonexistent" }, /nonexistent/],
    ["schema", { type: "Nothing" }, /^no type 'Nothing'$/],
  ];
  for (const [name, args, message] of errors) assert.match((await agent.call(name, args)).error, message);
  assert.deepEqual((await agent.ask("ping")).result, {});
});
