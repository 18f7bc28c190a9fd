// Rows as files and for the clipboard.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadLib } from "./lib/units.mjs";

const { csvOf, jsonOf, tabbedOf } = await loadLib("export");
const { joined, missed } = await loadLib("passes");

const fields = [["name", (row) => row.name], ["maps", (row) => row.maps], ["size", (row) => row.size]];
const rows = [
  { name: 'a "b", c', maps: [1, 2], size: 3 }, { name: "two\nlines\tand a tab", maps: [], size: null },
];

test("CSV quotes what needs it, and nothing else", () => {
  assert.equal(csvOf(rows, fields),
    'name,maps,size\n"a ""b"", c",1 2,3\n"two\nlines\tand a tab",,\n');
  assert.equal(csvOf([], fields), "name,maps,size\n");
});

test("JSON keeps numbers, lists and what is not there", () => {
  assert.deepEqual(JSON.parse(jsonOf(rows, fields)), rows);
  assert.deepEqual(JSON.parse(jsonOf([{ name: "x", maps: [] }], fields))[0].size, null);
});

test("a row for the clipboard is a line", () => {
  assert.equal(tabbedOf(rows, fields),
    'name\tmaps\tsize\na "b", c\t1 2\t3\ntwo lines and a tab\t\t\n');
});

const pass = (time) => ({ time, samples: time, seconds: 1, errors: 0 });

test("passes are joined by their time, the last ones are kept", () => {
  assert.deepEqual(joined([pass(1), pass(2)], [pass(2), pass(3)]).map(({ time }) => time), [1, 2, 3]);
  const many = Array.from({ length: 130 }, (_, at) => pass(at));
  assert.deepEqual(joined(many, [pass(130)]).map(({ time }) => time).slice(0, 1), [11]);
  assert.equal(missed([pass(1)], [pass(5), pass(6)], 2), true);
  assert.equal(missed([pass(5)], [pass(5), pass(6)], 2), false);
  assert.equal(missed([pass(1)], [pass(5)], 2), false);
  assert.equal(missed([], [pass(5), pass(6)], 2), false);
});
