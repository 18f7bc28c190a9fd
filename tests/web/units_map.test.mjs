// Functions of the map page: cells in other formats, typed input, sums of changes, hex dumps.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadLib } from "./lib/units.mjs";

const { cellAs, formatsOf } = await loadLib("cell_format");
const { inputOf, marked, refusalOf, typedText } = await loadLib("typed");
const { growth, tally, watched } = await loadLib("watch");
const { codeName, examplePacket, hexDump, inputHex, needsOf } = await loadLib("run");

const u32 = { name: "n", type: "u32", numeric: true };
const i16 = { name: "n", type: "i16", numeric: true };
const be16 = { name: "n", type: "be16", numeric: true };
const u64 = { name: "n", type: "u64", numeric: true };
const blob = { name: "b", type: "bytes", numeric: false };

test("numbers as hex and text, every digit", () => {
  assert.equal(cellAs(255, u32, "hex"), "0x000000ff");
  assert.equal(cellAs(-1, i16, "hex"), "0xffff");
  assert.equal(cellAs("18446744073709551615", u64, "hex"), "0xffffffffffffffff");
  assert.equal(cellAs(0x6e756c, u32, "string"), "lun");
  assert.equal(cellAs(0x6c75, be16, "string"), "lu");
  assert.equal(cellAs(null, u32, "hex"), null);
  assert.deepEqual(formatsOf(u32), ["hex", "string"]);
});

test("bytes as text and as a number", () => {
  assert.equal(cellAs("6d6f6f6e0000", blob, "string"), "moon");
  assert.equal(cellAs("ffffff", blob, "number"), "-1");
  assert.equal(cellAs("000102030405060708", blob, "number"), "000102030405060708");
  assert.deepEqual(formatsOf(blob), ["string", "number"]);
  assert.deepEqual(formatsOf({ name: "c", type: "cstring", numeric: false }), []);
});

const fields = {
  key: [{ name: "port", type: "u16", unit: null }],
  value: [{ name: "inner.low", type: "u16", unit: null }, { name: "ready", type: "bool", unit: null },
    { name: "halves", type: "array", unit: null }],
};

test("only what was typed is sent, as what it is", () => {
  assert.deepEqual(inputOf({ "inner.low": "18446744073709551615", ready: "true", halves: "[1, 2]",
    gone: "1" }, fields.value),
    { "inner.low": "18446744073709551615", ready: true, halves: [1, 2] });
  assert.deepEqual(inputOf({}, fields.value), {});
  assert.equal(typedText([1, 2]), "[1,2]");
  assert.equal(typedText(null), "");
});

test("an error goes to its field and CPU", () => {
  assert.deepEqual(refusalOf("key: no such port", fields),
    { part: "key", field: "port", text: "no such port" });
  assert.deepEqual(refusalOf("value[1].inner.low: too large: 9", fields),
    { part: "value", cpu: 1, field: "inner.low", text: "too large: 9" });
  assert.deepEqual(refusalOf("value.halves[3]: has 4 elements", fields),
    { part: "value", field: "halves", text: "[3]: has 4 elements" });
  assert.deepEqual(refusalOf("value: needs an object", fields),
    { part: "value", text: "needs an object" });
  assert.deepEqual(refusalOf("the map is full", fields), { text: "the map is full" });
});

test("bytes that differ are marked", () => {
  assert.deepEqual(marked("0102", "0103"),
    [{ byte: "01", moved: false }, { byte: "02", moved: true }]);
  assert.deepEqual(marked("01", undefined), [{ byte: "01", moved: false }]);
});

const event = (time, more) => ({
  time, seconds: 1, entries: 1, truncated: false, added: [], removed: [], changed: [],
  columns: [{ name: "key", type: "u32", part: "KEY", numeric: true },
    { name: "value", type: "u64", part: "VALUE", numeric: true }], ...more,
});

test("changes are added up since the beginning", () => {
  let watch = watched(undefined, event(10, { seconds: null }));
  assert.equal(watch.rows.size, 0);
  watch = watched(watch, event(11, { added: [{ key: "a", cells: [1, 5] }],
    changed: [{ key: "b", before: [2, 7], after: [2, 9], rates: [0, 2] }] }));
  watch = watched(watch, event(12, {
    changed: [{ key: "b", before: [2, 9], after: [2, 20], rates: [0, 11] }] }));
  const row = watch.rows.get("b");
  assert.equal(growth(row, 1), 13);
  assert.deepEqual([...row.moved], ["value"]);
  assert.deepEqual(row.first, [2, 7]);
  assert.equal(growth(watch.rows.get("a"), 1), 5);
  assert.equal(watch.rows.get("a").moved.size, 0, "it did not move at the last event");
  assert.equal(watch.since, 10);
  assert.equal(tally(watch, "added"), 1);
});

test("what came and went, and what went and came back", () => {
  let watch = watched(undefined, event(1, { seconds: null }));
  watch = watched(watch, event(2, { added: [{ key: "a", cells: [1, 1] }],
    removed: [{ key: "b", cells: [2, 2] }] }));
  assert.equal(watch.rows.get("b").state, "removed");
  watch = watched(watch, event(3, { removed: [{ key: "a", cells: [1, 1] }],
    added: [{ key: "b", cells: [2, 2] }] }));
  assert.equal(watch.rows.get("a").state, "passed");
  assert.ok(!watch.rows.has("b"), "it is as it was");
});

test("input of a run: hex, text, nothing", () => {
  assert.equal(inputHex("01 02\nff", "HEX"), "0102ff");
  assert.equal(inputHex("0x0A", "HEX"), "0a");
  assert.equal(inputHex("moon", "STRING"), "6d6f6f6e");
  assert.equal(inputHex("", "HEX"), undefined);
  assert.throws(() => inputHex("abc", "HEX"), /odd number/i);
});

test("the example packet is one: its lengths and checksum hold", () => {
  const bytes = Buffer.from(examplePacket, "hex");
  assert.equal(bytes.readUInt16BE(16), bytes.length - 14);
  assert.equal(bytes.readUInt16BE(38), bytes.length - 34);
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += bytes.readUInt16BE(at);
  assert.equal((sum & 0xffff) + (sum >> 16), 0xffff);
});

test("what a program returned has its type's name", () => {
  assert.equal(codeName(needsOf("xdp"), 2), "XDP_PASS");
  assert.equal(codeName(needsOf("sched_cls"), 0xffffffff), "TC_ACT_UNSPEC");
  assert.equal(codeName(needsOf("raw_tracepoint"), 2), undefined);
  assert.equal(needsOf("tracepoint"), undefined);
});

test("a dump has sixteen bytes a line, and its text", () => {
  const lines = hexDump("6c756e21".repeat(5), "6c756e22".repeat(5));
  assert.deepEqual(lines.map(({ at, text }) => [at, text]),
    [[0, "lun!lun!lun!lun!"], [16, "lun!"]]);
  assert.deepEqual(lines[1].bytes.map(({ moved }) => moved), [false, false, false, true]);
});
