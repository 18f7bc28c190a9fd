// The keyboard on every page: / searches, ? shows help, Esc closes, arrows and Enter walk through
// lists.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage, until } from "./lib/browser.mjs";
import { startPages } from "./lib/pages.mjs";

let site;
let browser;
let page;

before(async () => {
  site = await startPages();
  browser = await launch();
  page = await openPage(browser);
});

after(async () => {
  await browser?.close();
  await site?.stop();
});

/** Pages that list nothing to walk. */
const without = new Set(["program-hot", "map-values", "map-histogram", "map-export", "no-page", "no-map",
  "broken-page"]);

/** What has the focus: which sort of place it is in, and whether something in it is chosen. */
const focus = () => page.evaluate(() => {
  const at = document.activeElement;
  const inside = [".table", ".canvas", ".listing", ".list", ".types"]
    .find((place) => at.closest(`.main ${place}`));
  const link = at.closest("a")?.getAttribute("href");
  return { inside, label: at.getAttribute("aria-label"), link,
    active: at.getAttribute("aria-activedescendant") };
});

async function open(path, words) {
  await page.goto(site.server.url + path);
  await page.locator(".main").getByText(words).first().waitFor();
}

async function search() {
  await page.keyboard.press("/");
  await until("the search", async () => (await focus()).label === "Search everything");
  await page.keyboard.press("Escape");
  await until("leaving it", async () => (await focus()).label !== "Search everything");
}

async function help() {
  await page.keyboard.press("?");
  await page.getByRole("dialog").getByText("Search everything").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

/** Arrows walk a table: its rows become the active one in turn. */
async function walkTable() {
  await page.locator(".main .table").locator(".rows .row, .state-box").first().waitFor();
  if (await page.locator(".main .table .rows .row").count() === 0) return;
  await page.keyboard.press("ArrowDown");
  const first = await until("the first row", async () => (await focus()).active);
  assert.equal(first, "row-0");
  if (await page.locator(".main .table").first().locator(".rows .row").count() > 1) {
    await page.keyboard.press("ArrowDown");
    await until("the second row", async () => (await focus()).active === "row-1");
    await page.keyboard.press("ArrowUp");
    await until("the first again", async () => (await focus()).active === "row-0");
  }
}

/** Arrows walk a list: its links have the focus in turn. */
async function walkList() {
  const { link } = await focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  assert.equal((await focus()).link, link);
}

async function walk() {
  // What the page lists may come a moment after its words.
  await until("a place to walk", async () => {
    await page.keyboard.press("ArrowDown");
    return (await focus()).inside;
  });
  const { inside } = await focus();
  if (inside === ".table") return walkTable();
  if (inside === ".list" || inside === ".types") return walkList();
  assert.match(inside, /canvas|listing/);
}

test("the keys on every page", async (t) => {
  for (const [title, path, words] of site.pages) {
    await t.test(title, async () => {
      await open(path, words);
      await search();
      await help();
      if (!without.has(title)) await walk();
      assert.deepEqual(page.problems, []);
    });
  }
});

test("Enter opens a row, a line of a list, and the boxes of a drawing", async () => {
  const byTitle = new Map(site.pages.map(([title, path, words]) => [title, [path, words]]));
  const opens = [["programs", /\/programs\/\d+$/], ["maps", /\/maps\/\d+$/],
    ["owners", /\/owners\/\d+$/], ["attach", /group|\/programs\/\d+$/], ["btf", /\/btf\/\d+$/],
    ["process", /\/(programs|maps|links)\/\d+$/]];
  for (const [title, address] of opens) {
    await open(...byTitle.get(title));
    await walk();
    // Groups open and shut: their rows come after them.
    if (title === "attach") await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL(address);
  }
  await open(...byTitle.get("graph"));
  await page.locator(".canvas a.node").first().waitFor();
  await walk();
  await page.keyboard.press("Enter");
  const first = await until("a box", async () => (await focus()).link);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**${first}`);
});

test("g and a letter goes, from every page; a field keeps its letters, Esc leaves it", async () => {
  for (const [key, address] of [["p", "/programs"], ["m", "/maps"], ["a", "/attach"],
    ["w", "/owners"], ["g", "/graph"], ["b", "/btf"], ["l", "/tools"], ["t", "/trace"], ["e", "/exports"],
    ["d", "/decoders"], ["c", "/console"], ["o", "/"]]) {
    // The letter follows at once, as one types it: after a second it stands for itself.
    await Promise.all([page.keyboard.press("g"), page.keyboard.press(key)]);
    await page.waitForURL(site.server.url + address);
  }
  await open("/owners", "bpftrace");
  await page.keyboard.press("f");
  await page.keyboard.type("g?/j");
  assert.equal(await page.getByLabel("Filter processes").inputValue(), "g?/j");
  assert.equal(await page.getByRole("dialog").count(), 0);
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
});
