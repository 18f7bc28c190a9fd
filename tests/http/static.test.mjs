// The explorer's files: what a browser may keep, and for how long.

import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { startServer } from "../lib/server.mjs";

const skip = existsSync("web/dist/assets") ? false : "web/dist is not built";

test("a file with a hash in its name is kept for ever, others are asked for again", { skip }, async () => {
  const server = await startServer({});
  const kept = async (path) => (await fetch(server.url + path)).headers.get("cache-control");
  try {
    const names = readdirSync("web/dist/assets");
    assert.ok(names.some((name) => name.endsWith(".woff2")) && names.some((name) => name.endsWith(".js")));
    for (const name of names) {
      assert.equal(await kept(`/assets/${name}`), "public, max-age=31536000, immutable", name);
    }
    for (const path of ["/", "/icon.svg", "/graphiql/page.css"]) assert.equal(await kept(path), "no-cache", path);
  } finally { await server.stop(); }
});
