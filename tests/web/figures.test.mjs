// How fast the explorer is, as figures in the output: first data, a million entries scrolled, an
// open overview at rest. The bars are generous: other work may share the machine.

import assert from "node:assert/strict";
import { writeFileSync, rmSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { binary, startServer } from "../lib/server.mjs";
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
  assert.ok((await page.locator(".table .rows .row").count()) < 100, "only rows in sight are drawn");
  await page.context().close();
});

test("an open overview at rest", async (t) => {
  const page = await openPage(browser, `${server.url}/`);
  await page.getByText("CPU in BPF, by program").waitFor();
  await sleep(4000);
  const client = await page.context().newCDPSession(page);
  await client.send("Performance.enable");
  const busy = async () => {
    const { metrics } = await client.send("Performance.getMetrics");
    return metrics.find((metric) => metric.name === "TaskDuration").value;
  };
  let requests = 0;
  page.on("request", () => { requests++; });
  const rest = async () => {
    const before = await busy();
    requests = 0;
    await sleep(9000);
    return (await busy() - before) / 9;
  };
  let share = await rest();
  for (let i = 0; i < 6 && share >= 0.3; i++) share = await rest();
  t.diagnostic(`${(share * 100).toFixed(1)} % of a core, ${requests} requests in 9 s, ` +
    `${bpftool("prog", "list").length} programs`);
  assert.ok(share < 0.3);
  await page.context().close();
});
