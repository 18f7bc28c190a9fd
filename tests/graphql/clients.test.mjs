// Common clients: Apollo's, with a normalized cache, persisted queries and subscriptions; and curl.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { startServer } from "../lib/server.mjs";

let server, uri;
before(async () => {
  server = await startServer();
  uri = `${server.url}/graphql`;
});
after(() => server?.stop());

const apollo = (link) => new ApolloClient({ link, cache: new InMemoryCache() });

test("Apollo: a query, normalized by __typename", async () => {
  const client = apollo(new HttpLink({ uri }));
  const { data } = await client.query({ query: gql`{ health { status version } host { kernel } }` });
  assert.equal(data.health.status, "ok");
  assert.equal(data.health.__typename, "Health");
  assert.equal(typeof data.host.kernel, "string");
  client.stop();
});

test("Apollo: errors of a resolver come with what could be had", async () => {
  const client = apollo(new HttpLink({ uri }));
  const { data, error } = await client.query({
    query: gql`query ($id: Int!) { health { status } program(id: $id) { id error } }`,
    variables: { id: 2147483647 }, errorPolicy: "all",
  });
  assert.ok(error || data.program.error, "an unknown program is told");
  client.stop();
});

test("Apollo: a document that isn't valid", async () => {
  const client = apollo(new HttpLink({ uri }));
  const result = await client.query({ query: gql`{ nope }`, errorPolicy: "all" });
  assert.match(result.error.message, /Cannot query field "nope" on type "Query"/);
  client.stop();
});

test("Apollo: automatic persisted queries", async () => {
  const sent = [];
  const spy = new ApolloLink((operation, forward) => {
    sent.push(operation.getContext().http);
    return forward(operation);
  });
  const persisted = new PersistedQueryLink({
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
  });
  const client = apollo(ApolloLink.from([persisted, spy, new HttpLink({ uri })]));
  const query = gql`query Persisted${process.pid} { health { status } }`;
  for (let i = 0; i < 2; i++) {
    const { data } = await client.query({ query, fetchPolicy: "network-only" });
    assert.equal(data.health.status, "ok");
  }
  assert.equal(sent.length, 3, "hash, then hash and text, then hash");
  client.stop();
});

test("Apollo: a subscription", async () => {
  const ws = createClient({ url: uri.replace("http", "ws"), webSocketImpl: WebSocket });
  const client = apollo(new GraphQLWsLink(ws));
  const events = await new Promise((resolve, reject) => {
    const got = [];
    const handle = client.subscribe({ query: gql`subscription { health(every: 0.1) { status uptime } }` }).subscribe({
      next: (event) => {
        got.push(event.data.health.status);
        if (got.length === 3) {
          handle.unsubscribe();
          resolve(got);
        }
      },
      error: reject,
    });
  });
  assert.deepEqual(events, ["ok", "ok", "ok"]);
  await ws.dispose();
  client.stop();
});

test("curl: POST and GET", () => {
  const curl = (...args) => execFileSync("curl", ["-sS", "--max-time", "100", ...args], { encoding: "utf8" }).trim();
  const expected = '{"data":{"__typename":"Query"}}';
  assert.equal(curl(uri, "-H", "content-type: application/json", "-d", '{"query":"{ __typename }"}'), expected);
  assert.equal(curl("-G", uri, "--data-urlencode", "query={ __typename }"), expected);
});
