// lunette map dump: machine formats are equal however the entries are selected.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { folder } from "../lib/server.mjs";
import { answer, hold, lunette } from "./kernel.mjs";

let held;
let ids;
let cpus;

const csv = (...args) => {
  const run = lunette("map", "dump", ids.cli_cpus, "--csv", ...args);
  assert.equal(run.stderr, "");
  return run.stdout.trimEnd().split("\n");
};

before(async () => {
  held = await hold();
  ids = held.ids;
  assert.equal(lunette("map", "update", ids.cli_cpus, 0, 3, "--cpu", 0).status, 0);
  assert.equal(lunette("map", "update", ids.cli_cpus, 1, 5).status, 0);
  cpus = answer("map", "dump", ids.cli_cpus, "-j")[0].cpuValues.length;
});
after(() => {
  lunette("map", "update", ids.cli_cpus, 0, 0);
  lunette("map", "update", ids.cli_cpus, 1, 0);
  held.close();
});

// The lines of an entry: one a CPU.
const lines = (key, value) => Array.from({ length: cpus }, (_, cpu) =>
  `${key},${cpu},${value(cpu)}`);
const zero = () => lines(0, (cpu) => (cpu === 0 ? 3 : 0));
const one = () => lines(1, () => 5);

test("CSV of per-CPU values: a line a CPU, whatever is chosen", () => {
  const head = "key,cpu,value";
  const all = [head, ...zero(), ...one()];
  assert.deepEqual(csv(), all);
  assert.deepEqual(csv("--cpus", "each"), all);
  assert.deepEqual(csv("--limit", 1), [head, ...zero()]);
  assert.deepEqual(csv("--where", `value == ${5 * cpus}`), [head, ...one()]);
  assert.deepEqual(csv("--where", "value@0 < 4"), [head, ...zero()]);
  assert.deepEqual(csv("--cpus", "each", "--where", "key =~ 1"), [head, ...one()]);
  assert.deepEqual(csv("--sort", "value"), [head, ...one(), ...zero()]);
  assert.deepEqual(csv("--sort", "value", "--top", 1), [head, ...one()]);
  assert.deepEqual(csv("--sort", "value:asc", "--limit", 1), [head, ...zero()]);
  assert.deepEqual(csv("--decode", "number"), all);
  assert.deepEqual(csv("--decode", "number", "--where", "key = 1"), [head, ...one()]);
});

test("CSV of per-CPU values: a line an entry of sums, or of all", () => {
  const sums = ["key,value", "0,3", `1,${5 * cpus}`];
  assert.deepEqual(csv("--cpus", "sum"), sums);
  assert.deepEqual(csv("--cpus", "sum", "--where", "value > 3"), [sums[0], sums[2]]);
  assert.deepEqual(csv("--cpus", "sum", "--sort", "value:asc"), sums);
  assert.deepEqual(csv("--cpus", "sum", "--decode", "number"), sums);
  const both = csv("--cpus", "both", "--limit", 1);
  assert.equal(both[0], ["key", "value", ...lines(0, () => 0).map((_, cpu) => `value@${cpu}`)]
    .join(","));
  assert.equal(both[1], ["0,3", ...zero().map((line) => line.split(",")[2])].join(","));
});

test("a decoder that makes them one is heeded, and lookup shows both", () => {
  const files = folder({ "sum.lua": `
local lunette = require("lunette")
local d = lunette.decode
lunette.decoder { match = { name = "cli_cpus" },
  key = d.u32():as("slot"), value = d.u64():as("packets"), cpus = "sum" }` });
  try {
    const script = ["--script", files.file("sum.lua")];
    const sums = ["slot,packets", "0,3", `1,${5 * cpus}`];
    assert.deepEqual(csv(...script), sums);
    assert.deepEqual(csv(...script, "--where", "packets > 3"), [sums[0], sums[2]]);
    assert.deepEqual(csv(...script, "--sort", "packets", "--limit", 1), [sums[0], sums[2]]);
    assert.deepEqual(csv(...script, "--cpus", "each", "--sort", "packets"),
      ["slot,cpu,packets", ...one(), ...zero()]);
    const shown = lunette("map", "lookup", ids.cli_cpus, 1, ...script);
    assert.equal(shown.stdout,
      [`sum: ${5 * cpus}`, ...one().map((_, cpu) => `cpu ${cpu}: 5`), ""].join("\n"));
  } finally {
    files.remove();
  }
});

test("JSON of a choice: the entries that the whole dump has", () => {
  const all = answer("map", "dump", ids.cli_flows, "-j");
  const bigger = (a, b) => (BigInt(a.value.packets) < BigInt(b.value.packets) ? 1 : -1);
  const sorted = [...all].sort(bigger);
  const dump = (...args) => answer("map", "dump", ids.cli_flows, "-j", ...args);
  assert.deepEqual(dump("--sort", "packets"), sorted);
  assert.deepEqual(dump("--sort", "packets", "--limit", 3, "--top", 2), sorted.slice(0, 2));
  assert.deepEqual(dump("--sort", "packets", "--limit", 0), []);
  assert.deepEqual(dump("--limit", 2), all.slice(0, 2));
  assert.deepEqual(dump("--where", "source =~ ^[12]$"), all.filter((row) => row.key.source < 3));
  assert.deepEqual(dump("--where", "packets > 18446744073709551614"), []);
});

test("what can't be chosen by says so in one line", () => {
  const refused = (pattern, ...args) => {
    const run = lunette("map", "dump", ids.cli_flows, "-j", ...args);
    assert.notEqual(run.status, 0);
    assert.match(run.stderr, /^lunette: [^\n]+\n$/);
    assert.match(run.stderr, pattern);
    assert.equal(run.stdout, "");
  };
  refused(/sort: no column 'nope'; there are source, port/, "--sort", "nope");
  refused(/filter: no column 'nope'/, "--where", "nope > 1");
  refused(/filter: column packets: holds numbers, not 'many'/, "--where", "packets > many");
  refused(/filter: bad pattern/, "--where", "packets =~ [");
  refused(/--top: needs --sort/, "--top", 1);
});

test("lookup: JSON is the entry that dump prints, numbers are unsigned where they are", () => {
  const all = answer("map", "dump", ids.cli_cpus, "-j");
  assert.deepEqual(answer("map", "lookup", ids.cli_cpus, 1, "-j"), all.find((entry) => entry.key === 1));
  const value = '{"total":18446744073709551615,"change":-9007199254740993}';
  assert.equal(lunette("map", "update", ids.cli_odd, "[3,4]", value).stderr, "");
  assert.deepEqual([answer("map", "lookup", ids.cli_odd, "[3,4]", "-j")], answer("map", "dump", ids.cli_odd, "-j"));
  const shown = lunette("map", "lookup", ids.cli_odd, "[3,4]").stdout;
  assert.match(shown, /total = 18446744073709551615,/);
  assert.match(shown, /change = -9007199254740993,/);
  assert.equal(lunette("map", "delete", ids.cli_odd, "[3,4]").stderr, "");
  const missing = lunette("map", "lookup", ids.cli_odd, "[3,4]", "-j");
  assert.deepEqual([missing.status, missing.stdout], [3, ""]);
});

test("update: a frozen map is named once", () => {
  const pin = `/sys/fs/bpf/lunette_frozen_${process.pid}`;
  execFileSync("bpftool", ["map", "create", pin, "type", "array", "key", "4", "value", "8", "entries", "1",
    "name", "lun_frozen"]);
  try {
    execFileSync("bpftool", ["map", "freeze", "pinned", pin]);
    const run = lunette("map", "update", pin, 0, 1);
    assert.equal(run.status, 4);
    assert.match(run.stderr, /^lunette: map \d+: Operation not permitted[^\n]*\n$/);
  } finally {
    execFileSync("rm", ["-f", pin]);
  }
});

test("JSON has the ids of inner maps as numbers, however entries are chosen", () => {
  const pin = `/sys/fs/bpf/lunette-test-${process.pid}`;
  const bpftool = (...words) => execFileSync("bpftool", words, { encoding: "utf8" });
  const made = (type, name, ...more) => bpftool("map", "create", `${pin}-${name}`, "type", type, "key", "4",
    "value", "4", "entries", "4", "name", name, ...more);
  try {
    made("hash", "dump_inner");
    made("hash_of_maps", "dump_outer", "inner_map", "pinned", `${pin}-dump_inner`);
    const { id } = JSON.parse(bpftool("map", "show", "pinned", `${pin}-dump_inner`, "-j"));
    assert.equal(lunette("map", "update", `${pin}-dump_outer`, 1, `dump_inner (${id})`).status, 0);
    const entries = [{ key: 1, value: id }];
    for (const chosen of [[], ["--sort", "map"], ["--top", 1, "--sort", "key"], ["--where", `map == ${id}`]]) {
      assert.deepEqual(answer("map", "dump", `${pin}-dump_outer`, "-j", ...chosen), entries, chosen.join(" "));
    }
    assert.deepEqual(answer("map", "lookup", `${pin}-dump_outer`, 1, "-j"), entries[0]);
    const shown = `dump_inner (${id})`;
    assert.match(lunette("map", "dump", `${pin}-dump_outer`).stdout, new RegExp(`1  dump_inner \\(${id}\\)`));
    assert.equal(lunette("map", "dump", `${pin}-dump_outer`, "--csv").stdout, `key,map\n1,${shown}\n`);
  } finally {
    rmSync(`${pin}-dump_outer`, { force: true });
    rmSync(`${pin}-dump_inner`, { force: true });
  }
});
