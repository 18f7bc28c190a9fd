// The program page: running a program, walking through its code by keys, saving drawings and
// tables.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { folder, startServer, token } from "../lib/server.mjs";
import { accessibility, launch, openPage, picture, saved, until } from "./lib/browser.mjs";
import { holdFixtures } from "./lib/fixtures.mjs";

let fixtures;
let server;
let browser;
let page;

before(async () => {
  fixtures = await holdFixtures();
  server = await startServer({ token: true });
  browser = await launch();
  page = await openPage(browser, undefined, { token });
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await fixtures?.stop();
});

async function open(name, tab, words) {
  await page.goto(`${server.url}/programs/${fixtures.programs[name]}?tab=${tab}`);
  await page.locator(".tab-panel").getByText(words).first().waitFor();
}

const run = () => page.getByRole("button", { name: "Run", exact: true }).click();
const returned = (value) => page.locator(".figure", { hasText: "Returned" })
  .locator(".value", { hasText: value }).waitFor();

test("a packet goes in as hex; what is returned is told", async () => {
  await open("run_first_byte", "run", "Run it by hand");
  await page.getByLabel("Packet", { exact: true }).fill("2a" + " 00".repeat(13));
  await page.getByLabel("Times").fill("1000");
  await run();
  await returned(/^42$/);
  const each = await page.locator(".figure", { hasText: "Per run" }).innerText();
  assert.match(each, /\d+(\.\d+)?\s*(ns|µs)/);
  assert.deepEqual(await accessibility(page), []);
});

test("a packet as text, and as a file", async () => {
  await page.getByRole("button", { name: "Text", exact: true }).click();
  await page.getByLabel("Packet", { exact: true }).fill("A packet of text");
  await run();
  await returned(/^65$/);
  const files = folder({});
  try {
    writeFileSync(files.file("packet.bin"), Buffer.alloc(20, 7));
    await page.getByRole("button", { name: "File", exact: true }).click();
    await page.getByLabel("File with the packet").setInputFiles(files.file("packet.bin"));
    await run();
    await returned(/^7$/);
  } finally {
    files.remove();
  }
});

test("what a program makes of the packet is shown", async () => {
  await open("run_mark", "run", "Run it by hand");
  await page.getByRole("button", { name: /An example/ }).click();
  await run();
  await returned(/^2$/);
  await page.getByText("XDP_PASS").waitFor();
  const after = page.locator(".card", { hasText: "The packet afterwards" });
  await after.getByText("50 bytes, 46 before").waitFor();
  await page.locator(".dump", { hasText: "lun!" }).waitFor();
  await picture(page, "run-packet");
});

test("a context goes in and comes out, its changed bytes marked", async () => {
  await open("run_syscall", "run", "Run it by hand");
  await page.getByLabel(/^Context/).fill("15 00 00 00 00 00 00 00");
  await run();
  await returned(/^7$/);
  const card = page.locator(".card", { hasText: "The context afterwards" });
  await card.locator("b", { hasText: "2a" }).waitFor();
});

test("what makes no sense is told before or by the kernel", async () => {
  await page.getByLabel(/^Context/).fill("abc");
  await run();
  await page.getByRole("alert").getByText("context: An odd number of hex digits").waitFor();
  await page.getByLabel(/^Context/).fill("");
  await open("run_first_byte", "run", "Run it by hand");
  await page.getByLabel("Packet", { exact: true }).fill("2a");
  await run();
  await page.getByRole("alert").first().waitFor();
});

test("a type that can't be run says so", async () => {
  await open("run_tracepoint", "run", "has no test run for");
});

test("who may only read is told what it takes", async () => {
  const reader = await openPage(browser,
    `${server.url}/programs/${fixtures.programs.run_mark}?tab=run`);
  await reader.getByText("--allow-write").waitFor();
  assert.equal(await reader.getByRole("button", { name: "Run", exact: true }).count(), 0);
  await reader.getByRole("button", { name: "Enter the token" }).click();
  await reader.getByRole("dialog").getByLabel("Token").fill(token);
  await reader.getByRole("dialog").getByRole("button", { name: "Use the token" }).click();
  await reader.getByRole("button", { name: "Run", exact: true }).waitFor();
  await reader.context().close();
});

const litIn = (title) => page.locator(`section[aria-label="${title}"] .code-line.lit`);

test("a source line lights its bytecode and native code, and is in the address", async () => {
  await open("run_mark", "code", "Bytecode");
  await page.locator('section[aria-label="Native code"] .code-line').first().waitFor();
  await page.locator('section[aria-label="Source"] .code-line', { hasText: "memcpy" }).click();
  await page.waitForURL(/line=.*run\.bpf\.c/);
  await litIn("Bytecode").first().waitFor();
  await litIn("Native code").first().waitFor();
  await picture(page, "code-lit");
  await page.reload();
  await litIn("Bytecode").first().waitFor();
});

test("the arrow keys walk the lines, Esc lets go", async () => {
  const chosen = async () => (await litIn("Source").allInnerTexts()).join();
  const first = await chosen();
  await page.locator('section[aria-label="Source"] .listing').focus();
  await page.keyboard.press("ArrowDown");
  await until("another line", async () => (await chosen()) !== first);
  await page.keyboard.press("ArrowUp");
  await until("the line before", async () => (await chosen()) === first);
  await page.keyboard.press("Escape");
  await litIn("Source").waitFor({ state: "detached" });
});

test("listings are files", async () => {
  const id = fixtures.programs.run_mark;
  const listings = { Source: "memcpy", Bytecode: "exit", "Native code": "ret|jmp" };
  for (const [title, words] of Object.entries(listings)) {
    const { name, text } = await saved(page,
      page.locator(`section[aria-label="${title}"]`).getByRole("button", { name: /^Download/ }));
    assert.match(name, new RegExp(`^prog_${id}\\.`));
    assert.match(text, new RegExp(words));
  }
});

test("the control flow is a file, and a block leads to its code", async () => {
  await open("run_mark", "flow", "blocks");
  await page.locator(".canvas .block").first().waitFor();
  const svg = await saved(page, page.getByRole("button", { name: "SVG" }));
  assert.match(svg.text, /^<svg[^>]*viewBox=/);
  assert.match(svg.text, /exit/);
  assert.doesNotMatch(svg.text, /var\(--/, "colours are the drawing's own");
  const dot = await saved(page, page.getByRole("button", { name: "DOT", exact: true }));
  assert.match(dot.text, /digraph/);
  await page.locator(".canvas .block").last().click();
  await page.waitForURL(/tab=code#insn-\d+/);
  await page.locator(".code-line.aim").waitFor();
});

test("hot lines are asked for while they are shown", async () => {
  await open("run_mark", "code", "Bytecode");
  await page.getByLabel("hot lines").check();
  await page.waitForURL(/heat=on/);
  await page.locator(".heat-share").first().waitFor({ state: "attached" });
  assert.deepEqual(page.problems, []);
});

test("its cost is a file", async () => {
  await page.goto(`${server.url}/programs/${fixtures.programs.run_mark}`);
  const { text } = await saved(page, page.getByRole("button", { name: "CSV" }));
  assert.match(text, /^time,seconds,runs,cpu,average,misses\n/);
});
