// How fast the explorer is, as figures in the output: first data, a million entries scrolled, an
// open overview at rest. The bars are generous: other work may share the machine.

import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { binary, startServer } from "../lib/server.mjs";
import { holdCrowd } from "./lib/fixtures.mjs";
import { bpftool, bpftrace, launch, mapNamed, openPage, sleep } from "./lib/browser.mjs";

const entries = 1_000_000;
const name = `big${process.pid}`;
const pin = `/sys/fs/bpf/${name}`;
const script = join(tmpdir(), `${name}.lua`);
let server;
let browser;

before(async () => {
  server = await startServer({});
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  for (const path of [pin, script]) rmSync(path, { force: true });
});

function fillMap() {
  execFileSync("bpftool", ["map", "create", pin, "type", "hash", "key", "8", "value", "8",
    "entries", String(entries), "name", name]);
  writeFileSync(script, `
local bpf = require("bpf")
local map <close> = assert(bpf.map("${pin}"))
for i = 1, ${entries} do
  assert(map:update(string.pack("<I8", i), string.pack("<I8", i * 3)))
end
`);
  execFileSync(binary, ["run", script], { stdio: "inherit", timeout: 120_000 });
  return bpftool("map", "show", "pinned", pin).id;
}

test("first data", async (t) => {
  const trace = bpftrace(`tracepoint:raw_syscalls:sys_enter { @F${process.pid} = count(); }`);
  await mapNamed(`AT_F${process.pid}`);
  const times = [];
  // As often as it takes, where the machine has other work.
  for (let i = 0; i < 3 || (i < 20 && Math.min(...times) >= 3000); i++) {
    const page = await openPage(browser);
    const begin = performance.now();
    await page.goto(`${server.url}/maps`, { waitUntil: "commit" });
    await page.locator(".table .rows .row").first().waitFor();
    times.push(performance.now() - begin);
    await page.context().close();
  }
  await trace.stop();
  t.diagnostic(`first data after ${times.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  assert.ok(Math.min(...times) < 3000);
});

test("a million entries are scrolled", async (t) => {
  const id = fillMap();
  const page = await openPage(browser, `${server.url}/maps/${id}?every=off`);
  await page.locator(".table .rows .row").first().waitFor();
  const scroll = () => page.evaluate(() => new Promise((done) => {
    const box = document.querySelector(".table");
    const begin = performance.now();
    let last = begin;
    let longest = 0;
    let frames = 0;
    const step = (now) => {
      longest = Math.max(longest, now - last);
      last = now;
      frames++;
      box.scrollTop += 60;
      if (now - begin < 4000) requestAnimationFrame(step);
      else done({ frames: frames / 4, longest, rows: Number(box.getAttribute("aria-rowcount")) });
    };
    requestAnimationFrame(step);
  }));
  let { frames, longest, rows } = await scroll();
  for (let i = 0; i < 10 && frames <= 15; i++) ({ frames, longest, rows } = await scroll());
  t.diagnostic(`${frames.toFixed(0)} frames a second, longest ${longest.toFixed(0)} ms, ` +
    `${rows} rows read of ${entries}`);
  assert.ok(rows > 400, "it reads on while one scrolls");
  assert.ok(frames > 15);
  assert.ok((await page.locator(".table .rows .row").count()) < 100,
    "only rows in sight are drawn");
  await page.context().close();
});

/** Seconds of CPU that a process and its threads have used. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

test("an open overview at rest, with 200 programs", async (t) => {
  const crowd = await holdCrowd(40);
  const page = await openPage(browser, `${server.url}/`);
  await page.getByText("CPU in BPF, by program").waitFor();
  await page.locator(".chart canvas").waitFor({ timeout: 120_000 });
  await sleep(4000);
  const client = await page.context().newCDPSession(page);
  await client.send("Performance.enable");
  const busy = async () => {
    const { metrics } = await client.send("Performance.getMetrics");
    return metrics.find((metric) => metric.name === "TaskDuration").value;
  };
  let requests = 0;
  page.on("request", () => { requests++; });
  const before = [await busy(), cpuOf(server.pid), Date.now()];
  await sleep(15_000);
  const seconds = (Date.now() - before[2]) / 1000;
  const share = (now, then) => `${((now - then) / seconds * 100).toFixed(1)} %`;
  t.diagnostic(`of a core: the page ${share(await busy(), before[0])}, the server ` +
    `${share(cpuOf(server.pid), before[1])}; ${requests} requests in ${seconds.toFixed(0)} s, ` +
    `${bpftool("prog", "list").length} programs`);
  await page.context().close();
  await crowd.stop();
});
