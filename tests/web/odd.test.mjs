// Unusual entries: texts with invisible characters, floats of any size, numbers that are names,
// more columns than the screen is wide.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { startServer } from "../lib/server.mjs";
import { bpftool, launch, openPage, phone, picture } from "./lib/browser.mjs";

const name = `odd${process.pid}`;
const pin = `/sys/fs/bpf/${name}`;
const columns = 40;
const scripts = {
  "odd.lua": `
local lunette = require("lunette")
local d = lunette.decode
local value = { d.f64():as("ratio"), d.u32():as("owner_pid"), d.u32():as("amount") }
for at = 1, ${columns} do value[#value + 1] = d.u32():as("column_" .. at) end
lunette.decoder { match = { name = "${name}" }, key = d.cstring(16):as("path"),
  value = d.struct(value) }
lunette.ui.page("bare", { title = "Bare", view = function(ui)
  return ui.column { ui.chart { times = { 1, 2, 3 }, series = {
    { name = "a", values = { 1, 2, 3 } } } } } end })`,
};

const rows = [
  ["a\nb\tc\x01", 3.14159265358979, 123456], ["  two  gaps", 1e-300, 1], ["", 1e300, 2],
  ["bidi\u202etxt", NaN, 3],
];

let server;
let browser;
let id;

const hex = (bytes) => ["hex", ...[...bytes].map((byte) => byte.toString(16).padStart(2, "0"))];

function put([text, ratio, pid]) {
  const key = Buffer.alloc(16);
  key.write(text);
  const value = Buffer.alloc(16 + 4 * columns);
  value.writeDoubleLE(ratio, 0);
  value.writeUInt32LE(pid, 8);
  value.writeUInt32LE(1234567, 12);
  execFileSync("bpftool", ["map", "update", "pinned", pin,
    "key", ...hex(key), "value", ...hex(value)]);
}

before(async () => {
  execFileSync("bpftool", ["map", "create", pin, "type", "hash", "key", "16",
    "value", String(16 + 4 * columns), "entries", "8", "name", name]);
  rows.forEach(put);
  id = bpftool("map", "show", "pinned", pin).id;
  server = await startServer({ scripts });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(pin, { force: true });
});

const open = (options) => openPage(browser, `${server.url}/maps/${id}`, options);
const row = (page, words) => page.locator(".table .rows .row", { hasText: words });
const cell = (page, words, at) => row(page, words).locator(".cell").nth(at);

test("of a text nothing is hidden: control characters, spaces, that it is empty", async () => {
  const page = await open();
  const first = cell(page, "\\n", 0);
  await first.waitFor();
  assert.equal(await first.innerText(), "a\\nb\\tc\\x01");
  assert.equal(await cell(page, "gaps", 0).innerText(), "  two  gaps");
  const bidi = cell(page, "bidi", 0);
  assert.equal(await bidi.innerText(), "bidi\\u202etxt");
  assert.ok(await bidi.evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth));
  await row(page, "(empty)").waitFor();
  await picture(page, "odd-entries");
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("floats of any size are short, and exact where one looks closer", async () => {
  const page = await open();
  await row(page, "gaps").waitFor();
  assert.equal(await cell(page, "gaps", 1).innerText(), "1e-300");
  assert.equal(await cell(page, "(empty)", 1).innerText(), "1e300");
  assert.equal(await cell(page, "bidi", 1).innerText(), "NaN");
  assert.equal(await cell(page, "\\n", 1).innerText(), "3.142");
  await row(page, "\\n").click();
  await page.getByRole("dialog").getByText("3.14159265358979").waitFor();
  await page.context().close();
});

test("a number that is a name is written as one, an amount in groups", async () => {
  const page = await open();
  await row(page, "\\n").waitFor();
  assert.equal(await cell(page, "\\n", 2).innerText(), "123456");
  assert.equal(await cell(page, "\\n", 3).innerText(), "1,234,567");
  await page.context().close();
});

test("the key stays in sight beside columns that are scrolled, where there is room", async () => {
  const left = async (page) => {
    const key = cell(page, "gaps", 0);
    await key.waitFor();
    await page.locator(".table").evaluate((table) => { table.scrollLeft = 600; });
    const box = await page.locator(".table").boundingBox();
    return (await key.boundingBox()).x - box.x;
  };
  const page = await open();
  assert.ok(await left(page) >= 0);
  const small = await open({ viewport: phone });
  assert.ok(await left(small) < 0);
  await page.context().close();
  await small.context().close();
});

test("what a script draws on its page has a frame, with or without a title", async () => {
  const page = await openPage(browser, `${server.url}/pages/bare`);
  await page.locator(".card .chart canvas").waitFor();
  assert.equal(await page.locator(".card .card").count(), 0);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});
