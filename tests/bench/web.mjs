// The page: time to the first data in fresh browsers, scrolling through a map of a million entries,
// an open overview with 200 programs of which one runs.
// node tests/bench/web.mjs

import { readFileSync } from "node:fs";
import { startBpftrace } from "../lib/bpftrace.mjs";
import { startServer } from "../lib/server.mjs";
import { bpftool, launch, mapNamed, openPage, sleep } from "../web/lib/browser.mjs";
import { holdCrowd, holdMillion } from "../web/lib/fixtures.mjs";

async function timeOf(browser, url, selector) {
  const page = await openPage(browser);
  const begin = performance.now();
  await page.goto(url, { waitUntil: "commit" });
  await page.locator(selector).first().waitFor();
  const time = performance.now() - begin;
  await page.context().close();
  return time;
}

const told = (times) => {
  const sorted = times.toSorted((a, b) => a - b);
  return `${sorted[sorted.length >> 1].toFixed(0)} ms (at worst ${sorted.at(-1).toFixed(0)})`;
};

const rows = ".table .rows .row";

/** In browsers that were just started, by turns with a page of no more than a line. */
async function firstData(server) {
  const [fresh, again, line] = [[], [], []];
  for (let round = 0; round < 10; round++) {
    const browser = await launch();
    fresh.push(await timeOf(browser, `${server.url}/maps`, rows));
    again.push(await timeOf(browser, `${server.url}/maps`, rows));
    await browser.close();
    const other = await launch();
    line.push(await timeOf(other, `${server.url}/healthz`, "pre"));
    await other.close();
  }
  console.log(`first data in a fresh browser after ${told(fresh)}, then ${told(again)}; ` +
    `a page of one line in a fresh browser: ${told(line)}`);
}

/** Runs in the page: frames a second and the longest of them, in ms, while it scrolls. */
const scrollFor = (ms) => new Promise((done) => {
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
    if (now - begin < ms) requestAnimationFrame(step);
    else done({ frames: frames / ms * 1000, longest });
  };
  requestAnimationFrame(step);
});

async function scrolled(server, browser) {
  const million = await holdMillion();
  const page = await openPage(browser, `${server.url}/maps/${million.id}?every=off`);
  await page.locator(".table .rows .row").first().waitFor();
  const { frames, longest } = await page.evaluate(scrollFor, 4000);
  console.log(`a million entries scrolled: ${frames.toFixed(0)} frames a second, ` +
    `longest ${longest.toFixed(0)} ms`);
  await page.context().close();
  await million.stop();
}

/** Seconds of CPU that a process and its threads have used. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function overview(server, browser) {
  const crowd = await holdCrowd(40);
  const page = await openPage(browser, `${server.url}/`);
  await page.locator(".chart canvas").waitFor();
  await sleep(4000);
  const client = await page.context().newCDPSession(page);
  await client.send("Performance.enable");
  const busy = async () => (await client.send("Performance.getMetrics")).metrics
    .find((metric) => metric.name === "TaskDuration").value;
  let requests = 0;
  page.on("request", () => { requests++; });
  const before = [await busy(), cpuOf(server.pid), Date.now()];
  await sleep(15_000);
  const seconds = (Date.now() - before[2]) / 1000;
  const share = (now, then) => `${((now - then) / seconds * 100).toFixed(1)} %`;
  console.log(`an open overview, ${bpftool("prog", "list").length} programs, of a core: the page ` +
    `${share(await busy(), before[0])}, the server ${share(cpuOf(server.pid), before[1])}; ` +
    `${requests} requests in ${seconds.toFixed(0)} s`);
  await page.context().close();
  await crowd.stop();
}

const name = `F${process.pid}`;
const trace = startBpftrace(`tracepoint:raw_syscalls:sys_enter { @${name} = count(); }`);
await mapNamed(`AT_${name}`);
const server = await startServer({});
const browser = await launch();
try {
  await firstData(server);
  await scrolled(server, browser);
  await overview(server, browser);
} finally {
  await browser.close();
  await server.stop();
  await trace.stop();
}
