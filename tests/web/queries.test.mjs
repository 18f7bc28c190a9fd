// The explorer's queries against the schema that the server serves.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, Source } from "../../web/node_modules/graphql/index.mjs";
import { folder } from "../lib/server.mjs";
import { check, generate, readQueries, readSchema } from "../../web/tools/queries.mjs";

test("every query of the explorer is valid", () => {
  assert.deepEqual(check(readSchema(), readQueries()), []);
});

test("a mistake is named with its file and line", () => {
  const source = new Source("query Wrong {\n  maps { id nonsense }\n}", "src/queries/x.graphql");
  assert.deepEqual(check(readSchema(), parse(source).definitions),
    ['src/queries/x.graphql:2: Cannot query field "nonsense" on type "Map".']);
});

test("results and variables get their types", () => {
  const source = new Source(`
    fragment Part on Map { id name }
    query One($id: Int!, $first: Int = 3) { map(id: $id) { ...Part pins table(first: $first) { time } } }
  `, "x.graphql");
  const text = generate(readSchema(), parse(source).definitions);
  assert.match(text, /export type Part = \{ id: number; name: string \| null \};/);
  assert.match(text, /export type OneVariables = \{ id: number; first\?: number \| null \};/);
  assert.match(text, /pins: \(string\)\[\] \| null; table: \{ time: number \}/);
});

test("an input object that holds itself gets its type", () => {
  const files = folder({ "schema.graphql": `
    input Where { id: Int any: [Where!] }
    type Query { found(where: Where): Boolean }
  ` });
  const schema = readSchema(files.file("schema.graphql"));
  files.remove();
  const text = generate(schema,
    parse(new Source("query Find($where: Where) { found(where: $where) }", "x.graphql")).definitions);
  assert.match(text, /export type FindVariables = \{ where\?: Where \| null \};/);
  assert.match(text, /export type Where = \{ id\?: number \| null; any\?: \(Where\)\[\] \| null \};/);
});
