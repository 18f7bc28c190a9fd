// The log: which lines LUNETTE_LOG lets through (src/text/log.c).
import assert from "node:assert/strict";
import { test } from "node:test";
import { startServer } from "../lib/server.mjs";

const script = `
local lunette = require("lunette")
lunette.http.get("/say", function()
  lunette.log.debug("a detail")
  lunette.log.error("a fault")
  return "said"
end)`;

async function linesAt(level) {
  const server = await startServer({ scripts: { "say.lua": script }, env: { LUNETTE_LOG: level } });
  try {
    assert.equal(await (await fetch(`${server.url}/say`)).text(), "said");
    await server.logged(/error a fault/);
    if (level === "debug") await server.logged(/debug 127\.0\.0\.1 GET \/say: 200, \d+ ms/);
    return server.stderr();
  } finally { await server.stop(); }
}

test("LUNETTE_LOG=debug shows each request and debug lines", async () => {
  assert.match(await linesAt("debug"), /debug a detail/);
});

test("without it they are left out", async () => {
  assert.doesNotMatch(await linesAt(""), /debug/);
});
