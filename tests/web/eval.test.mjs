// The decoder editor and the console, with a token that may run Lua, and their messages without it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { startServer, token } from "../lib/server.mjs";
import { accessibility, bpftool, launch, openPage, picture, until } from "./lib/browser.mjs";

const name = `ed${process.pid}`;
const pin = `/sys/fs/bpf/${name}`;
let server;
let browser;
let page;
let id;

before(async () => {
  execFileSync("bpftool", ["map", "create", pin, "type", "hash", "key", "8", "value", "8",
    "entries", "16", "name", name]);
  execFileSync("bpftool", ["map", "update", "pinned", pin, "key", "hex",
    ...Buffer.from("bash\0\0\0\0").toString("hex").match(/../g), "value", "hex",
    "2a", "0", "0", "0", "0", "0", "0", "0"]);
  id = bpftool("map", "show", "pinned", pin).id;
  server = await startServer({
    token: true, args: ["--allow-eval"], scripts: { "empty.lua": "-- A folder to save into.\n" },
  });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(pin, { force: true });
});

const source = (key) => `local lunette = require("lunette")
local d = lunette.decode
lunette.decoder { match = { name = "${name}" }, key = ${key}, value = d.u64():as("calls") }
`;

async function write(text) {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text);
}

test("without the token both say what they need", async () => {
  page = await openPage(browser, `${server.url}/maps/${id}/decoder`);
  await page.getByText("--allow-eval").waitFor();
  await page.goto(`${server.url}/console`);
  await page.getByText("--allow-eval").waitFor();
  await page.context().close();
});

test("the editor shows the table that the decoder makes, as it is typed", async () => {
  page = await openPage(browser, `${server.url}/maps/${id}/decoder`, { token });
  await page.locator(".cm-content").waitFor();
  await page.locator(".bench .row", { hasText: "42" }).waitFor();
  await write(source('d.cstring(8):as("who")'));
  await page.locator(".bench .row", { hasText: "bash" }).waitFor();
  await page.locator(".bench .heads", { hasText: "who" }).waitFor();
  await picture(page, "decoder-editor");
  assert.deepEqual(await accessibility(page), []);
});

test("a mistake is told under the line that made it, and the table stays", async () => {
  await write(source("d.nonsense(8)"));
  await page.locator(".editor-error", { hasText: "Line 3" }).waitFor();
  await page.locator(".cm-lintRange-error").first().waitFor();
  await page.locator(".bench .row", { hasText: "bash" }).waitFor();
  await picture(page, "decoder-editor-error");
});

test("what works is saved, and in force without a restart", async () => {
  await write(source('d.cstring(8):as("command")'));
  await page.locator(".bench .heads", { hasText: "command" }).waitFor();
  await page.getByRole("button", { name: "Save as script" }).click();
  await page.getByText("Saved as").waitFor();
  const file = server.scripts.file(`${name}_decoder.lua`);
  assert.ok(existsSync(file));
  assert.match(readFileSync(file, "utf8"), /command/);
  await page.goto(`${server.url}/maps/${id}`);
  await until("the decoder in force", async () => {
    await page.reload();
    await page.locator(".table .rows .row").first().waitFor();
    return (await page.locator(".table .heads").innerText()).includes("command");
  });
});

test("the console evaluates, keeps globals, completes and tells errors", async () => {
  await page.goto(`${server.url}/console`);
  const input = page.getByLabel("Lua", { exact: true });
  const say = async (text) => { await input.fill(text); await input.press("Enter"); };
  await say("x = 6 * 7");
  await say("x + 1");
  await page.locator(".said .result", { hasText: "43" }).waitFor();
  await say('print("printed")');
  await page.locator(".said", { hasText: "printed" }).first().waitFor();
  await say('error("my own words")');
  await page.locator(".said .bad", { hasText: "my own words" }).waitFor();
  await input.fill("bpf.map_in");
  await input.press("Tab");
  await until("the name", async () => (await input.inputValue()).startsWith("bpf.map_info"));
  await input.fill("for i = 1, 2 do");
  await input.press("Enter");
  await until("another line", async () => (await input.inputValue()).includes("\n"));
  await picture(page, "console");
  assert.deepEqual(await accessibility(page), []);
});

test("nothing went wrong in the page", () => assert.deepEqual(page.problems, []));
