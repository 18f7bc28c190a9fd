// Takes the pictures of README and docs/ from the running program: node tests/web/pictures.mjs

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startBpftrace } from "../lib/bpftrace.mjs";
import { startServer } from "../lib/server.mjs";
import { bpftool, launch, mapNamed, openPage, phone, sleep, until } from "./lib/browser.mjs";

const docs = fileURLToPath(new URL("../../docs/", import.meta.url));

const program = `
tracepoint:raw_syscalls:sys_enter { @SYSCALLNUM[comm] = count(); }
tracepoint:sched:sched_switch { @switches[args->prev_comm, args->prev_pid] = count(); }
tracepoint:sched:sched_wakeup { @wakeups = lhist(args->prio, 0, 140, 10); }
tracepoint:irq:softirq_entry { @start[cpu] = nsecs; }
tracepoint:irq:softirq_exit /@start[cpu]/ { @softirq_ns = hist(nsecs - @start[cpu]); }`;

async function take(browser, url, name, { wait = 4000, ...options } = {}) {
  const page = await openPage(browser, url, options);
  await sleep(wait);
  await page.screenshot({ path: join(docs, `${name}.png`) });
  await page.context().close();
  console.log(`docs/${name}.png`);
}

const trace = startBpftrace(program);
const server = await startServer({});
const browser = await launch();
try {
  mkdirSync(docs, { recursive: true });
  const map = await mapNamed("AT_SYSCALLNUM");
  const histogram = await mapNamed("AT_softirq_ns");
  const { id } = await until("the program", () =>
    bpftool("prog", "list").find(({ map_ids: ids }) => ids?.includes(map.id)));
  await take(browser, `${server.url}/`, "overview", { wait: 40_000 });
  await take(browser, `${server.url}/`, "overview-dark", { dark: true, wait: 8000 });
  await take(browser, `${server.url}/programs?sort=-cpu`, "programs", { wait: 8000 });
  await take(browser, `${server.url}/programs/${id}`, "program", { dark: true, wait: 8000 });
  await take(browser, `${server.url}/programs/${id}?tab=code`, "code");
  await take(browser, `${server.url}/maps/${map.id}?sort=-value`, "map");
  await take(browser, `${server.url}/maps/${map.id}?tab=values`, "values", { wait: 32_000 });
  await take(browser, `${server.url}/maps/${histogram.id}?tab=histogram`, "histogram", { dark: true });
  await take(browser, `${server.url}/graph?from=map:${map.id}`, "graph", { dark: true });
  await take(browser, `${server.url}/maps/${map.id}?sort=-value`, "phone", { viewport: phone, dark: true });
} finally {
  await browser.close();
  await server.stop();
  await trace.stop();
}
