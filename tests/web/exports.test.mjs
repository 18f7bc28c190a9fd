// The page of metrics: the server keeps each rule's last scrapes, so charts have data when the page
// is opened, and then continue.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { startServer } from "../lib/server.mjs";
import { launch, openPage, picture } from "./lib/browser.mjs";

const scripts = {
  "rules.lua": `
local lunette = require("lunette")
local shared = require("lunette.runtime.shared")
lunette.metrics.collect("grows", function(emit)
  for i = 1, shared.incr("grows") do emit("grows_by_one", i, { i = tostring(i) }) end
end)
lunette.metrics.collect("fails", function() error("nothing to tell") end)
`,
};
let server;
let browser;
let page;

before(async () => {
  server = await startServer({ scripts });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function scrape(times) {
  for (let n = 0; n < times; n++) await (await fetch(`${server.url}/metrics`)).text();
}

const row = (name) => page.locator(".table .rows .row", {
  has: page.getByRole("gridcell", { name, exact: true }),
});
const chart = (name, label) => row(name).getByRole("img", { name: label });

test("charts begin with what was before the page was opened", async () => {
  await scrape(12);
  page = await openPage(browser, `${server.url}/exports`);
  await chart("grows", /^Samples of 12 scrapes: 1 to 12, since /).waitFor();
  await chart("grows", /^Time of 12 scrapes: /).waitFor();
  await chart("fails", /^Errors of 12 scrapes: 1 to 1, since /).waitFor();
  assert.equal(await chart("grows", /^Errors/).count(), 0);
});

test("and go on while it is open", async () => {
  await scrape(1);
  await chart("grows", /^Samples of 13 scrapes: 1 to 13, /).waitFor();
  // More at once than one event tells of.
  await scrape(20);
  await chart("grows", /^Samples of 33 scrapes: 1 to 33, /).waitFor();
  await picture(page, "exports-charts");
  assert.deepEqual(page.problems, []);
});

test("rules that are gone leave nothing", async () => {
  writeFileSync(server.scripts.file("rules.lua"), "-- nothing is declared here");
  await row("grows").waitFor({ state: "detached" });
  await scrape(2);
  writeFileSync(server.scripts.file("rules.lua"), scripts["rules.lua"]);
  await row("grows").waitFor();
  await scrape(2);
  await page.reload();
  await chart("grows", /^Samples of 2 scrapes: /).waitFor();
});
