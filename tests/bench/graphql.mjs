// Compares our GraphQL engine with graphql-js in one run, on the same schema and data. A ratio
// below 1 means that ours is faster.

import { readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(new URL("../package.json", import.meta.url));
const { buildSchema, execute, getIntrospectionQuery, parse, validate } = require("graphql");

const SDL = readFileSync(new URL("./graphql/schema.graphql", import.meta.url), "utf8");
const QUERY = readFileSync(new URL("./graphql/query.graphql", import.meta.url), "utf8").trim();
const LIST = "{ items { id name type tag ratio } }";
const VARIABLES = { e: "A", withFriends: true };
const INTROSPECTION = getIntrospectionQuery();

const schema = buildSchema(SDL);
schema.getType("Character").resolveType = (object) => object.kind;
const person = (n) => ({ kind: "Human", id: n, name: `n${n}`, appearsIn: ["A", "B"], height: 1.5, friends: [] });
const root = {
  hero: { ...person(1), friends: [person(2), person(3), person(4)] },
  items: Array.from({ length: 10000 }, (_, i) => ({ id: i + 1, name: `name${i}`, type: "t", tag: "abc", ratio: i / 7 })),
};

function whole(text, variableValues) {
  const document = parse(text);
  const errors = validate(schema, document);
  if (errors.length) throw errors[0];
  return execute({ schema, document, variableValues, rootValue: root });
}

const query = parse(QUERY), list = parse(LIST), introspection = parse(INTROSPECTION);
const run = (document) => execute({ schema, document, variableValues: VARIABLES, rootValue: root });

// How many to a round: the best of many short rounds is what a busy machine disturbs least. Both
// sides are told in CPU time, for the same reason.
const CASES = {
  warm: [1000, () => run(query)],
  uncached: [100, (i) => whole(`${QUERY}#${i}`, VARIABLES)],
  introspection: [20, () => run(introspection)],
  list: [2, () => run(list)],
};
const ROUNDS = 40;

const NAMES = {
  warm: `${QUERY.length}-byte query, warm cache`, uncached: "the same, uncached",
  introspection: "introspection", list: "10,000 objects, 5 fields",
};

function best(times, fn) {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage();
    for (let i = 0; i < times; i++) fn(round * times + i);
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, (user + system) / times);
  }
  return least;
}

const theirs = {};
for (const [name, [times, fn]] of Object.entries(CASES)) theirs[name] = best(times, fn);

const lua = process.env.LUNETTE ? [process.env.LUNETTE, "run"] : ["lua5.4"];
const script = fileURLToPath(new URL("./graphql/engine.lua", import.meta.url));
const child = spawnSync(lua[0], [...lua.slice(1), script], {
  cwd: fileURLToPath(new URL("../..", import.meta.url)), encoding: "utf8", stdio: ["pipe", "pipe", "inherit"],
  input: JSON.stringify({ introspection: INTROSPECTION, rounds: ROUNDS,
    times: Object.fromEntries(Object.entries(CASES).map(([name, [times]]) => [name, times])) }),
});
const ours = JSON.parse(child.stdout);
for (const name of Object.keys(CASES)) {
  const ratio = ours[name] / theirs[name];
  console.log(`${NAMES[name].padEnd(32)} ours ${ours[name].toFixed(0).padStart(7)} us, graphql-js `
    + `${theirs[name].toFixed(0).padStart(7)} us: ${ratio.toFixed(2)} times`);
}
