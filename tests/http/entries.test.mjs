// Whole maps as NDJSON and CSV, from a real map; and the server without privileges.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, copyFileSync } from "node:fs";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { request } from "../lib/http.mjs";
import { binary, folder, startServer } from "../lib/server.mjs";

const pin = `/sys/fs/bpf/lunette_entries_${process.pid}`;
const bpftool = (...args) => execFileSync("bpftool", args, { encoding: "utf8" });

describe("/maps/ID/entries", () => {
  let server, id;
  before(async () => {
    bpftool("map", "create", pin, "type", "hash", "key", "4", "value", "8", "entries", "5000", "name", "lun_entries");
    id = JSON.parse(bpftool("-j", "map", "show", "pinned", pin)).id;
    for (let i = 1; i <= 20; i++) {
      bpftool("map", "update", "pinned", pin, "key", String(i), "0", "0", "0", "value", "255", "255", "255", "255", "255", "255", "255", "255");
    }
    server = await startServer();
  });
  after(async () => {
    await server.stop();
    execFileSync("rm", ["-f", pin]);
  });

  test("NDJSON: an object a line, u64 exact", async () => {
    const answer = await request(`${server.url}/maps/${id}/entries.ndjson`);
    assert.deepEqual([answer.status, answer.headers["content-type"]], [200, "application/x-ndjson"]);
    const lines = answer.text.trimEnd().split("\n");
    assert.equal(lines.length, 20);
    for (const line of lines) JSON.parse(line);
    assert.ok(answer.text.includes("18446744073709551615") || answer.text.includes("ffffffffffffffff"), lines[0]);
  });
  test("CSV, and gzip", async () => {
    const plain = await request(`${server.url}/maps/${id}/entries.csv`);
    assert.match(plain.headers["content-type"], /^text\/csv/);
    assert.equal(plain.text.trimEnd().split(/\r?\n/).length, 21);
    const packed = await request(`${server.url}/maps/${id}/entries.csv`, { headers: { "Accept-Encoding": "gzip" } });
    const sorted = (text) => text.split("\n").sort();
    assert.deepEqual(sorted(gunzipSync(packed.body).toString()), sorted(plain.text));
  });
  test("types that can't be walked over: a sentence", async () => {
    const types = { xskmap: /AF_XDP sockets/, cgroup_array: /which cgroups/, perf_event_array: /its reader alone/ };
    for (const [type, why] of Object.entries(types)) {
      const file = `${pin}_${type}`;
      bpftool("map", "create", file, "type", type, "key", "4", "value", "4", "entries", "2", "name", "lun_no_walk");
      try {
        const { id: other } = JSON.parse(bpftool("-j", "map", "show", "pinned", file));
        for (const format of ["csv", "ndjson"]) {
          const answer = await request(`${server.url}/maps/${other}/entries.${format}`);
          assert.deepEqual([answer.status, why.test(answer.json().error.message)], [422, true], answer.text);
        }
      } finally {
        execFileSync("rm", ["-f", file]);
      }
    }
  });
  test("no such map, no number", async () => {
    const missing = await request(`${server.url}/maps/4294967294/entries.csv`);
    assert.equal(missing.status, 404);
    assert.ok(missing.json().error.message);
    assert.equal((await request(`${server.url}/maps/x/entries.csv`)).status, 400);
    assert.equal((await request(`${server.url}/maps/${id}/entries.xml`)).status, 404);
  });
});

test("without privileges the server runs, and says what it may not", async (t) => {
  if (process.getuid() !== 0) return t.skip("needs root to become nobody");
  const files = folder();
  chmodSync(files.path, 0o755);
  copyFileSync(binary, files.file("lunette"));
  chmodSync(files.file("lunette"), 0o755);
  const child = spawn("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
    files.file("lunette"), "serve", "--listen", "127.0.0.1:0"], { cwd: files.path });
  try {
    let stderr = "";
    child.stderr.on("data", (data) => { stderr += data; });
    const [line] = await Promise.race([once(child.stdout, "data"), once(child, "close").then(() => { throw new Error("it ended"); })]);
    const url = /listening on (\S+?)\/?\n/.exec(line)[1];
    const health = (await request(url + "/healthz")).json();
    assert.equal(health.status, "degraded");
    assert.match(health.errors[0].message, /CAP_SYS_ADMIN/);
    const ready = await request(url + "/readyz");
    assert.equal(ready.status, 503);
    assert.equal(ready.json().ready, false);
    assert.match(ready.json().reason, /CAP_SYS_ADMIN/);
    const query = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ query: "{ maps { id } }" }) };
    const answer = (await request(url + "/graphql", query)).json();
    assert.match(answer.errors[0].message, /not permitted|CAP_/);
    assert.equal((await request(url + "/metrics")).status, 200);
    assert.equal((await request(url + "/maps/1/entries.csv")).status, 500);
    assert.match(stderr, /^lunette: CAP_SYS_ADMIN is missing: .* \(try sudo\)\n/);
  } finally {
    child.kill();
    await once(child, "close");
    files.remove();
  }
});
