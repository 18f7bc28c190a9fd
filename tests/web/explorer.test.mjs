// The explorer in a browser beside a real bpftrace program: its map and program appear by
// themselves, the entries show what the kernel holds, and they change.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBpftrace } from "../lib/bpftrace.mjs";
import { startServer } from "../lib/server.mjs";
import { launch, mapNamed, openPage, phone, picture, until } from "./lib/browser.mjs";

const name = `W${process.pid}`;
const script = `tracepoint:raw_syscalls:sys_enter { @${name}[comm] = count(); }`;
const mapName = `AT_${name}`;
let server;
let browser;
let page;
let trace;
let map;

before(async () => {
  server = await startServer({});
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await trace?.stop();
  await server?.stop();
});

const rowOf = (text) => page.locator(".table .rows .row", { hasText: text });

/** The cells of the row that holds a text, or nothing. */
const cells = (text) => rowOf(text).first().locator(".cell").allInnerTexts();

/** The same of the row of one command: others may hold its name in theirs. */
const cellsOf = (command) => page.locator(".table .rows .row", { has: page.getByText(command, { exact: true }) })
  .first().locator(".cell").allInnerTexts();

const number = (text) => Number((text ?? "").replaceAll(",", ""));

test("a map appears in the list by itself, with the program that uses it", async () => {
  page = await openPage(browser, `${server.url}/maps?q=${mapName}`);
  await page.getByText(`No maps fit “${mapName}”`).waitFor();
  trace = startBpftrace(script);
  map = await mapNamed(mapName);
  await rowOf(mapName).waitFor();
  const texts = await until("its users", async () => {
    const found = await cells(mapName);
    return found.some((text) => text.includes("sys_enter")) && found;
  });
  assert.ok(texts.includes("PerCPUHash"), texts.join(" | "));
  assert.ok(texts.includes(String(map.id)));
});

test("its entries: keys as string, values as number, a column a CPU, and they change", async () => {
  await rowOf(mapName).locator("a", { hasText: mapName }).click();
  await page.waitForURL(`**/maps/${map.id}`);
  await rowOf("bpftrace").first().waitFor();
  const heads = await page.locator(".table .heads .cell").allInnerTexts();
  assert.ok(heads.includes("CPU 0"), heads.join(" | "));
  // Rows out of view are not made: the commands before ours could fill it.
  await page.getByLabel("Filter entries").fill("node");
  await page.waitForURL(/q=node/);
  const before = await until("our row", async () => {
    const found = await cellsOf("node");
    return found.length > 2 && found;
  });
  const sum = number(before[1]);
  assert.equal(before.slice(2).map(number).reduce((a, b) => a + b, 0), sum);
  await until("the value to change", async () => number((await cellsOf("node"))[1]) > sum);
  await page.getByLabel("Filter entries").fill("");
  await page.waitForURL((url) => !url.search.includes("q="));
});

test("a changed cell is marked", async () => {
  await page.locator(".cell.moved-a, .cell.moved-b").first().waitFor();
});

test("keys and values in another format", async () => {
  await page.getByLabel("Key", { exact: true }).selectOption("HEX");
  await page.waitForURL(/key=HEX/);
  const hex = Buffer.from("bpftrace").toString("hex");
  await rowOf(hex).first().waitFor();
  await page.getByLabel("Key", { exact: true }).selectOption("STRING");
  await rowOf("bpftrace").first().waitFor();
});

test("filter and order are the server's, and in the address", async () => {
  await page.getByLabel("Filter entries").fill("bpftrace");
  await page.waitForURL(/q=bpftrace/);
  await until("one row", async () => (await page.locator(".table .rows .row").count()) === 1);
  await page.getByLabel("Filter entries").fill("");
  await page.getByRole("columnheader", { name: "CPU 0" }).getByRole("button").click();
  await page.waitForURL(/sort=-/);
  await until("the largest first", async () => {
    const rows = await page.locator(".table .rows .row").all();
    const values = await Promise.all(rows.slice(0, 5).map(async (row) =>
      number((await row.locator(".cell").allInnerTexts())[2])));
    return values.length > 1 && values.every((value, at) => at === 0 || value <= values[at - 1]);
  });
});

test("values over time are drawn by key", async () => {
  await page.goto(`${server.url}/maps/${map.id}?tab=values`);
  await page.locator(".chart canvas").waitFor();
  await until("curves", async () => (await page.locator(".chart .legend button").count()) >= 3);
  await picture(page, "values");
});

test("a large map over time: the chart says which part of it is drawn", async () => {
  const big = startBpftrace(`BEGIN { $i = (uint64)0; while ($i < 600) { @${name}_big[$i] = $i; $i++; } }
    interval:s:1 { @${name}_big[1] = nsecs; }`);
  try {
    const { id } = await mapNamed(`AT_${name}_big`);
    await page.goto(`${server.url}/maps/${id}?tab=values`);
    await page.getByText("Drawn from the 500 largest of 600 entries").waitFor();
  } finally { await big.stop(); }
});

test("the program: its cost, its maps, its holder", async () => {
  await page.goto(`${server.url}/programs?q=sys_enter`);
  const [program] = await until("the program", async () => {
    const found = await page.locator(".table .rows .row", { hasText: mapName }).all();
    return found.length && found;
  });
  await program.locator("a").first().click();
  await page.waitForURL(/\/programs\/\d+/);
  await page.locator(".card", { hasText: "Maps that it uses" }).getByText(mapName).waitFor();
  await page.locator(".card", { hasText: "Held by" }).getByText("bpftrace").first().waitFor();
  await until("runs a second", async () => {
    const text = await page.locator(".figure", { hasText: "Runs per second" }).locator(".value").innerText();
    return text !== "–" && text !== "0";
  });
  await page.locator(".chart canvas").waitFor();
});

test("search finds by name, and Enter goes there", async () => {
  await page.keyboard.press("/");
  await page.keyboard.type(mapName);
  await page.locator(".found [role=option]").first().waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/maps/${map.id}`);
});

test("light, dark and the phone", async () => {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByRole("button", { name: /Theme/ }).click();
  const dark = await until("the dark", async () => (await background()) !== light && background());
  await page.reload();
  assert.equal(await background(), dark, "the choice is kept");
  await page.setViewportSize(phone);
  await rowOf("bpftrace").first().waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= phone.width, `${wide} pixels wide`);
  await picture(page, "map-phone-dark");
});

test("a lost server is shown, and recovered from without a reload", async () => {
  await page.evaluate(() => { window.unreloaded = true; });
  const { port } = server;
  await server.stop();
  await page.getByText("reconnects by itself").waitFor();
  server = await startServer({ args: ["--listen", `127.0.0.1:${port}`] });
  await page.getByText("reconnects by itself").waitFor({ state: "detached" });
  const values = () => page.locator(".table .rows").innerText();
  const seen = await values();
  await until("values to move again", async () => (await values()) !== seen);
  assert.equal(await page.evaluate(() => window.unreloaded), true);
});

test("a map that goes is gone from the list, and its page says so", async () => {
  await trace.stop();
  await page.getByText("This map is gone from the kernel").waitFor();
  await page.goto(`${server.url}/maps?q=${mapName}`);
  await page.getByText(`No maps fit “${mapName}”`).waitFor();
});

test("nothing went wrong in the page", () => {
  // What a stopped server leaves: refused connections, and 503 while it ends.
  const mine = page.problems.filter((text) => !/ERR_CONNECTION|WebSocket|503/.test(text));
  assert.deepEqual(mine, []);
});
