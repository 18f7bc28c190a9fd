// docs/graphql.md: every query runs, every subscription and mutation is valid, the script loads.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { buildSchema, parse, validate } from "graphql";
import { startServer, until } from "../lib/server.mjs";

const page = readFileSync("docs/graphql.md", "utf8");
const blocks = (language) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))].map(([, block]) => block);
const documents = blocks("graphql");
let server, map, program;

async function ask(query, variables) {
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST", headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

before(async () => {
  server = await startServer({ args: ["--script", "examples/syscalls"], scripts: { "page.lua": blocks("lua")[0] } });
  map = await until(async () => (await ask('{ maps(filter: { name: "SYSCALLNUM" }) { id programs { id } } }'))
    .data.maps.sort((a, b) => b.id - a.id).find((one) => one.programs.length > 0), { what: "the example's map" });
  program = map.programs[0].id;
});
after(() => server?.stop());

test("there are documents", () => assert.ok(documents.length > 8, `${documents.length}`));

for (const source of documents) {
  const [{ operation, name }] = parse(source).definitions;
  test(`${operation} ${name?.value ?? source.replace(/\s+/g, " ").slice(0, 60)}`, async () => {
    const schema = buildSchema(readFileSync("lua/schema.graphql", "utf8"));
    assert.deepEqual(validate(schema, parse(source)).map((error) => error.message), []);
    if (operation === "subscription") return;
    const given = { map: map.id, program, node: `map:${map.id}`, after: null };
    const wanted = (parse(source).definitions[0].variableDefinitions ?? []).map(({ variable }) => variable.name.value);
    const variables = Object.fromEntries(wanted.map((variable) => [variable, given[variable]]));
    const { data, errors } = await ask(source, variables);
    assert.equal(errors, undefined, JSON.stringify(errors));
    for (const answer of Object.values(data)) assert.ok(answer !== null && (answer.error ?? null) === null, JSON.stringify(data));
  });
}

test("the filter of the text is one", async () => {
  const filter = page.match(/`\{ any: (\[.*\]) \}`/)[1];
  const { errors } = await ask(`{ map(id: ${map.id}) { table(filter: { any: ${filter} }) { matched } } }`);
  assert.equal(errors, undefined, JSON.stringify(errors));
});

test("the fields of the script are there", async () => {
  const { data } = await ask(`{ greeting { text } map(id: ${map.id}) { sizeInKilobytes } }`);
  assert.equal(data.greeting.text, "Hello, world");
  assert.ok(data.map.sizeInKilobytes > 0);
});

test("every field and argument that the text names in code is in the schema", () => {
  const schema = readFileSync("lua/schema.graphql", "utf8");
  const words = page.replace(/^```[^]*?^```$/gm, "").match(/`[a-z]\w*`/g).map((word) => word.slice(1, -1));
  const other = new Set(["query", "bpf", "object", "authorization"]);
  assert.deepEqual(words.filter((word) => !other.has(word) && !new RegExp(`\\b${word}\\b`).test(schema)), []);
});
