// Chromium for the tests, programs to show, and screenshots.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
export const out = join(here, "../../out/web");

const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });

export const desktop = { width: 1440, height: 900 };
export const phone = { width: 390, height: 844 };

/** How long things may take, in ms: the machine may have much else to do. */
const patience = 60_000;

/** A page that collects what goes wrong in it, and whatever it prints: page.problems. */
export async function openPage(
  browser, url, { viewport = desktop, dark = false, token, still } = {},
) {
  const context = await browser.newContext({
    viewport, colorScheme: dark ? "dark" : "light", reducedMotion: still ? "reduce" : null,
  });
  context.setDefaultTimeout(patience);
  if (token) {
    await context.addInitScript((value) => sessionStorage.setItem("lunette.token", value), token);
  }
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.message));
  page.on("console", (message) => page.problems.push(message.text()));
  if (url) await page.goto(url);
  return page;
}

export async function picture(page, name) {
  mkdirSync(out, { recursive: true });
  await page.screenshot({ path: join(out, `${name}.png`), animations: "disabled" });
}

/** The name and the text of the file that a button gives. */
export async function saved(page, button) {
  const [file] = await Promise.all([page.waitForEvent("download"), button.click()]);
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") };
}

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/**
 * Serious findings of axe-core, each a line; options are axe.run's. Our policy forbids inline
 * scripts: evaluated instead.
 */
export async function accessibility(page, options = {}) {
  await page.evaluate(readFileSync(axePath, "utf8"));
  const { violations } = await page.evaluate((more) => window.axe.run(document, {
    resultTypes: ["violations"], ...more,
  }), options);
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3)
      .map(({ html, failureSummary }) => `${html.slice(0, 160)} (${failureSummary.split("\n")[1]})`)
      .join(" | ")}`);
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Waits until a function gives something true. */
export async function until(what, check, ms = patience) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await sleep(100);
  }
}

export const bpftool = (...args) =>
  JSON.parse(execFileSync("bpftool", ["-j", ...args], { maxBuffer: 1 << 28 }).toString());

export const mapNamed = (name) =>
  until(`the map ${name}`, () => bpftool("map", "list").filter((map) => map.name === name).pop());
