// GraphQL over HTTP by its specification: every audit of npm's graphql-http, and cases that the
// audits lack.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serverAudits } from "graphql-http";
import { startServer } from "../lib/server.mjs";

let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

// The audits need a URL before there is a server.
const url = "http://lunette.invalid/graphql";
const fetchFn = (input, init) => fetch(String(input).replace("http://lunette.invalid", server.url), init);

for (const audit of serverAudits({ url, fetchFn })) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    assert.equal(result.status, "ok", result.reason);
  });
}

const JSON_TYPE = { "content-type": "application/json" };

async function post(body, headers = {}) {
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST", headers: { ...JSON_TYPE, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
}

test("a batch is refused, and told why", async () => {
  const response = await post([{ query: "{ __typename }" }]);
  assert.equal(response.status, 400);
  assert.match(response.json().errors[0].message, /^Batches are not supported/);
});

test("the preferred media type is chosen by weight", async () => {
  const accept = "application/json;q=0.5, application/graphql-response+json";
  const response = await post({ query: "{ __typename }" }, { accept });
  assert.match(response.headers.get("content-type"), /^application\/graphql-response\+json/);
});

test("a type that can't be given is 406", async () => {
  assert.equal((await post({ query: "{ __typename }" }, { accept: "text/html" })).status, 406);
});

test("a mutation by GET is 405 and says what to use", async () => {
  const query = encodeURIComponent("mutation { __typename }");
  const response = await fetch(`${server.url}/graphql?query=${query}`);
  assert.equal(response.status, 405);
  assert.equal(response.headers.get("allow"), "POST");
});

test("fields come in the order of the query", async () => {
  const { text } = await post({ query: "{ z: __typename a: __typename m: __typename }" });
  assert.equal(text.trim(), '{"data":{"z":"Query","a":"Query","m":"Query"}}');
});

test("a document too long in tokens is refused", async () => {
  const { json } = await post({ query: `{ ${"a ".repeat(20000)} }` });
  assert.match(json().errors[0].message, /more than 10000 tokens/);
});

test("a document too deep is refused", async () => {
  const query = `{ maps { ${"programs { maps { ".repeat(20)} id ${"} }".repeat(20)} } }`;
  const { json } = await post({ query });
  assert.match(json().errors[0].message, /levels deep/);
  assert.equal(json().errors[0].extensions.code, "DEPTH_LIMIT");
});

test("too many aliases are refused", async () => {
  const query = `{ ${Array.from({ length: 500 }, (_, i) => `a${i}: __typename`).join(" ")} }`;
  assert.match((await post({ query })).json().errors[0].message, /500 aliases/);
});

test("a persisted query is known by its hash once it was sent", async () => {
  const { createHash } = await import("node:crypto");
  const query = `{ p${process.pid}: __typename }`;
  const sha256Hash = createHash("sha256").update(query).digest("hex");
  const extensions = { persistedQuery: { version: 1, sha256Hash } };
  const unknown = (await post({ extensions })).json();
  assert.equal(unknown.errors[0].message, "PersistedQueryNotFound");
  assert.equal(unknown.errors[0].extensions.code, "PERSISTED_QUERY_NOT_FOUND");
  assert.equal((await post({ query, extensions })).json().errors, undefined);
  for (let i = 0; i < 8; i++) {
    assert.equal((await post({ extensions })).json().data[`p${process.pid}`], "Query");
  }
});

test("a hash that isn't the query's is refused", async () => {
  const extensions = { persistedQuery: { version: 1, sha256Hash: "0".repeat(64) } };
  const { json } = await post({ query: "{ other: __typename }", extensions });
  assert.equal(json().errors[0].extensions.code, "PERSISTED_QUERY_MISMATCH");
});

test("server-sent events give one result and end", async () => {
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST", headers: { ...JSON_TYPE, accept: "text/event-stream" },
    body: JSON.stringify({ query: "{ __typename }" }),
  });
  assert.match(response.headers.get("content-type"), /^text\/event-stream/);
  const text = await response.text();
  assert.match(text, /event: next\ndata: \{"data":\{"__typename":"Query"\}\}\n\n/);
  assert.match(text, /event: complete\n/);
});

test("server-sent events of a subscription", async () => {
  const stop = new AbortController();
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST", headers: { ...JSON_TYPE, accept: "text/event-stream" }, signal: stop.signal,
    body: JSON.stringify({ query: "subscription { health(every: 0.2) { __typename uptime } }" }),
  });
  let text = "";
  for await (const chunk of response.body) {
    text += Buffer.from(chunk).toString();
    if (text.split("event: next").length > 3) break;
  }
  stop.abort();
  assert.match(text, /data: \{"data":\{"health":\{"__typename":"Health","uptime":[\d.]+\}\}\}/);
});
