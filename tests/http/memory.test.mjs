// What a large answer took is given back when there is nothing to do.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { request } from "../lib/http.mjs";
import { sanitized, startServer } from "../lib/server.mjs";

// A table of small strings, as a list of many objects is; nothing keeps it.
const scripts = { "large.lua": `
require("lunette").http.get("/large", function()
  local list = {}
  for i = 1, 300000 do list[i] = { id = "number " .. i } end
  return { json = #list }
end)
` };

const MB = 1 << 20;

const rss = (pid) => Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;

async function memory(server) {
  const { text } = await request(`${server.url}/metrics`);
  return Number(/^lunette_vms_memory_bytes (\S+)$/m.exec(text)[1]);
}

// No request comes between: it would have the VM collect some of its garbage by itself.
test("a VM that has nothing to do gives back what it needs no more", async () => {
  const server = await startServer({ scripts, args: ["--vms", "1"] });
  try {
    for (let seconds = 1.5; ; seconds *= 2) {
      assert.equal((await request(`${server.url}/large`)).json(), 300000);
      const held = rss(server.pid);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      const freed = held - rss(server.pid), left = await memory(server);
      const given = sanitized || freed > 20 * MB; // that build's allocator keeps what is freed
      if (left < 20 * MB && given) break;
      assert.ok(seconds < 30, `${left / MB} MB are left, ${freed / MB} were given back`);
    }
  } finally { await server.stop(); }
});
