// Names that the kernel accepts for interfaces, pins, processes and control groups are text on every
// page: no element comes of them, no script runs.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { startServer } from "../lib/server.mjs";
import { binary, build } from "../cli/kernel.mjs";
import { launch, openPage, picture } from "./lib/browser.mjs";

const CGROUP = `/sys/fs/cgroup${existsSync("/sys/fs/cgroup/unified") ? "/unified" : ""}/lunette-${process.pid}-<img src=x onerror=alert(1)>`;
const PIN = `/sys/fs/bpf/hostile-${process.pid}`;

let held;
let ids;
let server;
let browser;

before(async () => {
  mkdirSync(CGROUP);
  held = spawn(binary, ["run", "tests/cli/hostile.lua", `${build}/tests/bpf/hostile.bpf.o`, CGROUP, PIN,
    process.pid % 10000], { stdio: ["pipe", "pipe", "inherit"] });
  ids = JSON.parse(await new Promise((resolve, reject) => {
    createInterface({ input: held.stdout }).once("line", resolve);
    held.once("exit", (code) => reject(new Error(`hostile.lua ended with ${code}`)));
  }));
  server = await startServer();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  if (held?.exitCode === null) {
    const ended = new Promise((resolve) => held.once("exit", resolve));
    held.stdin.end();
    await ended;
  }
  rmdirSync(CGROUP);
});

// Shows a page until it has the text; what came of foreign names there must be text alone.
async function shows(path, ...texts) {
  const page = await openPage(browser, server.url + path);
  page.on("dialog", (dialog) => {
    page.problems.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  for (const text of texts) await page.getByText(text).first().waitFor();
  const foreign = await page.evaluate(() =>
    [...document.querySelectorAll("script:not([src]), img, iframe, [onerror], [onclick]")].map((one) => one.outerHTML)
      .filter((html) => /alert|onerror|src="?x/.test(html)));
  assert.deepEqual(foreign, [], path);
  const obeyed = await page.evaluate(() =>
    document.body.innerText.match(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g));
  assert.equal(obeyed, null, path);
  return page;
}

test("the attach points", async () => {
  const page = await shows("/attach", "<script>alert(1", "<img$(id)`id`\"'", "\\x1b]0;p\\x07\\x9b31m", "{{1}}${1}\\n$d");
  await picture(page, "hostile-interfaces");
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("a program's page, its control group's name, a process's name", async () => {
  for (const [id, text] of [[ids.xdp, "<script>alert(1"], [ids.program, "<img src=x onerror=alert(1)>"]]) {
    const page = await shows(`/programs/${id}`, text);
    assert.deepEqual(page.problems, []);
    await page.context().close();
  }
});

test("a map's entries that are interfaces", async () => {
  const page = await shows(`/maps/${ids.devices}`, "<script>alert(1", "<img$(id)`id`\"'");
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("the graph, the owners and the search", async () => {
  for (const path of ["/graph", "/owners", "/links", "/maps"]) {
    const page = await shows(path);
    assert.deepEqual(page.problems, [], path);
    await page.context().close();
  }
});
