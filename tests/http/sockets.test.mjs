// WebSockets that come and go: each frees its place.

import assert from "node:assert/strict";
import { test } from "node:test";
import WebSocket from "ws";
import { startServer, until } from "../lib/server.mjs";

/** Opens a WebSocket and closes it: true when there was room for it. */
const visit = (url) => new Promise((done) => {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, ["graphql-transport-ws"]);
  let opened = false;
  socket.on("open", () => {
    opened = true;
    socket.close(1000);
  });
  socket.on("error", () => {}); // it is closed, too
  socket.on("close", () => done(opened));
});

test("many more than there is room for, one after the other", async () => {
  const server = await startServer({ args: ["--max-connections", "8"] });
  try {
    let count = 0;
    for (; count < 24; count++) {
      await until(() => visit(server.url), { timeout: 30_000, what: `the WebSocket ${count}` });
    }
    assert.equal(count, 24);
  } finally {
    await server.stop();
  }
});
