// Changing a map in the explorer: the bytes are shown before, bpftool shows them afterwards, the
// last write is undone; readers without the right are offered none of it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { startServer, token } from "../lib/server.mjs";
import { bpftool, launch, openPage, picture, until } from "./lib/browser.mjs";

const name = `edit${process.pid}`;
const pin = `/sys/fs/bpf/${name}`;
let server;
let browser;
let page;
let id;

before(async () => {
  execFileSync("bpftool", ["map", "create", pin, "type", "hash", "key", "4", "value", "8",
    "entries", "16", "name", name]);
  id = bpftool("map", "show", "pinned", pin).id;
  server = await startServer({ token: true });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  for (const path of [pin, `${pin}_2`, `${pin}_going`]) if (existsSync(path)) rmSync(path);
});

/** What the kernel holds: the value of a key, as little-endian hex, or nothing. */
function held(key) {
  const hex = [key, 0, 0, 0].map((byte) => `0x${byte.toString(16).padStart(2, "0")}`);
  const found = bpftool("map", "dump", "id", String(id)).find((entry) =>
    JSON.stringify(entry.key) === JSON.stringify(hex));
  return found?.value.map((byte) => byte.slice(2)).join("");
}

const dialog = () => page.getByRole("dialog");
const press = (label) => dialog().getByRole("button", { name: label, exact: true }).click();

test("who may only read is offered no change", async () => {
  page = await openPage(browser, `${server.url}/maps/${id}`);
  await page.getByText("It is empty").waitFor();
  assert.equal(await page.getByRole("button", { name: "Add" }).count(), 0);
});

test("the token is asked for, and a wrong one changes nothing", async () => {
  await page.getByRole("button", { name: "Give a token" }).click();
  await dialog().getByLabel("Token").fill("wrong");
  await press("Use the token");
  await dialog().getByRole("alert").getByText("is not valid here").waitFor();
  await press("Forget the token");
  await dialog().waitFor({ state: "detached" });
  assert.equal(await page.getByRole("button", { name: "Add" }).count(), 0);
});

test("with the token, an entry is added by its fields", async () => {
  await page.context().close();
  page = await openPage(browser, `${server.url}/maps/${id}`, { token });
  await page.getByRole("button", { name: "Add" }).click();
  await dialog().getByLabel("key key").fill("7");
  await dialog().getByLabel("value value").fill("258");
  await dialog().locator(".outcome", { hasText: "0201000000000000" }).waitFor();
  await picture(page, "edit-add");
  await press("Add");
  await until("the entry", () => held(7) === "0201000000000000");
  await page.locator(".table .rows .row", { hasText: "258" }).waitFor();
});

test("what is there already is not added again", async () => {
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await dialog().getByLabel("key key").fill("7");
  await dialog().getByText("This key exists already").waitFor();
  assert.ok(await dialog().getByRole("button", { name: "Add", exact: true }).isDisabled());
  await page.keyboard.press("Escape");
  await dialog().waitFor({ state: "hidden" });
});

const editFirst = async () => {
  await page.locator(".table .rows .row").first().locator(".cell").last().click();
  await press("Edit");
  await dialog().getByLabel("value value").waitFor();
};

test("a number too big is refused at its field, and nothing is written", async () => {
  await editFirst();
  await dialog().getByLabel("value value").fill("18446744073709551616");
  await dialog().getByRole("alert").getByText("does not fit u64").waitFor();
  assert.equal(await dialog().getByLabel("value value").getAttribute("aria-invalid"), "true");
  assert.ok(await dialog().getByRole("button", { name: "Write" }).isDisabled());
});

test("a value is written, the bytes before are shown, and it is undone", async () => {
  await dialog().getByLabel("value value").fill("18446744073709551615");
  await dialog().locator(".outcome", { hasText: "ffffffffffffffff" }).waitFor();
  assert.match(await dialog().locator(".outcome").textContent(), /now0201000000000000/);
  await picture(page, "edit-write");
  await press("Write");
  await until("the value", () => held(7) === "ffffffffffffffff");
  await page.getByRole("button", { name: "Undo" }).click();
  await until("the value before", () => held(7) === "0201000000000000");
});

test("bytes are written as they are given, and undone", async () => {
  await editFirst();
  await dialog().getByRole("button", { name: "Bytes" }).click();
  await dialog().getByRole("button", { name: "text", exact: true }).click();
  await dialog().getByLabel("Value, 8 bytes").fill("moonlight");
  await dialog().getByRole("alert").getByText("9 bytes of text, 8 at most").waitFor();
  await dialog().getByLabel("Value, 8 bytes").fill("moon");
  await dialog().locator(".outcome", { hasText: "6d6f6f6e00000000" }).waitFor();
  await press("Write");
  await until("the value", () => held(7) === "6d6f6f6e00000000");
  await page.getByRole("button", { name: "Undo" }).click();
  await until("the value before", () => held(7) === "0201000000000000");
});

test("an entry is deleted, and it is undone", async () => {
  await page.locator(".table .rows .row").first().locator(".cell").last().click();
  await press("Delete");
  await until("no entry", () => held(7) === undefined);
  await page.getByRole("button", { name: "Undo" }).click();
  await until("the entry again", () => held(7) === "0201000000000000");
});

test("an addition is undone", async () => {
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await dialog().getByLabel("key key").fill("8");
  await dialog().locator(".outcome", { hasText: "08000000" }).waitFor();
  await press("Add");
  await until("the entry", () => held(8) === "0000000000000000");
  await page.getByRole("button", { name: "Undo" }).click();
  await until("no entry", () => held(8) === undefined);
});

test("values that stand still are drawn as a level line", async () => {
  await page.getByRole("tab", { name: "Over time" }).click();
  await page.locator(".chart canvas").waitFor();
});

test("a map is pinned and unpinned", async () => {
  await page.getByRole("tab", { name: /About/ }).click();
  await page.getByLabel("Path of a new pin").fill(`${pin}_2`);
  await page.getByRole("button", { name: "Pin", exact: true }).click();
  await until("the pin", () => existsSync(`${pin}_2`));
  const line = page.locator(".gap", { hasText: `${pin}_2` });
  await line.getByRole("button", { name: "Unpin" }).click();
  await until("no pin", () => !existsSync(`${pin}_2`));
});

test("what the kernel refuses is told in words", async () => {
  await page.getByLabel("Path of a new pin").fill("/tmp/not-a-bpffs");
  await page.getByRole("button", { name: "Pin", exact: true }).click();
  await page.locator(".card", { hasText: "Pins" }).getByRole("alert").waitFor();
});

test("a map that goes under an open dialog is gone, and nothing else is said of it", async () => {
  const path = `${pin}_going`;
  execFileSync("bpftool", ["map", "create", path, "type", "hash", "key", "4", "value", "8",
    "entries", "16", "name", "going"]);
  try {
    const { id: going } = bpftool("map", "show", "pinned", path);
    await page.goto(`${server.url}/maps/${going}`);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await dialog().getByLabel("key key").fill("7");
    await dialog().locator(".outcome").waitFor();
  } finally {
    rmSync(path);
  }
  await dialog().getByText("This map is gone from the kernel.").waitFor();
  // What is typed now is asked of a map that is not there.
  const refused = page.waitForResponse((answer) =>
    answer.request().postData()?.includes('"value":{"value":"77"}') ?? false);
  await dialog().getByLabel("value value").fill("77");
  assert.match(await (await refused).text(), /not found/);
  await dialog().locator(".outcome").waitFor({ state: "detached" });
  assert.ok(await dialog().getByRole("button", { name: "Add", exact: true }).isDisabled());
  assert.equal(await page.locator("[role=alert], .failure, .bad").count(), 0);
  await page.keyboard.press("Escape");
  await page.getByText("Below is the last that was known of it").waitFor();
  assert.equal(await page.locator("[role=alert], .failure, .bad").count(), 0);
});
