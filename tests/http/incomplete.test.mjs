// A map that can't be read to its end: commands fail with an error, answers are cut, and no written
// file looks complete.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { request } from "../lib/http.mjs";
import { folder, run, sanitized, startServer } from "../lib/server.mjs";

const LOOKUP_BATCH = 24, EIO = 5;
const pin = `/sys/fs/bpf/lunette_incomplete_${process.pid}`;
const skip = sanitized && "the sanitizers come first of all libraries";
let files, id;

// What makes libbpf's reads fail from the nth batch on.
const failing = (nth) => ({
  LD_PRELOAD: files.file("fail_bpf.so"), FAIL_BPF: `${LOOKUP_BATCH}:${nth}:${EIO}`,
});
const isJson = (text) => {
  try { return Array.isArray(JSON.parse(text)); } catch { return false; }
};

if (skip) test("a map that can't be read to its end", { skip }, () => {});
else describe("a map that can't be read to its end", () => {
  before(() => {
    files = folder();
    execFileSync("cc", ["-shared", "-fPIC", "-o", files.file("fail_bpf.so"), "tests/lib/fail_bpf.c", "-ldl"]);
    execFileSync("bpftool", ["map", "create", pin, "type", "array", "key", "4", "value", "8",
      "entries", "20000", "name", "lun_incomplete"]);
    id = JSON.parse(execFileSync("bpftool", ["-j", "map", "show", "pinned", pin], { encoding: "utf8" })).id;
  });
  after(() => {
    execFileSync("rm", ["-f", pin]);
    files.remove();
  });

  const commands = [
    ["dump", []], ["dump", ["-j"]], ["dump", ["--ndjson"]], ["dump", ["--csv"]],
    ["dump", ["-j", "--where", "value == 0"]], ["dump", ["-j", "--sort", "value"]],
    ["dump", ["--sort", "value"]], ["dump", ["--decode", "hex", "-j"]],
    ["dump", ["--decode", "hex", "--csv"]], ["watch", ["--count", "1", "-j"]], ["diff", ["-s", "0.01", "-j"]],
  ];
  for (const [command, options] of commands) {
    test(`map ${command} ${options.join(" ")}`, async () => {
      for (const nth of [1, 2, 4]) {
        const { code, stdout, stderr } = await run(["map", command, ...options, String(id)], { env: failing(nth) });
        assert.equal(code, 1, stderr);
        assert.match(stderr, /^lunette: .*Input\/output error\n$/);
        assert.ok(!isJson(stdout), stdout.slice(-100));
        assert.ok(stdout.split("\n").length < 20000);
      }
    });
  }

  test("over HTTP: an error, or an answer without its end", async () => {
    const script = `
local bpf, lunette = require("bpf"), require("lunette")
lunette.http.get("/odd", function()
  local map <close> = assert(bpf.map(${id}))
  local d = lunette.decode
  local decoder = { key_plan = d.compile(function(bytes) return #bytes end, 4),
    value_plan = d.compile(d.u64(), 8) }
  return { stream = assert(map:stream { decoder = decoder }) }
end)`;
    const whole = await startServer({ scripts: { "odd.lua": script } });
    const { text } = await request(`${whole.url}/odd`);
    assert.equal(text.split("\n").length, 20001);
    assert.equal(text.split("\n")[7], '{"key":4,"value":"0"}');
    await whole.stop();
    for (const path of [`/maps/${id}/entries.ndjson`, `/maps/${id}/entries.csv`, "/odd"]) {
      const first = await startServer({ scripts: { "odd.lua": script }, env: failing(1) });
      const refused = await request(first.url + path).catch((error) => error);
      assert.ok(refused instanceof Error || refused.status === 500, path);
      await first.stop();
      const server = await startServer({ scripts: { "odd.lua": script }, env: failing(3) });
      for (const headers of [{}, { "Accept-Encoding": "gzip" }]) {
        await assert.rejects(async () => {
          const answer = await request(server.url + path, { headers });
          assert.notEqual(answer.status, 200);
          throw new Error("refused");
        }, path);
      }
      await server.stop();
    }
  });
});
