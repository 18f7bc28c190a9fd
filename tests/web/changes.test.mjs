// A map that changes: added, removed and changed entries are shown with rates; charts and
// histograms follow; no request is sent while nothing changes; columns can be chosen.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { startBpftrace } from "../lib/bpftrace.mjs";
import { startServer } from "../lib/server.mjs";
import {
  accessibility, bpftool, launch, mapNamed, openPage, picture, sleep, until,
} from "./lib/browser.mjs";

const name = `chg${process.pid}`;
const pin = `/sys/fs/bpf/${name}`;
let server;
let browser;
let page;
let id;

const bytes = (number, size) => Array.from({ length: size },
  (_, at) => String(Number((BigInt(number) >> BigInt(8 * at)) & 255n)));

const update = (key, value) =>
  `map update id ${id} key ${bytes(key, 4).join(" ")} value ${bytes(value, 8).join(" ")}`;

const put = (key, value) => execFileSync("bpftool", update(key, value).split(" "));

const putMany = (keys) => execFileSync("bpftool", ["batch", "file", "-"],
  { input: keys.map((key) => update(key, key)).join("\n") + "\n" });

const drop = (key) =>
  execFileSync("bpftool", ["map", "delete", "id", String(id), "key", ...bytes(key, 4)]);

before(async () => {
  execFileSync("bpftool", ["map", "create", pin, "type", "hash", "key", "4", "value", "8",
    "entries", "4096", "name", name]);
  id = bpftool("map", "show", "pinned", pin).id;
  for (let key = 1; key <= 3; key++) put(key, 100);
  server = await startServer({});
  browser = await launch();
  page = await openPage(browser);
});

after(async () => {
  await browser?.close();
  await server?.stop();
  if (existsSync(pin)) rmSync(pin);
});

const rowOf = (words) => page.locator(".table .rows .row", { hasText: words });
const figure = (label) => page.locator(".figure", { hasText: label }).locator(".value");

test("what changes shows up, with how much and how it was", async () => {
  await page.goto(`${server.url}/maps/${id}?tab=changes`);
  await page.getByText("Nothing changed yet").waitFor();
  put(1, 350);
  await rowOf("+250").waitFor();
  put(9, 5);
  await rowOf("added").waitFor();
  drop(2);
  await rowOf("removed").waitFor();
  await figure("Entries now").getByText("3", { exact: true }).waitFor();
  assert.equal(await figure("Added").innerText(), "1");
  assert.equal(await figure("Removed").innerText(), "1");
  await picture(page, "changes");
  assert.deepEqual(await accessibility(page), []);
});

test("only one kind of change, by the address", async () => {
  await page.getByRole("button", { name: "Removed", exact: true }).click();
  await page.waitForURL(/what=removed/);
  await until("one row", async () => (await page.locator(".table .rows .row").count()) === 1);
  await page.getByRole("button", { name: "All", exact: true }).click();
});

test("paused, it stands still; it goes on with all that happened", async () => {
  await page.getByRole("button", { name: "Pause" }).click();
  put(3, 177);
  put(4, 1);
  await until("the server to have told it", async () => {
    const { data } = await (await fetch(`${server.url}/graphql`, {
      method: "POST", headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: `{ map(id: ${id}) { entriesCount } }` }),
    })).json();
    return data.map.entriesCount === 4;
  });
  assert.equal(await rowOf("+77").count(), 0);
  await page.getByRole("button", { name: "Go on" }).click();
  await rowOf("+77").waitFor();
});

test("it starts over", async () => {
  await page.getByRole("button", { name: "Start over" }).click();
  await page.getByText("Nothing changed yet").waitFor();
  put(3, 178);
  await rowOf("+1").waitFor();
});

test("what came, went and changed is a file", async () => {
  const [file] = await Promise.all([
    page.waitForEvent("download"), page.getByRole("button", { name: "CSV" }).click(),
  ]);
  assert.match(file.suggestedFilename(), /changes\.csv$/);
});

const aboutMap = /query (MapPage|MapTablePage|MapHistogram|MapEntry\w+|MapRule|Fills)\b/;

/** Comes a page to rest while nothing changes in its map: four seconds without a word of it? */
async function rests(path, seen) {
  const still = await openPage(browser);
  let count = 0;
  still.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => {
    if (/mapTable|mapChanges/.test(String(payload))) count++;
  }));
  still.on("request", (request) => { if (aboutMap.test(request.postData() ?? "")) count++; });
  await still.goto(server.url + path);
  await still.locator(".main").getByText(seen).first().waitFor();
  await until("words of the map", () => count > 0);
  await until(`rest of ${path}`, async () => {
    const before = count;
    await sleep(4000);
    return count === before;
  }, 60_000);
  await still.context().close();
}

test("nothing is asked or told while nothing changes", async () => {
  await rests(`/maps/${id}`, "178");
  await rests(`/maps/${id}?tab=changes`, "Nothing changed yet");
  await rests(`/maps/${id}?tab=about`, "Capacity");
});

test("a column has its own format, or is hidden; the address says so", async () => {
  await page.goto(`${server.url}/maps/${id}`);
  await rowOf("178").waitFor();
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByLabel("Format of value").selectOption("hex");
  await page.getByRole("button", { name: "Done" }).click();
  await rowOf("0x00000000000000b2").waitFor();
  await page.waitForURL(/as=value/);
  await page.reload();
  await rowOf("0x00000000000000b2").waitFor();
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("dialog").getByLabel("value", { exact: true }).uncheck();
  await page.getByRole("button", { name: "Done" }).click();
  await until("one column", async () =>
    (await page.getByRole("columnheader").count()) === 1);
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("button", { name: "Reset" }).click();
  await page.keyboard.press("Escape");
  await rowOf("178").waitFor();
});

test("a histogram follows its map", async () => {
  const map = `H${process.pid}`;
  const trace = startBpftrace(`tracepoint:raw_syscalls:sys_enter { @${map} = hist(args->id); }`);
  try {
    const hist = await mapNamed(`AT_${map}`);
    await page.goto(`${server.url}/maps/${hist.id}?tab=histogram`);
    const total = async () => (await page.locator(".card header .end").first().innerText());
    await page.locator(".hist .bucket").first().waitFor();
    const first = await total();
    await until("another count", async () => (await total()) !== first, 60_000);
    assert.deepEqual(page.problems, []);
  } finally {
    await trace.stop();
  }
});

test("a sorted table is read on beyond its first page", async () => {
  putMany(Array.from({ length: 800 }, (_, at) => 100 + at));
  await page.goto(`${server.url}/maps/${id}?sort=value&every=off`);
  await page.locator(".table .rows .row").first().waitFor();
  const table = page.locator(".table");
  await until("the last row", async () => {
    await table.evaluate((box) => { box.scrollTop = box.scrollHeight; });
    return (await rowOf("899").count()) > 0;
  }, 60_000);
  const values = await page.locator(".table .rows .row .cell:nth-child(2)").allInnerTexts();
  const numbers = values.map((text) => Number(text.replace(/,/g, "")));
  assert.ok(numbers.every((value, at) => at === 0 || value >= numbers[at - 1]), values.join(" "));
});
