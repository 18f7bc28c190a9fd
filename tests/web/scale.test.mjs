// Ten thousand maps and five hundred programs: lists scroll, search and sort as before, the graph
// is drawn in bundles, and the page stays small. Figures are printed.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { startServer } from "../lib/server.mjs";
import { accessibility, launch, openPage, picture, until } from "./lib/browser.mjs";
import { holdCrowd } from "./lib/fixtures.mjs";

const objects = 100;
const maps = objects * 100;
const programs = objects * 5;
const most = 180_000;
const patience = { timeout: most };
const pin = `/sys/fs/bpf/late${process.pid}`;
let crowd;
let server;
let browser;
let page;

before(async () => {
  crowd = await holdCrowd(objects);
  server = await startServer({ args: ["--max-seconds", "120"] });
  browser = await launch();
  page = await openPage(browser);
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await crowd?.stop();
  rmSync(pin, { force: true });
});

const table = () => page.locator(".main .table");
const rows = () => page.locator(".main .table .rows .row");
const rowCount = async () => Number(await table().getAttribute("aria-rowcount")) - 1;
const drawn = () => page.evaluate(() => document.querySelectorAll("*").length);

/** Until a promise is done, in milliseconds. */
async function took(work) {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

test("the list shows all maps, and only those in sight are in the page", async (t) => {
  const ms = await took(async () => {
    await page.goto(`${server.url}/maps`, { waitUntil: "commit" });
    await rows().first().waitFor(patience);
  });
  const all = await rowCount();
  t.diagnostic(`${all} maps listed after ${ms.toFixed(0)} ms`);
  assert.ok(all >= maps, `${all} rows`);
  assert.ok(await rows().count() < 100);
  assert.ok(await drawn() < 3000, "the page is small");
});

test("it scrolls to its end", async (t) => {
  const longest = await page.evaluate(() => new Promise((done) => {
    const box = document.querySelector(".main .table");
    let last = performance.now();
    const times = [];
    const step = (now) => {
      times.push(now - last);
      last = now;
      box.scrollTop += box.scrollHeight / 120;
      if (times.length < 120) requestAnimationFrame(step);
      else done(times.sort((a, b) => a - b));
    };
    requestAnimationFrame(step);
  }));
  t.diagnostic(`frames while scrolling through: median ${longest[60].toFixed(0)} ms, ` +
    `longest ${longest[119].toFixed(0)} ms`);
  await table().focus();
  await page.keyboard.press("End");
  await page.locator(`.main .row[aria-rowindex="${await rowCount() + 1}"]`).waitFor(patience);
  assert.ok(await rows().count() < 100);
});

test("the filter narrows it at once", async (t) => {
  const input = page.getByLabel("Filter maps");
  const ms = await took(async () => {
    await input.fill("crowd_77");
    await until("the rows that fit", async () => await rowCount() === objects, most);
  });
  t.diagnostic(`filtered after ${ms.toFixed(0)} ms`);
  assert.match(await page.locator(".bar .end").innerText(), new RegExp(`^${objects} of `));
  await input.fill("");
  await until("all rows", async () => await rowCount() >= maps, most);
});

test("groups and their sums", async () => {
  // Rows out of view are not made: maps of others come first, and the list keeps its place.
  await page.getByLabel("Filter maps").fill("crowd_0");
  await until("the rows that fit", async () => await rowCount() === objects * 10, most);
  await page.getByLabel("Group by").selectOption("name");
  await table().evaluate((box) => { box.scrollTop = 0; });
  const head = page.locator(".main .row.group", { hasText: "crowd_00" });
  await head.waitFor(patience);
  assert.match(await head.innerText(), new RegExp(`crowd_00\\s*${objects}`));
  await page.getByLabel("Group by").selectOption("none");
  await page.getByLabel("Filter maps").fill("");
});

test("it keeps its place while one looks at a map and comes back", async () => {
  await until("all rows", async () => await rowCount() >= maps, most);
  await table().evaluate((box) => { box.scrollTop = 90_000; });
  const link = page.locator(".main .row a[href^=\"/maps/\"]", { hasText: /^crowd_/ }).nth(20);
  await until("rows further down", async () =>
    Number(await rows().first().getAttribute("aria-rowindex")) > 2000, most);
  await link.click();
  await page.waitForURL(/\/maps\/\d+$/);
  await page.goBack();
  await rows().first().waitFor(patience);
  await until("the place", async () =>
    Math.abs(await table().evaluate((box) => box.scrollTop) - 90_000) < 60, most);
});

test("a map that is made now appears among them", async () => {
  await page.getByLabel("Filter maps").fill(pin);
  await page.getByText("No maps fit").waitFor(patience);
  execFileSync("bpftool", ["map", "create", pin, "type", "array", "key", "4", "value", "8",
    "entries", "1", "name", "late"]);
  await page.locator(".main .row", { hasText: "late" }).waitFor(patience);
});

test("the search finds among all of them", async (t) => {
  await page.keyboard.press("Escape");
  const ms = await took(async () => {
    await page.keyboard.press("/");
    await page.keyboard.type("crowd_42");
    await page.locator(".found [role=option]", { hasText: "crowd_42" }).first().waitFor(patience);
  });
  t.diagnostic(`found after ${ms.toFixed(0)} ms`);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/maps\/\d+$/);
  await page.locator("h1", { hasText: "crowd_42" }).waitFor(patience);
});

test("programs by name", async () => {
  await page.goto(`${server.url}/programs?q=crowd_prog`);
  await until("the programs", async () =>
    await table().count() > 0 && await rowCount() === programs, most);
  assert.ok(await rows().count() < 100);
});

test("the whole graph is drawn, with what is alike in bundles, and is narrowed", async (t) => {
  const boxes = page.locator("a.node");
  const answered = page.waitForResponse((answer) =>
    answer.request().postData()?.includes("WholeGraph") ?? false, patience);
  await page.goto(`${server.url}/graph`);
  await (await answered).finished();
  const ms = await took(() => boxes.first().waitFor(patience));
  const all = await boxes.count();
  t.diagnostic(`${all} boxes drawn ${ms.toFixed(0)} ms after the answer`);
  assert.ok(all >= 2 * programs, `${all} boxes`);
  await picture(page, "graph-crowd");
  assert.deepEqual(await accessibility(page), []);
  await page.getByLabel("Filter the graph").fill("crowd_prog_3");
  await until("the boxes", async () => {
    const left = await boxes.count();
    return left > objects && left < all / 2;
  }, most);
  await picture(page, "graph-filtered");
});

test("what is alike stands as one bundle, which opens", async () => {
  await page.goto(`${server.url}/graph?from=process:${crowd.pid}&without=PROGRAM`);
  // A few may be held by who looks at them at this moment: those stand apart.
  const bundle = page.locator("a.node", { hasText: /^\d{4,} maps/ });
  await bundle.first().waitFor(patience);
  assert.ok(parseInt(await bundle.first().textContent(), 10) > maps * 0.9);
  await page.goto(`${server.url}/graph?from=process:${crowd.pid}&depth=1&q=crowd_77`);
  await page.locator("a.node", { hasText: `${objects} maps` }).click();
  await until("each of them", async () => await page.locator("a.node").count() > objects, most);
  await page.getByRole("button", { name: "Close bundles" }).click();
  await page.locator("a.node", { hasText: `${objects} maps` }).waitFor(patience);
});

test("the overview counts them, in bounded memory", async (t) => {
  await page.goto(`${server.url}/`);
  await until("the number of maps", async () => {
    const text = await page.locator(".figure", { hasText: "Maps" }).locator(".value").innerText();
    return Number(text.replaceAll(",", "")) >= maps;
  }, most);
  const client = await page.context().newCDPSession(page);
  await client.send("HeapProfiler.collectGarbage");
  const { usedSize } = await client.send("Runtime.getHeapUsage");
  t.diagnostic(`the page holds ${(usedSize / 1e6).toFixed(0)} MB`);
  assert.ok(usedSize < 150e6);
  assert.ok(await drawn() < 3000);
  assert.deepEqual(page.problems, []);
});
