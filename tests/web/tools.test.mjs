// The page of tools: the list, a tool started with the token, its live rows, histogram, its course
// over time, and flame graph.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { startServer, token } from "../lib/server.mjs";
import { launch, openPage, picture } from "./lib/browser.mjs";

let server;
let browser;
let page;

before(async () => {
  server = await startServer({ args: ["--tool", "runqlat", "--tool", "profile:frequency=199"], token: true });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const row = (name) => page.locator(".table .rows .row", {
  has: page.getByRole("gridcell", { name, exact: true }),
});

async function giveToken() {
  await page.getByRole("button", { name: "Give a token" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill(token);
  await page.getByRole("button", { name: "Use the token" }).click();
}

test("the list says what runs", async () => {
  page = await openPage(browser, `${server.url}/tools`);
  await row("runqlat").getByText("runs").waitFor();
  await row("profile").getByText("runs").waitFor();
  assert.equal(await row("opensnoop").getByText("runs").count(), 0);
  await picture(page, "tools");
});

test("a tool is started, shows its rows, and is stopped", async () => {
  await row("opensnoop").click();
  await page.getByText("It does not run").waitFor();
  await page.getByRole("button", { name: "Enter the token to start it" }).waitFor();
  await giveToken();
  await page.getByLabel("name").fill("cat");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  const reads = setInterval(() => spawnSync("/bin/cat", ["/etc/hostname"]), 200);
  try {
    await row("/etc/hostname").first().waitFor();
  } finally {
    clearInterval(reads);
  }
  await page.getByLabel("Only rows with this text").fill("hostname");
  await row("/etc/hostname").first().waitFor();
  await picture(page, "tool-events");
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("It does not run").waitFor();
});

test("a wrong parameter is refused by name", async () => {
  await page.getByLabel("pid").fill("-3");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("alert").getByText("pid: -3 is below 0").waitFor();
});

test("a histogram grows, and has its course over time", async () => {
  await page.goto(`${server.url}/tools/runqlat`);
  await page.getByRole("listitem").first().waitFor();
  await picture(page, "tool-histogram");
  await page.getByText("Over time").click();
  await page.getByRole("img", { name: "Count by bucket, over time" }).waitFor();
});

test("stacks are a flame graph that fits the page, zoomed by a click", async () => {
  await page.goto(`${server.url}/tools/profile`);
  const all = page.getByRole("button", { name: "all", exact: true });
  await all.waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${wide} pixels too wide`);
  const width = await page.locator(".flame").evaluate((flame) => flame.scrollWidth - flame.clientWidth);
  assert.ok(width <= 1, `the drawing is ${width} pixels too wide`);
  await picture(page, "tool-flame");
  await page.locator(".flame-frame .flame-frame button").first().click();
  await page.getByRole("button", { name: /^All / }).click();
  await all.waitFor();
  assert.deepEqual(page.problems, []);
});

test("an unknown tool is said to be none", async () => {
  await page.goto(`${server.url}/tools/nosuch`);
  await page.getByText("There is no tool nosuch").waitFor();
});
