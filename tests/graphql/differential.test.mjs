// Compares our engine with graphql-js: the same schemas, documents, variables and data. Data must
// be equal to the byte; errors equal in number, order, locations and paths; printed documents
// equal in meaning. The seed is fixed, so that a commit always has the same result; SEED and
// SCHEMAS test more. Past failures are in cases/ and run each time.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, mkdirSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";
import { getIntrospectionQuery } from "graphql";
import { makeData, makeRoot } from "./support/data.mjs";
import { makeDocument, scattered, spoil } from "./support/documents.mjs";
import { Engine } from "./support/engine.mjs";
import { answer, answers, buildSchema, printed } from "./support/oracle.mjs";
import { Random } from "./support/random.mjs";
import { makeSchema } from "./support/schemas.mjs";

const seed = Number(process.env.SEED ?? 2026);
const SCHEMAS = Number(process.env.SCHEMAS ?? 70);
const DOCUMENTS = 40; // of a schema, each once as it is and once spoilt
const KEPT = new URL("./cases/", import.meta.url);

const INTROSPECTION = getIntrospectionQuery({
  specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true, oneOf: true,
  inputValueDeprecation: true,
});

const engine = new Engine();
after(() => engine.end());

const place = (error) => JSON.stringify({ locations: error.locations, path: error.path });
const places = (errors) => (errors ?? []).map(place);
const messages = (errors) => (errors ?? []).map((error) => error.message);

const count = { cases: 0, data: 0, errors: 0, messages: 0 };
const differing = [];

/** Two texts where they begin to differ. */
function apart(ours, theirs) {
  let at = 0;
  while (at < ours.length && ours[at] === theirs[at]) at += 1;
  const near = (text) => text.slice(Math.max(0, at - 200), at + 200);
  return `${near(ours)}\n  is not ${near(theirs)}`;
}

/** What differs between two answers; undefined when nothing does. */
function difference(ours, theirs) {
  if (ours.crash) return `crash: ${ours.crash}`;
  const [a, b] = [JSON.stringify(ours.data), JSON.stringify(theirs.data)];
  if (a !== b) return `data: ${apart(String(a), String(b))}`;
  const [mine, other] = [places(ours.errors), places(theirs.errors)];
  if (mine.join() !== other.join()) {
    return `errors: ${mine.join(" ")}\n  are not ${other.join(" ")}\n  ours: ${messages(ours.errors).join(" | ")}\n  theirs: ${messages(theirs.errors).join(" | ")}`;
  }
  return undefined;
}

/** Numbers that are written differently are the same once read. */
function compare(ours, theirs, test) {
  count.cases += 1;
  if (theirs.data) count.data += 1;
  if (theirs.errors) count.errors += 1;
  if (messages(ours.errors).join("\n") !== messages(theirs.errors).join("\n")) {
    count.messages += 1;
    if (process.env.MESSAGES) console.log(`# ${messages(ours.errors).join(" | ")}\n# ${messages(theirs.errors).join(" | ")}`);
  }
  const found = difference(ours, theirs);
  if (found) differing.push({ found, test });
}

async function checkSchema(sdl) {
  const theirs = buildSchema(sdl);
  const ours = await engine.ask({ op: "schema", sdl });
  const errors = theirs.errors?.map((error) => (error.toJSON ? error.toJSON() : { message: error.message }));
  if (!theirs.thrown) compare(ours.errors || ours.crash ? ours : {}, errors ? { errors } : {}, { sdl });
  return ours.ok && theirs.schema;
}

async function checkRequest(schema, sdl, request) {
  const theirs = answer(schema, request);
  const ours = await engine.ask({ op: "execute", ...request });
  compare(ours, theirs, { sdl, ...request });
  if (!theirs.errors && request.query.includes("subscription")) await checkEvents(schema, sdl, request);
}

/** A subscription: two events, one answer each. */
async function checkEvents(schema, sdl, { root, ...rest }) {
  const request = { ...rest, root: { $events: [root, {}] } };
  const theirs = await answers(schema, request);
  if (!theirs) return;
  const ours = await engine.ask({ op: "subscribe", ...request });
  if (ours.crash || ours.list.length !== theirs.length) {
    differing.push({ found: `events: ${JSON.stringify(ours)}`, test: { sdl, ...request } });
    return;
  }
  theirs.forEach((one, at) => compare(ours.list[at], one, { sdl, ...request }));
}

/** A text read and printed, by graphql-js once more lest descriptions in other quotes differ. */
async function checkPrint(text) {
  const theirs = printed(text);
  if (theirs === undefined) return;
  const ours = await engine.ask({ op: "print", query: text });
  count.cases += 1;
  const again = ours.text && (text.includes('"') ? printed(ours.text) : ours.text);
  if (again !== theirs) differing.push({ found: `print: ${apart(again ?? JSON.stringify(ours), theirs)}`, test: { sdl: text } });
}

function report() {
  if (differing.length === 0) return;
  mkdirSync("tests/out", { recursive: true });
  writeFileSync("tests/out/differing.json", JSON.stringify(differing, null, 1));
  const [{ found, test: { query, sdl, variables } }] = differing;
  assert.fail(`${differing.length} of ${count.cases} differ (tests/out/differing.json; move what is `
    + `fixed to cases/)\n${found}\n${query ?? sdl}\n${JSON.stringify(variables)}`);
}

test("what once failed", async () => {
  for (const name of readdirSync(KEPT)) {
    const kept = JSON.parse(readFileSync(new URL(name, KEPT), "utf8"));
    await checkPrint(kept.sdl);
    const schema = await checkSchema(kept.sdl);
    if (schema && kept.query) await checkRequest(schema, kept.sdl, kept);
  }
  report();
});

test(`seed ${seed}`, async () => {
  for (let i = 0; i < SCHEMAS; i++) {
    const random = new Random(seed + i);
    const made = makeSchema(random);
    await checkPrint(scattered(random, made.sdl));
    for (let j = 0; j < 4; j++) {
      const sdl = spoil(random, made.sdl);
      await checkPrint(sdl);
      await checkSchema(sdl);
    }
    await checkPrint(made.sdl);
    const schema = await checkSchema(made.sdl);
    if (!schema) continue;
    await checkRequest(schema, made.sdl, { query: INTROSPECTION });
    const all = [];
    for (let j = 0; j < DOCUMENTS; j++) {
      const { root, query, variables, operation } = makeDocument(random, made);
      const data = makeRoot(random, made.names, root);
      for (const text of [query, spoil(random, query)]) {
        all.push(checkPrint(text), checkRequest(schema, made.sdl, { query: text, variables, operation, root: data }));
      }
    }
    await Promise.all(all);
  }
  console.log(`# ${count.cases} cases: ${count.data} with data, ${count.errors} with errors, `
    + `${count.messages} with other messages`);
  report();
  assert.ok(count.cases >= 5000 || SCHEMAS < 70, `${count.cases} cases`);
});
