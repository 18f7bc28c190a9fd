// A script's extension of the schema: with a wrong one the server doesn't start, and the error
// names the place.

import assert from "node:assert/strict";
import { test } from "node:test";
import { folder, run, startServer } from "../lib/server.mjs";

async function refusal(text) {
  const files = folder({ "wrong.lua": text });
  const { code, stderr } = await run(["serve", "--listen", "127.0.0.1:0", "--script", files.path]);
  files.remove();
  assert.notEqual(code, 0);
  return stderr;
}

test("a clash ends the start with file and line", async () => {
  const stderr = await refusal('local graphql = require("lunette").graphql\n\ngraphql.extend("Program", { name = "Int" })\n');
  assert.match(stderr, /wrong\.lua:3: Field "Program\.name" can only be defined once\./);
});

test("so does an unknown type in SDL, with its line there", async () => {
  const stderr = await refusal('require("lunette").graphql.extend([[\n  extend type Program {\n    x: Nope\n  }\n]])\n');
  assert.match(stderr, /wrong\.lua:3:8: Unknown type "Nope"\./);
});

test("a good one is served", async () => {
  const server = await startServer({ scripts: { "good.lua": `
    require("lunette").graphql.extend("Query", { answer = { type = "Int!", description = "It.",
      resolve = function() return 42 end } })` } });
  const response = await fetch(`${server.url}/graphql?query=${encodeURIComponent("{ answer }")}`);
  assert.deepEqual(await response.json(), { data: { answer: 42 } });
  await server.stop();
});
