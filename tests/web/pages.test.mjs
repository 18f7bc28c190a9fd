// Every page in light and dark, on a desktop and on a phone: its content is there, nothing fails,
// axe-core has no serious finding, and a screenshot is kept in tests/out/web.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { accessibility, launch, openPage, phone, picture } from "./lib/browser.mjs";
import { startPages } from "./lib/pages.mjs";

let site;
let server;
let browser;
let pages;

before(async () => {
  site = await startPages();
  ({ server, pages } = site);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await site?.stop();
});

async function visit(page, path, words) {
  await page.goto(server.url + path);
  await page.locator(".main").getByText(words).first().waitFor();
}

// What is the same in every colour is looked for once: dark is another contrast.
const CONTRAST = { runOnly: ["color-contrast"] };

async function everyPage(t, options, looks) {
  const page = await openPage(browser, undefined, options);
  for (const [title, path, words] of pages) {
    await t.test(`${title}${looks[0].suffix}`, async () => {
      page.problems.length = 0;
      await visit(page, path, words);
      await page.waitForTimeout(title === "overview" ? 2500 : 700);
      for (const { suffix, colorScheme, axe } of looks) {
        await page.emulateMedia({ colorScheme });
        await picture(page, title + suffix);
        assert.deepEqual(page.problems, []);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= page.viewportSize().width, `${wide} pixels wide`);
        assert.deepEqual(await accessibility(page, axe), [], title + suffix);
      }
    });
  }
  await page.context().close();
}

test("every page, light, then dark", (t) => everyPage(t, {}, [
  { suffix: "", colorScheme: "light", axe: {} },
  { suffix: "-dark", colorScheme: "dark", axe: CONTRAST },
]));

test("every page, on a phone", (t) =>
  everyPage(t, { viewport: phone }, [
    { suffix: "-phone", colorScheme: "light", axe: {} },
    { suffix: "-phone-dark", colorScheme: "dark", axe: CONTRAST },
  ]));

test("a page that begins dark is dark at once", async () => {
  const page = await openPage(browser, undefined, { dark: true });
  await visit(page, "/maps", "Maps");
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const [red, green, blue] = background.match(/\d+/g).map(Number);
  assert.ok(red + green + blue < 3 * 64, background);
  assert.deepEqual(await accessibility(page, CONTRAST), []);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("GraphiQL answers the query that a page sends it", async () => {
  const page = await openPage(browser, `${server.url}/btf`);
  const href = await page.getByRole("link", { name: "Query" }).getAttribute("href");
  await page.goto(server.url + href);
  await page.getByRole("button", { name: /Execute/ }).click();
  await page.locator(".result-window").getByText("vmlinux").first().waitFor();
  await page.context().close();
});

test("scripts that change are shown without a reload of the page", async () => {
  const page = await openPage(browser, `${server.url}/`);
  await page.locator(".rail").getByText("A demo").waitFor();
  writeFileSync(server.scripts.file("more.lua"), `
require("lunette").ui.page("more", { title = "One more", view = function(ui) return ui.text "x" end })`);
  await page.locator(".rail").getByText("One more").waitFor();
  writeFileSync(server.scripts.file("wrong.lua"), "this is no Lua");
  await page.getByText("A script failed").waitFor();
  await page.locator(".rail").getByText("One more").waitFor();
  await page.context().close();
});
