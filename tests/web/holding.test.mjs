// Owners and attachments stay current while no object comes or goes: a process opens a map by its
// pin; an existing program is attached.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { binary, startServer } from "../lib/server.mjs";
import { bpftool, launch, openPage } from "./lib/browser.mjs";
import { holdFixtures } from "./lib/fixtures.mjs";

const name = `hold${process.pid}`;
const pin = `/sys/fs/bpf/${name}`;
const device = `lu${process.pid}`;
let fixtures;
let server;
let browser;
let page;
let id;
let holder;

before(async () => {
  fixtures = await holdFixtures();
  execFileSync("bpftool", ["map", "create", pin, "type", "hash", "key", "4", "value", "4",
    "entries", "8", "name", name]);
  id = bpftool("map", "show", "pinned", pin).id;
  execFileSync("ip", ["link", "add", device, "type", "veth", "peer", "name", `${device}p`]);
  server = await startServer();
  browser = await launch();
  page = await openPage(browser);
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await letGo();
  rmSync(pin, { force: true });
  try {
    execFileSync("ip", ["link", "del", device], { stdio: "ignore" });
  } catch { /* it was never made */ }
  await fixtures?.stop();
});

/** A process that holds the map. */
async function hold() {
  holder = spawn(binary, ["run", "tests/lua/support/hold_pin.lua", pin],
    { stdio: ["pipe", "pipe", "inherit"] });
  await once(holder.stdout, "data");
}

async function letGo() {
  if (!holder) return;
  const ended = once(holder, "close");
  holder.stdin.end();
  await ended;
  holder = undefined;
}

const row = (text) => page.locator(".table .rows .row", { hasText: text });

test("a process that opens a map by its pin appears, and goes when it ends", async () => {
  await page.goto(`${server.url}/owners?q=${name}`);
  await page.getByText("None fits the filter").waitFor();
  await hold();
  await row(String(holder.pid)).waitFor();
  await letGo();
  await page.getByText("None fits the filter").waitFor();
});

test("its own page tells that it holds nothing any more", async () => {
  await hold();
  await page.goto(`${server.url}/owners/${holder.pid}`);
  await page.locator(`.card a[href="/maps/${id}"]`).waitFor();
  const { pid } = holder;
  await letGo();
  await page.getByText(`Process ${pid} holds no BPF object`).waitFor();
});

test("a program that is attached appears, and goes when it is detached", async () => {
  const of = ["id", String(fixtures.programs.run_first_byte), "dev", device];
  await page.goto(`${server.url}/attach?q=${device}`);
  await page.getByText("None fits the filter").waitFor();
  execFileSync("bpftool", ["net", "attach", "xdpgeneric", ...of]);
  await row(device).waitFor();
  assert.match(await row(device).first().innerText(), /run_first_byte/);
  execFileSync("bpftool", ["net", "detach", "xdpgeneric", "dev", device]);
  await page.getByText("None fits the filter").waitFor();
  assert.deepEqual(page.problems, []);
});
