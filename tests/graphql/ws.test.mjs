// graphql-transport-ws with graphql-ws as client, and clients that violate the protocol.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { startServer } from "../lib/server.mjs";

const SCRIPT = `
local lunette = require("lunette")
lunette.graphql.extend([[
  extend type Subscription {
    "Counts up to n."
    countTo(n: Int!, failAt: Int): Int
  }
]], { Subscription = { countTo = {
  subscribe = function(_, args)
    if args.n < 0 then error("n must not be negative", 0) end
    local i = 0
    return function()
      i = i + 1
      if i <= args.n then return i end
    end
  end,
  resolve = function(event, args)
    if event == args.failAt then error("failed at " .. event, 0) end
    return event
  end } } })
lunette.http.post("/publish", function(req)
  return { json = { sent = lunette.topic("news"):publish({ text = req.body }) } }
end)
`;

let server, url;
before(async () => {
  server = await startServer({ scripts: { "counting.lua": SCRIPT } });
  url = `${server.url.replace("http", "ws")}/graphql`;
});
after(() => server?.stop());

const client = () => createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });

async function all(iterator, most = Infinity) {
  const results = [];
  for await (const result of iterator) {
    results.push(result);
    if (results.length >= most) break;
  }
  return results;
}

test("a query gives one result", async () => {
  const ws = client();
  assert.deepEqual(await all(ws.iterate({ query: "{ __typename }" })), [{ data: { __typename: "Query" } }]);
  await ws.dispose();
});

test("a query that isn't valid is an error message", async () => {
  const ws = client();
  await assert.rejects(all(ws.iterate({ query: "{ nope }" })), (errors) => {
    assert.match(errors[0].message, /^Cannot query field "nope" on type "Query"/);
    return true;
  });
  await ws.dispose();
});

test("an iterator is a stream that ends", async () => {
  const ws = client();
  const results = await all(ws.iterate({ query: "subscription { countTo(n: 200) }" }));
  assert.deepEqual(results.map(({ data }) => data.countTo), Array.from({ length: 200 }, (_, i) => i + 1));
  await ws.dispose();
});

test("an event that fails is a result with errors, and the stream goes on", async () => {
  const ws = client();
  const results = await all(ws.iterate({ query: "subscription { countTo(n: 3, failAt: 2) }" }));
  assert.deepEqual(results[1], {
    errors: [{ message: "failed at 2", locations: [{ line: 1, column: 16 }], path: ["countTo"] }],
    data: { countTo: null },
  });
  assert.equal(results.length, 3);
  await ws.dispose();
});

test("a source that can't be had is an error message", async () => {
  const ws = client();
  await assert.rejects(all(ws.iterate({ query: "subscription { countTo(n: -1) }" })), (errors) => {
    assert.deepEqual(errors, [{
      message: "n must not be negative", locations: [{ line: 1, column: 16 }], path: ["countTo"],
    }]);
    return true;
  });
  await ws.dispose();
});

test("variables and operation names", async () => {
  const ws = client();
  const query = "query A { a: __typename } subscription B($n: Int!) { countTo(n: $n) }";
  const results = await all(ws.iterate({ query, variables: { n: 2 }, operationName: "B" }));
  assert.deepEqual(results, [{ data: { countTo: 1 } }, { data: { countTo: 2 } }]);
  await ws.dispose();
});

test("timed events go on until the client has enough", async () => {
  const ws = client();
  const results = await all(ws.iterate({ query: "subscription { health(every: 0.1) { status uptime } }" }), 3);
  assert.equal(results.length, 3);
  for (const { data } of results) assert.equal(data.health.status, "ok");
  await ws.dispose();
});

test("what a script publishes on a topic arrives in order", async () => {
  const ws = client();
  const stream = ws.iterate({ query: 'subscription { topic(name: "news") }' });
  const arrived = all(stream, 3);
  const publish = async (body) => (await (await fetch(`${server.url}/publish`, { method: "POST", body })).json()).sent;
  while ((await publish("early")) === 0) await new Promise((done) => setTimeout(done, 20));
  await publish("two");
  await publish("three");
  const texts = (await arrived).map(({ data }) => data.topic.text);
  assert.deepEqual(texts, ["early", "two", "three"]);
  await ws.dispose();
});

/** A raw connection: what it gets, and how it closes. */
function raw(messages) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, "graphql-transport-ws");
    const got = [];
    socket.on("open", () => messages.forEach((one) => socket.send(typeof one === "string" ? one : JSON.stringify(one))));
    socket.on("message", (data) => {
      got.push(JSON.parse(data));
      if (got.at(-1).type === "pong") socket.close();
    });
    socket.on("close", (code, reason) => resolve({ got, code, reason: String(reason) }));
    socket.on("error", reject);
  });
}

const init = { type: "connection_init" };
const subscribe = (id, query) => ({ id, type: "subscribe", payload: { query } });

test("a ping is answered with its payload", async () => {
  const { got } = await raw([init, { type: "ping", payload: { a: [1] } }]);
  assert.deepEqual(got, [{ type: "connection_ack" }, { type: "pong", payload: { a: [1] } }]);
});

for (const [name, messages, code, reason] of [
  ["no JSON", ["nope"], 4400, "Invalid message received"],
  ["an unknown message", [{ type: "start" }], 4400, "Invalid message received"],
  ["a subscription before connection_init", [subscribe("1", "{ a }")], 4401, "Unauthorized"],
  ["connection_init twice", [init, init], 4429, "Too many initialisation requests"],
  ["a subscription without id", [init, subscribe(undefined, "{ a }")], 4400, "Invalid subscribe message"],
  ["a subscription without query", [init, subscribe("1")], 4400, "Invalid subscribe message"],
  ["an id that is in use", [init, subscribe("x", "subscription { health(every: 9) { status } }"),
    subscribe("x", "{ a }")], 4409, "Subscriber for x already exists"],
]) {
  test(`${name} closes with ${code}`, async () => {
    const closed = await raw(messages);
    assert.equal(closed.code, code);
    assert.equal(closed.reason, reason);
  });
}

test("a client that completes gets no more, and may use the id again", async () => {
  const again = subscribe("1", "subscription { health(every: 9) { status } }");
  const { got } = await raw([init, again, { id: "1", type: "complete" }, again, { type: "ping" }]);
  assert.deepEqual(got.map(({ type }) => type), ["connection_ack", "next", "next", "pong"]);
});

test("a hundred operations on one connection are enough", async () => {
  const many = Array.from({ length: 101 }, (_, i) => subscribe(`${i}`, "subscription { health(every: 9) { __typename } }"));
  const { got } = await raw([init, ...many, { type: "ping" }]);
  const refused = got.filter(({ type }) => type === "error");
  assert.equal(refused.length, 1);
  assert.match(refused[0].payload[0].message, /More than 100 operations/);
});

test("another subprotocol is refused", async () => {
  const socket = new WebSocket(url, "graphql-ws");
  const [error] = await new Promise((resolve) => socket.on("error", (...args) => resolve(args)));
  assert.match(error.message, /400/);
});
