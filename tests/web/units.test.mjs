// Functions of the explorer: formats, bytes, filters, search, packing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadLib as load } from "./lib/units.mjs";

const format = await load("format");
const bytes = await load("bytes");
const cells = await load("cells");
const { parseFilter } = await load("filter");
const { search } = await load("search");

test("numbers keep every digit", () => {
  assert.equal(format.count("18446744073709551615"), "18,446,744,073,709,551,615");
  assert.equal(format.count("-9223372036854775808"), "-9,223,372,036,854,775,808");
  assert.equal(format.count(1234567), "1,234,567");
  assert.equal(format.count(null), "–");
});

test("a number that is no whole one is short at any size", () => {
  assert.equal(format.count(3.14159265358979), "3.142");
  assert.equal(format.count(1e-300), "1e-300");
  assert.equal(format.count(-3.4028234e38), "-3.403e38");
  assert.equal(format.count(9007199254740992), "9,007,199,254,740,992");
  assert.equal(format.count(0), "0");
  assert.equal(format.short(18446744073709551615), "18.4 E");
});

test("characters that one does not see are escaped, and nothing else", () => {
  const shown = (text) => cells.piecesOf(text).map((piece) => piece.text).join("");
  assert.equal(shown("a\nb\r\t\u0001\u007f"), "a\\nb\\r\\t\\x01\\x7f");
  assert.equal(shown("x\u202ey\ufeff"), "x\\u202ey\\ufeff");
  assert.equal(shown("Zürich → 東京 🌙"), "Zürich → 東京 🌙");
  assert.equal(cells.piecesOf("plain").length, 1);
});

test("pids, ports and ids are names, what only ends like one is not", () => {
  const yes = ["pid", "prev_pid", "key.tgid", "dport", "inode", "uid@3", "ifindex"];
  assert.deepEqual(yes.filter((name) => !cells.isName(name)), []);
  const no = ["rapid", "count", "valid", "bytes", "fluid@0"];
  assert.deepEqual(no.filter((name) => cells.isName(name)), []);
});

test("sizes, times and shares have units", () => {
  assert.equal(format.bytes(4096), "4.00 KiB");
  assert.equal(format.bytes(1), "1 B");
  assert.equal(format.short(999), "999");
  assert.equal(format.short(999_999), "1.00 M");
  assert.equal(format.duration(693e-9), "693 ns");
  assert.equal(format.duration(0.0025), "2.50 ms");
  assert.equal(format.duration(90), "90 s");
  assert.equal(format.duration(7300), "2 h");
  assert.equal(format.percent(0.0545), "5.45 %");
  assert.equal(format.percent(1e-9), "< 0.001 %");
  assert.equal(format.withUnit("1500", "ns"), "1.50 µs");
});

test("one is not many", () => {
  assert.equal(format.plural(1, "programs"), "1 program");
  assert.equal(format.plural(1, "processes"), "1 process");
  assert.equal(format.plural(1234, "maps"), "1,234 maps");
});

test("cells compare by size, exactly, and text by its numbers", () => {
  const sorted = (list) => [...list].sort(format.compare);
  assert.deepEqual(sorted(["18446744073709551615", 9, "9007199254740993", "9007199254740992"]),
    [9, "9007199254740992", "9007199254740993", "18446744073709551615"]);
  assert.deepEqual(sorted(["cpu10", "cpu9", null]), [null, "cpu9", "cpu10"]);
});

test("text becomes the bytes that are written", () => {
  assert.equal(bytes.toBytes("258", "NUMBER", 4), "02010000");
  assert.equal(bytes.toBytes("-1", "NUMBER", 8), "ffffffffffffffff");
  assert.equal(bytes.toBytes("18446744073709551615", "NUMBER", 8), "ffffffffffffffff");
  assert.equal(bytes.toBytes("bash", "STRING", 6), "626173680000");
  assert.equal(bytes.toBytes("0xAB cd", "HEX", 2), "abcd");
});

test("what does not fit is refused by name", () => {
  assert.throws(() => bytes.toBytes("256", "NUMBER", 1), /256 does not fit in 1 bytes/);
  assert.throws(() => bytes.toBytes("-129", "NUMBER", 1), /does not fit/);
  assert.throws(() => bytes.toBytes("1.5", "NUMBER", 4), /no whole number/);
  assert.throws(() => bytes.toBytes("abc", "HEX", 2), /odd number/);
  assert.throws(() => bytes.toBytes("ab", "HEX", 2), /1 bytes given, 2 needed/);
  assert.throws(() => bytes.toBytes("toolong", "STRING", 4), /7 bytes of text, 4 at most/);
});

const columns = [
  { name: "comm", part: "KEY" }, { name: "calls", part: "VALUE" }, { name: "calls@0", part: "CPU" },
];

test("a filter is words and conditions", () => {
  assert.deepEqual(parseFilter("bash", columns).conditions,
    [{ column: "comm", op: "CONTAINS", value: "bash" }]);
  assert.deepEqual(parseFilter("calls>=100, comm=ba sh; calls@0 != 3", columns).conditions, [
    { column: "calls", op: "GE", value: 100 }, { column: "comm", op: "EQ", value: "ba sh" },
    { column: "calls@0", op: "NE", value: 3 },
  ]);
  assert.equal(parseFilter("cals>1", columns).unknown, "cals");
});

test("a number too big to be exact stays text in a filter", () => {
  assert.deepEqual(parseFilter("calls=18446744073709551615", columns).conditions,
    [{ column: "calls", op: "EQ", value: "18446744073709551615" }]);
});

const program = (id, name, more = {}) => ({
  id, name, type: "TracePoint", kernelType: "tracepoint", tag: "00ff", user: "root", pins: [],
  owners: [], attachments: [], ...more,
});

test("search looks at everything that is known, the name first", () => {
  const list = [
    program(1, "count", { owners: [{ comm: "bpftrace", pid: 42 }] }),
    program(2, "bpftrace_helper"), program(3, "other", { attachments: [{ target: "sys_enter" }] }),
  ];
  const names = (text) => search(text, list, [], []).map(({ name }) => name);
  assert.deepEqual(names("bpftrace"), ["bpftrace", "bpftrace_helper", "count"], "the process, too");
  assert.deepEqual(search("42", list, [], []).map(({ href, kind }) => [href, kind]),
    [["/owners/42", "owner"], ["/programs/1", "program"]]);
  assert.deepEqual(names("sys_ent"), ["other"]);
  assert.deepEqual(names("count 42"), ["count"]);
  assert.deepEqual(names("nothing"), []);
});

const { bundled, busiest, fitting } = await load("bundle");

/** A process that holds so many maps, and a program that uses one more. */
function graphOf(count) {
  const maps = Array.from({ length: count }, (_, at) => ({
    id: `map:${at}`, kind: "MAP", label: `m${at}`, detail: at % 2 ? "Hash" : "Array",
  }));
  return {
    nodes: [
      { id: "process:1", kind: "PROCESS", label: "holder", detail: "pid 1" }, ...maps,
      { id: "prog:1", kind: "PROGRAM", label: "user", detail: "XDP" },
      { id: "map:used", kind: "MAP", label: "used", detail: "Hash" },
    ],
    edges: [
      ...maps.map(({ id }) => ({ from: "process:1", to: id, kind: "OWNS" })),
      { from: "process:1", to: "map:used", kind: "OWNS" },
      { from: "prog:1", to: "map:used", kind: "USES" },
    ],
  };
}

const words = { MAP: "maps", PROGRAM: "programs", PROCESS: "processes" };
const none = new Set();

test("what is joined to the same stands as one bundle", () => {
  const { nodes, edges } = bundled(graphOf(7), words, none, null);
  assert.deepEqual(nodes.map(({ label }) => label), ["holder", "7 maps", "user", "used"]);
  assert.deepEqual(nodes[1].members.map(({ label }) => label).slice(0, 2), ["m0", "m1"]);
  assert.equal(nodes[1].detail, "Array, Hash");
  assert.deepEqual(edges, [
    { from: "process:1", to: "bundle:map:0", kind: "OWNS" },
    { from: "process:1", to: "map:used", kind: "OWNS" },
    { from: "prog:1", to: "map:used", kind: "USES" },
  ]);
});

test("few are no bundle, nor are those that were opened, nor the one it is about", () => {
  assert.equal(bundled(graphOf(4), words, none, null).nodes.length, 7);
  assert.equal(bundled(graphOf(7), words, new Set(["bundle:map:0"]), null).nodes.length, 10);
  const around = bundled(graphOf(7), words, none, "map:3");
  assert.deepEqual(around.nodes.map(({ label }) => label),
    ["holder", "6 maps", "m3", "user", "used"]);
});

test("what is joined to nothing says so", () => {
  const { nodes } = graphOf(6);
  const alone = bundled({ nodes: nodes.slice(1, 7), edges: [] }, words, none, null);
  assert.deepEqual(alone.nodes.map(({ label, detail }) => [label, detail]),
    [["6 maps", "joined to nothing"]]);
});

test("a filter leaves what fits with what is next to it", () => {
  const { nodes, edges } = fitting(graphOf(7), "XDP");
  assert.deepEqual(nodes.map(({ id }) => id), ["prog:1", "map:used"]);
  assert.deepEqual(edges.map(({ kind }) => kind), ["USES"]);
  assert.equal(fitting(graphOf(7), " ").nodes.length, 10);
  assert.equal(fitting(graphOf(7), "nowhere").nodes.length, 0);
});

test("the busiest come first", () => {
  assert.deepEqual(busiest(graphOf(3), 2).map(({ id }) => id), ["process:1", "map:used"]);
});

test("CSV: quotes, and no formulas", async () => {
  const { csvOf } = await load("export");
  const row = { a: "=1+1", b: '-2+3,"x"', c: -5, d: "@x", e: "+1.5", f: "a=b" };
  assert.equal(csvOf([row], Object.keys(row).map((name) => [name, (of) => of[name]])),
    `a,b,c,d,e,f\n'=1+1,"'-2+3,""x""",-5,'@x,+1.5,a=b\n`);
});
