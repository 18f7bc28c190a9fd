// Several tokens with roles, and the audit log.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import WebSocket from "ws";
import { binary, folder, run, startServer, until } from "../lib/server.mjs";

const files = folder();
const SECRETS = { reader: "reader-secret", writer: "writer-secret", owner: "owner-secret" };
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const line = (name, role) => `${name} ${role} ${sha256(SECRETS[name])}\n`;
const LINES = `# who\n\n${line("reader", "read")}${line("writer", "write")}${line("owner", "eval")}`;

function tokens(text, mode = 0o600, name = "tokens") {
  writeFileSync(files.file(name), text);
  chmodSync(files.file(name), mode);
  return files.file(name);
}

let held, ids, server;
before(async () => {
  held = spawn(binary, ["run", "tests/cli/hold.lua", `${process.env.LUNETTE_BUILD ?? "build"}/tests/bpf/cli.bpf.o`],
    { stdio: ["pipe", "pipe", "inherit"] });
  [ids] = await new Promise((resolve) => { createInterface({ input: held.stdout }).once("line", (text) => resolve([JSON.parse(text)])); });
  server = await startServer({ args: ["--tokens", tokens(LINES)],
    scripts: { "route.lua": 'require("lunette").http.post("/change", function() return { body = "changed" } end, { write = true })' } });
});
after(async () => {
  await server?.stop();
  held.stdin.end();
  files.remove();
});

async function ask(query, secret, url = server.url) {
  const headers = { "Content-Type": "application/json" };
  if (secret) headers.Authorization = `Bearer ${secret}`;
  const answer = await fetch(`${url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query }) });
  return { status: answer.status, ...await answer.json() };
}

const RIGHTS = "{ health { canWrite canEval } }";

test("a role allows what it says, an unknown token nothing", async () => {
  const rights = async (secret) => (await ask(RIGHTS, secret)).data?.health;
  assert.deepEqual(await rights(SECRETS.reader), { canWrite: false, canEval: false });
  assert.deepEqual(await rights(SECRETS.writer), { canWrite: true, canEval: false });
  assert.deepEqual(await rights(SECRETS.owner), { canWrite: true, canEval: true });
  assert.deepEqual(await rights("stranger"), { canWrite: false, canEval: false });
  assert.deepEqual(await rights(sha256(SECRETS.owner)), { canWrite: false, canEval: false }, "a hash is no token");
});

const WRITE = (value) => `mutation { updateMapValue(mapId: ${ids.lun_cli}, key: "0", value: "${value}",
  keyFormat: NUMBER, valueFormat: NUMBER) { error } }`;

test("the audit log: who, from where, what, and what was there before", async () => {
  await ask(WRITE(77), SECRETS.writer);
  await ask(WRITE(78), SECRETS.owner);
  await server.logged(/ audit writer@127\.0\.0\.1 updateMapValue \{.*"value":"77".*\}: done/);
  await server.logged(/ audit owner@127\.0\.0\.1 updateMapValue \{.*"value":"78".*\}: done, before: \["4d/i);
  await ask(WRITE(79), SECRETS.reader);
  await server.logged(/ audit reader@127\.0\.0\.1 updateMapValue \{.*"value":"79".*\}: refused/);
  await ask('mutation { evaluate(source: "1 + 1\\nforged") { results } }', SECRETS.owner);
  await server.logged(/ audit owner@127\.0\.0\.1 evaluate \{.*1 \+ 1\\nforged.*\}: runs/);
  await ask('mutation { evaluate(source: "2") { results } }');
  await server.logged(/ audit nobody@127\.0\.0\.1 evaluate \{.*\}: refused/);
});

test("the audit log: routes of scripts that write", async () => {
  const post = (secret) => fetch(`${server.url}/change`, { method: "POST", headers: { Authorization: `Bearer ${secret}` } });
  assert.equal((await post(SECRETS.reader)).status, 403);
  assert.equal((await post(SECRETS.writer)).status, 200);
  await server.logged(/ audit reader@127\.0\.0\.1 POST \/change: refused/);
  await server.logged(/ audit writer@127\.0\.0\.1 POST \/change: runs/);
});

test("a WebSocket gives its token as a subprotocol", async () => {
  const hex = Buffer.from(SECRETS.writer).toString("hex");
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/graphql`, ["graphql-transport-ws", `bearer.${hex}`]);
  const messages = [];
  socket.on("message", (data) => messages.push(JSON.parse(data)));
  await new Promise((resolve, reject) => { socket.on("open", resolve); socket.on("error", reject); });
  socket.send('{"type":"connection_init"}');
  socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: "{ health { canWrite } }" } }));
  const next = await until(() => messages.find(({ type }) => type === "next"), { what: "the answer" });
  assert.equal(next.payload.data.health.canWrite, true);
  socket.terminate();
});

test("a changed file is taken, a broken one is not", async () => {
  const path = tokens(LINES, 0o600, "changing");
  const other = await startServer({ args: ["--tokens", path] });
  const may = async (name) => (await ask("{ health { canWrite } }", SECRETS[name], other.url)).data.health.canWrite;
  try {
    assert.equal(await may("reader"), false);
    tokens(line("reader", "write"), 0o600, "changing");
    await until(() => may("reader"), { what: "the new role" });
    assert.equal(await may("writer"), false, "no longer there");
    tokens("reader write nothex\n", 0o600, "changing");
    await until(async () => {
      assert.equal(await may("reader"), true);
      return /the tokens before stay: .*changing:1: the hash is not 64/.test(other.stderr());
    }, { what: "the error in the log" });
  } finally { assert.equal((await other.stop()).code, 0); }
});

test("a file that can't be used ends the start, with its line", async () => {
  const cases = [
    ["x\n", 0o600, /:1: NAME ROLE SHA256 is needed/],
    [`${line("reader", "read")}a admin ${sha256("x")}\n`, 0o600, /:2: the role is none of read, write, eval/],
    ["a read 12\n", 0o600, /:1: the hash is not 64 hexadecimal digits/],
    [`${"n".repeat(70)} read ${sha256("x")}\n`, 0o600, /:1: the name is longer than 63 bytes/],
    [`a read ${"f".repeat(600)}\n`, 0o600, /:1: the line is longer/],
    [LINES, 0o644, /every user can read or write this file: chmod 600/],
  ];
  for (const [text, mode, message] of cases) {
    const ended = await run(["serve", "--listen", "127.0.0.1:0", "--tokens", tokens(text, mode, "bad")]);
    assert.match(ended.stderr, message);
    assert.equal(ended.code, 1);
  }
  assert.match((await run(["serve", "--listen", "127.0.0.1:0", "--tokens", "/nonexistent"])).stderr, /\/nonexistent: No such file/);
});

test("beyond loopback every request needs a token", async () => {
  const open = await startServer({ args: ["--listen", "0.0.0.0:0", "--tokens", tokens(LINES)] });
  try {
    assert.equal((await ask(RIGHTS, undefined, open.url)).status, 401);
    assert.equal((await ask("{ __typename }", SECRETS.reader, open.url)).status, 200);
  } finally { assert.equal((await open.stop()).code, 0); }
});

test("lunette token: a line for the file, and a token that fits it", async () => {
  const made = await run(["token", "ci@example", "write"]);
  const [name, role, hash] = made.stdout.trim().split(" ");
  const secret = /the token of ci@example is (\w{32})/.exec(made.stderr)[1];
  assert.deepEqual([name, role, hash], ["ci@example", "write", sha256(secret)]);
  assert.equal((await run(["token", "a b", "write"])).code, 2);
  assert.equal((await run(["token", "a", "root"])).code, 2);
});
