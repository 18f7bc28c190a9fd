// A map of every type that can be made on this kernel: its page shows the entries, or a sentence on
// why it can't; a click follows the object that a cell names.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer } from "../lib/server.mjs";
import { accessibility, launch, openPage, picture } from "./lib/browser.mjs";
import { holdFixtures } from "./lib/fixtures.mjs";

// What a cell of the first rows says, or the sentence.
const shows = {
  mt_hash: "inner.low", mt_array: "7", mt_pc_hash: "a, CPU 1", mt_pc_array: "CPU 0",
  mt_lru: "value", mt_pc_lru: "CPU 1", mt_lpm: "10.0.0.0/8",
  mt_queue: "Only the next element can be seen",
  mt_stack: "Only the next element can be seen", mt_progs: "mt_fill_ring", mt_outer: "mt_inner",
  mt_inode: "/etc/passwd", mt_stacks: "mt_fill_ring", mt_ring: "discarded", mt_task: "lunette",
  mt_sk: "cookie", mt_cgrp: "path", ty_outer: "ty_inner", ty_devmap: "lo", ty_devmap_hash: "lo",
  ty_cpumap: "192", ty_sockmap: "cookie", ty_sockhash: "cookie", ty_reuseport: "It is empty",
  ty_cg_storage: "It is empty", ty_cg_storage_pc: "It is empty",
  ty_user_ring: "0 of 4096 bytes wait", mt_bloom: "bloom filter keeps no elements",
  ty_perf: "perf event array", mt_cgroups: "which cgroups", ty_xskmap: "AF_XDP sockets",
  ty_arena: "memory without entries", ty_sockmap_4: "only where its values have 8 bytes",
};

let fixtures;
let server;
let browser;

before(async () => {
  fixtures = await holdFixtures();
  server = await startServer({ token: true });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await fixtures?.stop();
});

/** A tab of the page: it shows something, and nothing failed. */
async function openTab(page, tab) {
  await page.locator(`#tab-${tab}`).click();
  await page.locator(`[aria-labelledby="tab-${tab}"] :is(.card, .state-box, .table)`).first()
    .waitFor();
  assert.equal(await page.locator(".failure").count(), 0, tab);
}

const pageOf = (name) => `${server.url}/maps/${fixtures.maps[name]}`;

test("every type shows its entries or says why not, and every tab opens", async (t) => {
  const page = await openPage(browser);
  for (const [name, words] of Object.entries(shows)) {
    await t.test(name, async () => {
      page.problems.length = 0;
      await page.goto(pageOf(name));
      await page.locator(".tab-panel").getByText(words).first().waitFor();
      assert.equal(await page.locator(".failure").count(), 0);
      await picture(page, `type-${name}`);
      for (const tab of ["values", "changes", "about", "export"]) await openTab(page, tab);
      assert.deepEqual(page.problems, []);
    });
  }
  await page.context().close();
});

/** Clicks a link in the table; the page that it leads to shows the words. */
async function follow(page, name, link, address, words) {
  await page.goto(pageOf(name));
  await page.locator(".table .rows").getByRole("link", { name: link }).first().click();
  await page.waitForURL(address);
  await page.locator(".main").getByText(words).first().waitFor();
}

test("what a cell names is followed", async () => {
  const page = await openPage(browser);
  const inner = fixtures.maps.ty_inner;
  await follow(page, "ty_outer", /ty_inner/, `**/maps/${inner}`, "ty_inner");
  await follow(page, "mt_progs", /mt_fill_ring/, /\/programs\/\d+/, "Cost over time");
  await follow(page, "mt_task", String(fixtures.pid), `**/owners/${fixtures.pid}`, "Command line");
  await follow(page, "ty_devmap", "lo", "**/attach?q=lo", "Attach points");
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("a stack opens in place, a frame a line, and leads to the program in it", async () => {
  const page = await openPage(browser, pageOf("mt_stacks"));
  await page.locator(".table .rows .row").first().locator(".cell").first().click();
  const frames = page.getByRole("dialog").locator(".frames li");
  await frames.first().waitFor();
  assert.ok(await frames.count() > 3);
  await picture(page, "type-stack-open");
  assert.deepEqual(await accessibility(page), []);
  await frames.getByRole("link", { name: "mt_fill_ring" }).click();
  await page.waitForURL(/\/programs\?q=[0-9a-f]{16}/);
  await page.locator(".table .rows .row", { hasText: "mt_fill_ring" }).first().waitFor();
  await page.context().close();
});
