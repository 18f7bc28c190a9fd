// lunette metrics, and lunette check's trial of rules, without a server.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { folder, run, startServer } from "../lib/server.mjs";
import { fixtureIds, fixtureScript, openmetrics, samples } from "./support.mjs";

const script = `
local metrics = require("lunette").metrics
metrics.collect("fine", function(emit) emit("mx_fine", 1, { a = "b" }) end)
metrics.collect("bad", function(emit)
  emit("mx_before", 1)
  error("on purpose")
end)
`;

describe("lunette metrics", () => {
  let files, server, ids;

  before(async () => {
    files = folder({ "rules.lua": script });
    server = await startServer({ scripts: { "fixture.lua": fixtureScript } });
    ids = await fixtureIds(server);
  });

  after(async () => {
    await server?.stop();
    files.remove();
  });

  it("prints the page once", async () => {
    const { code, stdout } = await run(["metrics"]);
    assert.equal(code, 0);
    const found = samples(stdout);
    assert.ok([...found.keys()].some((name) => name.startsWith("ebpf_map_memory_bytes{")));
    assert.equal(found.get('lunette_rule_up{rule="programs"}'), "1");
  });

  it("prints one rule, or one metric, in either format", async () => {
    const one = await run(["metrics", "--script", files.file("rules.lua"), "--rule", "fine", "--format", "openmetrics"]);
    assert.equal(one.code, 0);
    assert.ok(openmetrics(one.stdout).some(([name]) => name === "mx_fine"));
    const named = await run(["metrics", "--script", files.file("rules.lua"), "--name", "mx_fine"]);
    assert.deepEqual([...samples(named.stdout)], [['mx_fine{a="b"}', "1"]]);
  });

  it("fails by its code when a rule does, and gives what it has", async () => {
    const { code, stdout, stderr } = await run(["metrics", "--script", files.file("rules.lua")]);
    assert.equal(code, 1);
    assert.equal(samples(stdout).get("mx_before"), "1");
    assert.match(stderr, /bad: .*rules\.lua:6: on purpose/);
  });

  it("says which rule there is not, and what is wrong with an --etm rule", async () => {
    const none = await run(["metrics", "--rule", "nosuch"]);
    assert.equal(none.code, 3);
    assert.match(none.stderr, /^lunette: metrics: no rule 'nosuch'\n$/);
    const begun = await run(["metrics", "--script", files.file("rules.lua"), "--rule", "fin"]);
    assert.match(begun.stderr, /^lunette: metrics: no rule 'fin' \(did you mean 'fine'\?\)\n$/);
    const etm = await run(["metrics", "--etm", "-:(:hex"]);
    assert.equal(etm.code, 2);
    assert.match(etm.stderr, /regexp '\(' does not compile/);
  });

  it("writes a textfile whole, or not at all", async () => {
    const path = files.file("lunette.prom");
    assert.equal((await run(["metrics", "--rule", "btf", "--output", path])).code, 0);
    assert.ok(samples(readFileSync(path, "utf8")).get('ebpf_btf_objects{kind="kernel"}'));
    assert.deepEqual(readdirSync(files.path).filter((name) => name.endsWith(".tmp")), []);
    const bad = await run(["metrics", "--rule", "btf", "--output", "/nosuch/folder/file.prom"]);
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, /No such file or directory/);
  });

  it("gives no zeros for what can't be read, but the reason", (t) => {
    const own = folder({ "page.lua": `local metrics = require("lunette").metrics
metrics.map { rule = "maps of mine", name = "mine", match = { name = "*" }, value = 1 }
local page = metrics.page()
io.write(page:text("text"))` });
    chmodSync(own.path, 0o755);
    const result = spawnSync("setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups",
      "--inh-caps=-all", process.env.LUNETTE ?? "build/lunette", "run", own.file("page.lua")], { encoding: "utf8" });
    own.remove();
    if (/^setpriv:/.test(result.stderr)) return t.skip(result.stderr);
    const found = samples(result.stdout);
    for (const name of found.keys()) assert.match(name, /^lunette_/, name);
    const why = { btf: "BTF objects", links: "links", maps: "maps", programs: "programs",
      devagent: "programs", "maps of mine": "maps" };
    for (const [rule, what] of Object.entries(why)) {
      assert.equal(found.get(`lunette_rule_up{rule="${rule}"}`), "0", rule);
      const down = [...found.keys()].find((name) => name.startsWith("lunette_rule_down{") && name.includes(`rule="${rule}"`));
      assert.match(down, new RegExp(`reason="listing ${what}: Operation not permitted"`));
    }
  });

  it("names the script of a rule that is refused, also in a tail call", async () => {
    const own = folder({ "line.lua": `local m = require("lunette").metrics
m.map { name = "y", match = { name = "*" }, vaule = 1 }`,
    "tail.lua": 'return require("lunette").metrics.map { name = "y", match = { name = "*" }, vaule = 1 }' });
    const [line, tail] = await Promise.all(["line.lua", "tail.lua"].map((name) => run(["metrics", "--script", own.file(name)])));
    own.remove();
    assert.match(line.stderr, /line\.lua:2: metrics\.map 'y': no field 'vaule'/);
    assert.match(tail.stderr, /tail\.lua: metrics\.map 'y': no field 'vaule'/);
  });

  it("writes through a link and into a FIFO, and leaves both what they are", async () => {
    const [file, link, fifo] = ["file.prom", "link.prom", "fifo"].map((name) => `${files.path}/${name}`);
    writeFileSync(file, "old");
    symlinkSync("file.prom", link);
    execFileSync("mkfifo", [fifo]);
    assert.equal((await run(["metrics", "--rule", "btf", "--output", link])).code, 0);
    assert.ok(lstatSync(link).isSymbolicLink());
    assert.match(readFileSync(file, "utf8"), /^lunette_rule_up\{rule="btf"\} [01]$/m);
    const reader = readFile(fifo, "utf8");
    assert.equal((await run(["metrics", "--rule", "btf", "--output", fifo])).code, 0);
    assert.match(await reader, /^lunette_rule_up\{rule="btf"\} [01]$/m);
    assert.ok(lstatSync(fifo).isFIFO());
  });

  it("writes a rule for a map that works as it is", async () => {
    const written = await run(["metrics", "rule", String(ids.mx_struct)]);
    assert.equal(written.code, 0);
    assert.match(written.stdout, /metrics\.map \{/);
    const own = folder({ "rule.lua": written.stdout });
    const tried = await run(["check", "-j", "--script", own.path]);
    own.remove();
    const { rules } = JSON.parse(tried.stdout);
    assert.equal(rules.length, 1); // of one pass
    assert.deepEqual(rules.filter((rule) => !rule.ok), []);
    for (const field of ["bytes", "balance", "ratio"]) assert.match(written.stdout, new RegExp(`name = "mx_struct_${field}"`));
    assert.match(written.stdout, /name = "mx_struct", type = "gauge", .*from = "ns", unit = "seconds", value = "value\.ns"/);
  });

  it("writes histograms for slots, and words for a value that nobody describes", async () => {
    for (const [map, ...lines] of [
      ["mx_hist", 'type = "histogram"', 'slots = "value.slots"', 'sum = "value.sum"', 'buckets = { kind = "log2", max = 6 }'],
      ["mx_wide", 'decode = { value = d.struct { d.u64():as("word_0"), d.u64():as("word_1") } }', 'value = "value.word_1"'],
      ["mx_calls", 'cpus = "sum"', 'value = "value.value"'],
    ]) {
      const written = await run(["metrics", "rule", String(ids[map])]);
      assert.equal(written.code, 0);
      for (const line of lines) assert.ok(written.stdout.includes(line), `${line} in ${written.stdout}`);
      const own = folder({ "rule.lua": written.stdout });
      const tried = await run(["check", "-j", "--script", own.path]);
      own.remove();
      assert.deepEqual(JSON.parse(tried.stdout).rules.map(({ ok }) => ok), [true]);
    }
  });

  it("writes a rule from the bytes of a map without BTF", async () => {
    const written = await run(["metrics", "rule", String(ids.mx_percpu)]);
    assert.equal(written.code, 0);
    assert.match(written.stdout, /match = \{ name = "mx_percpu" \}/);
    assert.equal((await run(["metrics", "rule", "4000000000"])).code, 3);
  });
});

describe("lunette check", () => {
  it("tries each rule and shows samples, or the error with its line", async () => {
    const files = folder({ "rules.lua": script });
    const { code, stdout } = await run(["check", "--script", files.path]);
    files.remove();
    assert.equal(code, 1);
    assert.match(stdout, /rules\.lua:3: metrics rule fine: ok, 1 series\n {2}mx_fine\{a="b"\} 1\n/);
    assert.match(stdout, /rules\.lua:4: metrics rule bad: fails\n {2}\S*rules\.lua:6: on purpose/);
  });
});
