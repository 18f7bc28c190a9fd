// The server: time from start to the first answer, idle cost, requests a second (wrk), and a map of
// a million entries read over HTTP by eight readers at once.
// node tests/bench/server.mjs

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { startServer, until } from "../lib/server.mjs";

const HELLO = `
local lunette = require("lunette")
lunette.http.get("/hello", function() return { json = { hello = "world" } } end)
`;
const QUERY = "query=%7B%20maps%20%7B%20id%20name%20%7D%20%7D";

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/** CPU seconds and resident MiB of a process. */
function usage(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kib = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]);
  return { cpu: (Number(stat[11]) + Number(stat[12])) / 100, rss: kib("VmRSS") / 1024, peak: kib("VmHWM") / 1024 };
}

async function start() {
  const times = [];
  for (let i = 0; i < 5; i++) {
    const began = performance.now();
    const server = await startServer();
    await (await fetch(`${server.url}/query?${QUERY}`)).text();
    times.push(performance.now() - began);
    await server.stop();
  }
  console.log(`start to first GraphQL answer: ${median(times).toFixed(0)} ms (median of 5)`);
}

async function idle(server) {
  await sleep(1);
  const before = usage(server.pid);
  await sleep(10);
  const after = usage(server.pid);
  console.log(`idle: ${((after.cpu - before.cpu) * 10).toFixed(2)} % of a core, ${after.rss.toFixed(1)} MiB resident`);
}

function wrk(name, url) {
  const found = spawnSync("wrk", ["-t1", "-c16", "-d5", url], { encoding: "utf8" });
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(found.stdout ?? "")?.[1] ?? "?";
  const bad = /Non-2xx[^\n]*/.exec(found.stdout ?? "")?.[0] ?? "";
  console.log(`${name}: ${rate} requests a second ${bad}`);
}

const HOLDER = `
local lunette = require("lunette")
local bpf = require("bpf")
lunette.service("big", function(svc)
  local object <close> = assert(bpf.load(os.getenv("BIG_OBJECT")))
  local map <close> = object:map("mt_big")
  for i = 1, 1000000 do assert(map:update(("process-%08d"):format(i), ("<I8"):pack(i))) end
  lunette.shared.set("big", map:info().id)
  while svc:sleep(1) do end
end)
lunette.http.get("/big", function() return { json = lunette.shared.get("big") or 0 } end)
`;

/** A map of a million entries in a process of its own, so that the reader's memory is its own. */
async function holdBigMap() {
  const object = `${process.env.LUNETTE_BUILD ?? "build"}/tests/bpf/maps_big.bpf.o`;
  const holder = await startServer({ scripts: { "big.lua": HOLDER }, env: { BIG_OBJECT: object } });
  const id = await until(async () => (await fetch(`${holder.url}/big`)).json(), { timeout: 60000 });
  return { id, stop: holder.stop };
}

async function readers(count, url, pid) {
  const began = performance.now();
  const sizes = await Promise.all(Array.from({ length: count }, async () => {
    let bytes = 0;
    for await (const chunk of (await fetch(url)).body) bytes += chunk.length;
    return bytes;
  }));
  const seconds = (performance.now() - began) / 1000;
  console.log(`${count} reader(s) of ${url.replace(/^.*?\/maps/, "/maps")}: ${seconds.toFixed(2)} s, `
    + `${(sizes[0] / 1e6).toFixed(1)} MB each, server's peak ${usage(pid).peak.toFixed(1)} MiB`);
}

async function big() {
  const map = await holdBigMap();
  const server = await startServer();
  const url = `${server.url}/maps/${map.id}/entries.ndjson`;
  await readers(1, url, server.pid);
  await readers(8, url, server.pid);
  await server.stop();
  const time = spawnSync("bash", ["-c", `time bpftool map dump id ${map.id} -j >/dev/null`], { encoding: "utf8" });
  console.log(`bpftool map dump -j: ${/real\s+(\S+)/.exec(time.stderr)?.[1]}`);
  await map.stop();
}

await start();
const server = await startServer({ scripts: { "hello.lua": HELLO } });
await idle(server);
wrk("scripted endpoint", `${server.url}/hello`);
wrk("{ maps { id name } }", `${server.url}/query?${QUERY}`);
console.log(`after the load: ${usage(server.pid).rss.toFixed(1)} MiB resident`);
await server.stop();
await big();
