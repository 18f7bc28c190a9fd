// Lists of pages can be copied and saved as files: the shown rows, as filtered.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { folder, startServer } from "../lib/server.mjs";
import { launch, openPage, saved } from "./lib/browser.mjs";
import { holdFixtures, holdObject } from "./lib/fixtures.mjs";

const scripts = {
  "decoder.lua": `
local lunette = require("lunette")
local d = lunette.decode
lunette.decoder { name = "counts", match = { name = "mt_hash" }, key = d.u32():as("who") }
`,
};
let fixtures;
let object;
let server;
let browser;
let page;

before(async () => {
  fixtures = await holdFixtures();
  object = await holdObject("schema_fixture", "attach");
  server = await startServer({ scripts });
  browser = await launch();
  page = await openPage(browser);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await object?.stop();
  await fixtures?.stop();
});

const button = (name) => page.locator(".main").getByRole("button", { name, exact: true });

/** What the three buttons of a page give: rows of the CSV, of the JSON, and the copied text. */
async function takes(name) {
  const csv = await saved(page, button("CSV").first());
  const json = await saved(page, button("JSON").first());
  assert.equal(csv.name, `${name}.csv`);
  assert.equal(json.name, `${name}.json`);
  await button("Copy").first().click();
  await button("Copied").first().waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const rows = JSON.parse(json.text);
  const heads = Object.keys(rows[0]);
  assert.equal(csv.text.split("\n")[0], heads.join(","));
  assert.equal(copied.split("\n")[0], heads.join("\t"));
  assert.equal(copied.trimEnd().split("\n").length, rows.length + 1);
  return { rows, csv: csv.text, copied };
}

async function open(path, words) {
  await page.goto(server.url + path);
  await page.locator(".main").getByText(words).first().waitFor();
}

test("owners, those that the filter leaves", async () => {
  await open(`/owners?q=${fixtures.pid}`, "1 process");
  const { rows, copied } = await takes("owners");
  assert.deepEqual(rows.map(({ pid }) => pid), [fixtures.pid]);
  assert.ok(rows[0].maps.includes(fixtures.maps.mt_hash));
  assert.match(copied, new RegExp(`\\b${fixtures.maps.mt_hash}\\b`));
});

test("what one process holds", async () => {
  await open(`/owners/${fixtures.pid}`, "Command line");
  const { rows } = await takes(`process_${fixtures.pid}`);
  assert.ok(rows.some(({ kind, id, name }) =>
    kind === "map" && id === fixtures.maps.mt_hash && name === "mt_hash"));
  assert.ok(rows.some(({ kind, name }) => kind === "program" && name === "run_mark"));
});

test("attach points, and a link", async () => {
  await open("/attach?q=sch_main", "sch_main");
  const { rows } = await takes("attach_points");
  const mine = rows.find(({ programId }) => programId === object.programs.sch_main);
  assert.equal(mine.program, "sch_main");
  assert.deepEqual(mine.processes, [object.pid]);
  await open(`/links/${mine.link}`, "Link information");
  await button("Copy as JSON").click();
  await button("Copied").waitFor();
  const told = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  assert.equal(told.id, mine.link);
});

test("decoders and rules", async () => {
  await open("/decoders", "A decoder says");
  await page.locator(".table .rows .row").first().waitFor();
  const decoders = (await takes("decoders")).rows;
  assert.ok(decoders.some(({ name, key }) => name === "counts" && key === "who: u32"),
    JSON.stringify(decoders));
  await open("/exports", "Rules");
  await page.locator(".table .rows .row").first().waitFor();
  const { rows } = await takes("rules");
  assert.ok(rows.some(({ name }) => name === "programs"));
});

test("BTF objects, and the types that fit, as rows and as C", async () => {
  await open("/btf", "vmlinux");
  assert.ok((await takes("btf")).rows.some(({ name }) => name === "vmlinux"));
  await open("/btf/1?q=task_struct&kind=struct", "task_struct");
  const { rows } = await takes("btf_1_types");
  assert.ok(rows.some(({ name, kind }) => name === "task_struct" && kind === "struct"));
  const c = await saved(page, button("C"));
  assert.equal(c.name, "btf_1.h");
  assert.match(c.text, /^\/\/ vmlinux\n\n/);
  assert.match(c.text, /struct task_struct \{/);
});

test("hot instructions, while the program runs", async () => {
  const id = fixtures.programs.run_first_byte;
  const files = folder({ packet: "a packet of bytes" });
  let stopped = false;
  let child;
  const runs = (async () => {
    while (!stopped) {
      child = spawn("bpftool", ["prog", "run", "id", String(id), "data_in", files.file("packet"),
        "repeat", "10000000"], { stdio: "ignore" });
      await once(child, "close");
    }
  })();
  try {
    await open(`/programs/${id}?tab=hot`, "Samples of all CPUs");
    await page.locator(".hot-row").first().waitFor();
    const card = page.locator(".card", { has: page.getByRole("heading", { name: "Instructions" }) });
    const { name, text } = await saved(page, card.getByRole("button", { name: "JSON" }));
    assert.equal(name, `prog_${id}_hot.json`);
    const [first] = JSON.parse(text);
    assert.match(first.function, /run_first_byte/);
    assert.ok(first.samples > 0);
    const csv = await saved(page, card.getByRole("button", { name: "CSV" }));
    assert.match(csv.text, /^function,offset,samples,text\n/);
  } finally {
    stopped = true;
    child?.kill();
    await runs;
    files.remove();
  }
  assert.deepEqual(page.problems, []);
});
