// A map of a million entries: rows load while scrolling, and only visible rows are in the page.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer } from "../lib/server.mjs";
import { launch, openPage, until } from "./lib/browser.mjs";
import { holdMillion } from "./lib/fixtures.mjs";

let million;
let server;
let browser;
let page;

before(async () => {
  million = await holdMillion();
  server = await startServer({});
  browser = await launch();
  page = await openPage(browser, `${server.url}/maps/${million.id}?every=off`);
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await million?.stop();
});

const table = () => page.locator(".table");
const rows = () => table().locator(".rows .row");
const read = async () => Number(await table().getAttribute("aria-rowcount"));

test("entries are read on while one scrolls, and only those in sight are drawn", async () => {
  await rows().first().waitFor();
  const first = await read();
  await until("more rows", async () => {
    await table().evaluate((box) => { box.scrollTop = box.scrollHeight; });
    return await read() >= first + 400;
  });
  assert.ok(await rows().count() < 100);
});

test("an entry far off is found by the filter", async () => {
  await page.goto(`${server.url}/maps/${million.id}?every=off`);
  await page.getByLabel("Filter entries").fill("2999997");
  await page.getByText("No entry fits the filter").waitFor();
  await page.getByLabel("Filter entries").fill("value = 2999997");
  await until("one row", async () => await rows().count() === 1);
});

test("nothing went wrong in the page", () => assert.deepEqual(page.problems, []));
