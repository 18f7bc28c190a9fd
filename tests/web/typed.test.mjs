// Entries changed by typed fields: structs, enums, values of each CPU, programs by their ids,
// queues and stacks. bpftool shows each change, and each is undone.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { startServer, token } from "../lib/server.mjs";
import { accessibility, bpftool, launch, openPage, picture, until } from "./lib/browser.mjs";
import { holdFixtures } from "./lib/fixtures.mjs";

let fixtures;
let server;
let browser;
let page;

before(async () => {
  fixtures = await holdFixtures();
  server = await startServer({ token: true });
  browser = await launch();
  page = await openPage(browser, undefined, { token });
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await fixtures?.stop();
});

const hexOf = (bytes) => bytes.map((byte) => byte.slice(2)).join("");

/** What bpftool finds in a map: its entries, values as hex, of each CPU where it has its own. */
function held(name) {
  const entries = bpftool("map", "dump", "id", String(fixtures.maps[name]));
  return entries.map(({ key, value, values }) => ({
    key: key && hexOf(key), value: Array.isArray(value) ? hexOf(value) : value,
    values: values?.map((one) => hexOf(one.value)),
  }));
}

const valueOf = (name, key) => {
  const found = held(name).find((entry) => entry.key === key);
  return found?.values ?? found?.value;
};

/** What bpftool writes of a map, as text: of a double it writes what is no JSON. */
const dumped = (name) =>
  execFileSync("bpftool", ["-j", "map", "dump", "id", String(fixtures.maps[name])]).toString();

const dialog = () => page.getByRole("dialog");
const press = (label) => dialog().getByRole("button", { name: label, exact: true }).click();
const field = (label) => dialog().getByLabel(label, { exact: true });
const bytes = (hex) => dialog().locator(".outcome", { hasText: hex }).waitFor();
const undo = () => page.getByRole("button", { name: "Undo" }).click();

async function open(name, row) {
  await page.goto(`${server.url}/maps/${fixtures.maps[name]}`);
  const rows = page.locator(".table .rows .row");
  await (row === undefined ? rows.first() : rows.nth(row)).locator(".cell").first().click();
  await dialog().waitFor();
}

async function edit(name, row) {
  await open(name, row);
  await press("Edit");
  await dialog().locator(".typed").first().waitFor();
}

test("fields of a struct: only what was typed changes, and it is undone", async () => {
  const before = dumped("mt_hash");
  await edit("mt_hash");
  await field("value port").fill("77");
  await field("value state").fill("STATE_RUNNING");
  await field("value inner.tag").fill("abc");
  await field("value ready").selectOption("false");
  await field("value halves").fill("[1, 2]");
  await bytes("61626300");
  assert.ok(await dialog().locator(".outcome b").count() > 4, "the bytes that differ stand out");
  assert.deepEqual(await accessibility(page), []);
  await picture(page, "typed-struct");
  await press("Write");
  await until("the change", () => dumped("mt_hash") !== before);
  const after = dumped("mt_hash");
  for (const part of ['"port":77', '"state":"STATE_RUNNING"', '"tag":"abc"',
    '"halves":[1,2]', '"low":257']) {
    assert.ok(after.includes(part), `${part} in ${after}`);
  }
  await undo();
  await until("the value before", () => dumped("mt_hash") === before);
});

test("what does not fit is told at its field; nothing can be written", async () => {
  await edit("mt_hash");
  await field("value inner.tag").fill("abcde");
  await dialog().locator(".line", { hasText: "inner.tag" }).getByRole("alert").waitFor();
  assert.ok(await dialog().getByRole("button", { name: "Write" }).isDisabled());
  await field("value inner.tag").fill("abcd");
  await bytes("61626364");
  await field("value state").fill("STATE_OF_NOTHING");
  await dialog().locator(".line", { hasText: "state" }).getByRole("alert").waitFor();
  await page.keyboard.press("Escape");
});

test("each CPU has its own value", async () => {
  const before = valueOf("mt_pc_hash", "01000000");
  await edit("mt_pc_hash");
  await field("value b, CPU 1").fill("258");
  await bytes("0500000002010000");
  await picture(page, "typed-cpus");
  await press("Write");
  await until("the change", () => valueOf("mt_pc_hash", "01000000")[1] === "0500000002010000");
  assert.equal(valueOf("mt_pc_hash", "01000000")[0], before[0], "the other CPU keeps its value");
  await undo();
  await until("the values before", () =>
    JSON.stringify(valueOf("mt_pc_hash", "01000000")) === JSON.stringify(before));
});

test("a new entry has the same value on every CPU, or one each", async () => {
  await page.goto(`${server.url}/maps/${fixtures.maps.mt_pc_lru}`);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await field("key key").fill("9");
  await dialog().getByLabel("the same on every CPU").uncheck();
  await field("value value, CPU 0").fill("3");
  await field("value value, CPU 1").fill("4");
  await bytes("0400000000000000");
  await press("Add");
  await until("the entry", () => JSON.stringify(valueOf("mt_pc_lru", "0900000000000000")) ===
    JSON.stringify(["0300000000000000", "0400000000000000"]));
  await undo();
  await until("no entry", () => valueOf("mt_pc_lru", "0900000000000000") === undefined);
});

test("a prefix of an LPM trie is typed as one writes it", async () => {
  await page.goto(`${server.url}/maps/${fixtures.maps.mt_lpm}`);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await field("key prefix").fill("192.168.0.0/16");
  await field("value value").fill("5");
  await bytes("10000000c0a80000");
  await press("Add");
  await until("the entry", () => valueOf("mt_lpm", "10000000c0a80000") === "05000000");
  await undo();
  await until("no entry", () => valueOf("mt_lpm", "10000000c0a80000") === undefined);
});

test("a slot of a program array is given a program by its id", async () => {
  const old = valueOf("mt_progs", "01000000");
  await open("mt_progs");
  await press("Delete");
  await until("an empty slot", () => valueOf("mt_progs", "01000000") !== old);
  await undo();
  await until("the program again", () => valueOf("mt_progs", "01000000") === old);
});

test("only who holds a socket can put it into a map: no change is offered", async () => {
  await open("ty_sockmap");
  assert.equal(await dialog().getByRole("button", { name: "Edit" }).count(), 0);
  await page.keyboard.press("Escape");
});

/** What lies on top; undefined while there is nothing, as before an undo has arrived. */
function peeked(name) {
  try {
    return bpftool("map", "peek", "id", String(fixtures.maps[name])).value.join("");
  } catch {
    return undefined;
  }
}

test("a stack takes a value in and gives it back", async () => {
  const before = peeked("mt_stack");
  await page.goto(`${server.url}/maps/${fixtures.maps.mt_stack}`);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await field("value value").fill("258");
  await bytes("02010000");
  await press("Put in");
  await until("the value", () => peeked("mt_stack") === "0x020x010x000x00");
  await undo();
  await until("the value before", () => peeked("mt_stack") === before);
  await open("mt_stack");
  await press("Pop");
  await page.getByText("was taken out").waitFor();
  await undo();
  await until("the value again", () => peeked("mt_stack") === before);
});

test("a bloom filter takes values, which nobody can take out again", async () => {
  await page.goto(`${server.url}/maps/${fixtures.maps.mt_bloom}`);
  await page.getByRole("button", { name: "Push a value" }).click();
  await field("value value").fill("5");
  await bytes("05000000");
  await press("Put in");
  await page.getByText("The value was put in.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Undo" }).count(), 0);
  assert.deepEqual(page.problems, []);
});
