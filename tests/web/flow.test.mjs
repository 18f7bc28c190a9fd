// Drawings that are larger than the screen: the control flow of a program with several hundred
// blocks, and the graph around a process with many maps.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer } from "../lib/server.mjs";
import {
  accessibility, desktop, launch, openPage, phone, picture, saved, until,
} from "./lib/browser.mjs";
import { holdFixtures, holdObject } from "./lib/fixtures.mjs";
import { hostGraph } from "./lib/graphs.mjs";

let large;
let fixtures;
let server;
let browser;
let page;

const address = (query = "") =>
  `${server.url}/programs/${large.programs.blocks}?tab=flow${query}`;

/** Notes the longest time in which the page answered nobody. */
const watchTasks = () => {
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
  }).observe({ type: "longtask", buffered: true });
};

before(async () => {
  large = await holdObject("blocks");
  fixtures = await holdFixtures();
  server = await startServer();
  browser = await launch();
  page = await openPage(browser);
  await page.addInitScript(watchTasks);
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await fixtures?.stop();
  await large?.stop();
});

const minimap = () => page.locator(".minimap svg");
const view = () => page.locator(".canvas > svg > g").getAttribute("transform");
const moved = async (what, act) => {
  const before = await view();
  await act();
  await until(what, async () => (await view()) !== before);
};

test("several hundred blocks are drawn without holding up the page", async (t) => {
  await page.goto(address());
  await page.locator(".canvas .block").first().waitFor();
  const words = await page.locator(".flow > .bar").innerText();
  const blocks = Number(/(\d+) blocks/.exec(words)[1]);
  assert.ok(blocks > 400, words);
  const drawn = await page.locator(".canvas .block").count();
  assert.ok(drawn > 0 && drawn < 100, `${drawn} blocks are in the page`);
  t.diagnostic(`${blocks} blocks: the longest task took ${await page.evaluate("longest")} ms`);
  await page.locator(".block", { hasText: /^0: / }).waitFor();
  await picture(page, "flow-large");
});

test("the small map goes where it is clicked, and where it is dragged", async () => {
  const { x, y, width, height } = await minimap().boundingBox();
  await page.locator(".block", { hasText: /^0: / }).waitFor();
  await moved("the click", () => page.mouse.click(x + width / 2, y + height - 4));
  await page.locator(".block", { hasText: /^0: / }).waitFor({ state: "detached" });
  await page.mouse.move(x + width / 2, y + height - 4);
  await page.mouse.down();
  await moved("the drag", () => page.mouse.move(x + width / 2, y + 2, { steps: 5 }));
  await page.mouse.up();
  await page.locator(".block", { hasText: /^0: / }).waitFor();
});

test("keys move, zoom, fit and bring back to full size", async () => {
  await page.locator(".canvas").focus();
  await moved("down", () => page.keyboard.press("ArrowDown"));
  await moved("closer", () => page.keyboard.press("+"));
  await moved("all of it", () => page.keyboard.press("0"));
  await minimap().waitFor({ state: "detached" });
  await until("all blocks", async () => await page.locator(".canvas .block").count() > 400);
  await picture(page, "flow-fit");
  await moved("full size", () => page.keyboard.press("1"));
  assert.match(await view(), /scale\(1\)/);
  await minimap().waitFor();
});

test("what had the focus may go out of sight: the keys go on", async () => {
  await page.goto(address());
  await page.locator(".canvas .block").first().focus();
  for (let n = 0; n < 40; n++) await page.keyboard.press("ArrowDown");
  await page.locator(".block", { hasText: /^0: / }).waitFor({ state: "detached" });
  await moved("one more", () => page.keyboard.press("ArrowDown"));
});

test("a helper is found, and the places are gone through", async () => {
  await page.keyboard.press("f");
  await page.keyboard.type("ktime_get");
  const places = page.locator(".find output");
  await places.getByText(/^1 of \d+$/).waitFor();
  const all = Number(/of (\d+)/.exec(await places.innerText())[1]);
  assert.ok(all > 100);
  await page.locator(".hit.here").waitFor();
  assert.match(await page.locator(".block", { has: page.locator(".hit.here") }).textContent(),
    /bpf_ktime_get/);
  await moved("the second", () => page.keyboard.press("Enter"));
  await places.getByText(`2 of ${all}`).waitFor();
  await moved("the first again", () => page.keyboard.press("Shift+Enter"));
  await moved("the last", () => page.getByRole("button", { name: "Previous match" }).click());
  await places.getByText(`${all} of ${all}`).waitFor();
  assert.match(page.url(), /find=ktime_get/);
  await picture(page, "flow-found");
  await page.getByLabel("Find a line or helper").fill("no such helper");
  await page.getByText("not there").waitFor();
  await page.getByLabel("Find a line or helper").fill("sum & 1 ?");
  await places.getByText(/^1 of /).waitFor();
});

test("the whole drawing is a file", async () => {
  const { text } = await saved(page, page.getByRole("button", { name: "SVG" }));
  assert.ok(text.match(/<a /g).length > 400);
  assert.match(text, /exit/);
  assert.deepEqual(page.problems, []);
});

test("a line that is cut keeps its distance from the border of its block", async () => {
  const other = await openPage(browser);
  await other.route("**/graphql", async (route) => {
    if (!route.request().postData()?.includes("ProgramCfg")) return route.continue();
    const answer = await (await route.fetch()).json();
    answer.data.program.instructions[0].text = "W".repeat(200);
    await route.fulfill({ json: answer });
  });
  await other.goto(address());
  const box = other.locator(".block", { hasText: /^0: / });
  await box.waitFor();
  await other.evaluate(() => document.fonts.ready);
  const [left, right] = await box.evaluate((block) => {
    const [frame, text] = ["rect", "text"].map((name) => block.querySelector(name).getBBox());
    return [text.x - frame.x, frame.x + frame.width - text.x - text.width];
  });
  assert.match(await box.locator("text").first().textContent(), /^0: W+…$/);
  assert.ok(left > 6 && right > 6 && right < 20, `${left} on the left, ${right} on the right`);
  await other.context().close();
});

test("dark and on a phone", async () => {
  for (const [name, options] of [["dark", { dark: true }], ["phone", { viewport: phone }],
    ["phone-dark", { viewport: phone, dark: true }]]) {
    const other = await openPage(browser, address("&find=ktime_get"), options);
    await other.locator(".hit.here").waitFor();
    await picture(other, `flow-${name}`);
    assert.deepEqual(await accessibility(other), []);
    const wide = await other.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= other.viewportSize().width, `${wide} pixels wide`);
    assert.deepEqual(other.problems, []);
    await other.context().close();
  }
});

test("a graph that is larger than the screen has its small map, and starts at its root", async () => {
  const root = `process:${fixtures.pid}`;
  await page.setViewportSize(phone);
  await page.goto(`${server.url}/graph?from=${root}&depth=2`);
  const box = page.locator(`.canvas a[id="${root}"]`);
  await box.waitFor();
  const bundles = await page.locator('.canvas a[id^="bundle:"]')
    .evaluateAll((all) => all.map(({ id }) => id));
  await page.goto(`${server.url}/graph?from=${root}&depth=2&open=${bundles}`);
  await box.waitFor();
  await minimap().waitFor();
  const frame = await page.locator(".canvas").boundingBox();
  const at = await box.boundingBox();
  assert.ok(at.y > frame.y && at.y + at.height < frame.y + frame.height, "the root is in sight");
  const { width, height } = await minimap().boundingBox();
  await moved("the click", () => minimap().click({ position: { x: width - 2, y: height - 2 } }));
  await page.getByRole("button", { name: "Fit" }).click();
  await minimap().waitFor({ state: "detached" });
  assert.deepEqual(page.problems, []);
});

test("a graph is kept as a drawing and as text, whole, however near one is", async () => {
  await page.setViewportSize(desktop);
  await page.goto(`${server.url}/graph?from=process:${fixtures.pid}&depth=1&without=PROGRAM`);
  const boxes = page.locator(".canvas a.node");
  await boxes.first().waitFor();
  await page.getByRole("button", { name: "100 %" }).click();
  const shown = (await boxes.evaluateAll((all) => all.map(({ id }) => id))).sort();
  assert.ok(shown.length > 1 && shown.includes(`process:${fixtures.pid}`));
  const svg = await saved(page, page.getByRole("button", { name: "SVG" }));
  assert.equal(svg.name, `graph_process_${fixtures.pid}.svg`);
  const kept = await page.evaluate((text) => {
    const file = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    const size = file.getAttribute("viewBox").split(" ").map(Number);
    const ids = [...file.querySelectorAll("a")].map(({ id }) => id).sort();
    const fills = [...file.querySelectorAll("path")].map((path) => path.getAttribute("fill"));
    const moved = file.querySelector("g").getAttribute("transform");
    return { tag: file.tagName, size, ids, fills, moved };
  }, svg.text);
  assert.equal(kept.tag, "svg");
  assert.ok(kept.size[2] > 2 * 178 && kept.size[3] > 38, `its size: ${kept.size}`);
  assert.deepEqual(kept.ids, shown);
  assert.ok(kept.fills.length > 0 && kept.fills.every((fill) => fill === "none"));
  assert.equal(kept.moved, null, "it begins at its corner");
  const dot = await saved(page, page.getByRole("button", { name: "DOT", exact: true }));
  assert.equal(dot.name, `graph_process_${fixtures.pid}.dot`);
  assert.match(dot.text, /^digraph /);
  for (const id of shown) assert.ok(dot.text.includes(`"${id}" [label=`), id);
  assert.match(dot.text, new RegExp(`"process:${fixtures.pid}" -> "[^"]+" \\[label="owns"\\];`));
  assert.deepEqual(page.problems, []);
});

test("what a box is joined to is traced, and arrow keys go to the box beside", async () => {
  const root = page.locator(`.canvas a[id="process:${fixtures.pid}"]`);
  assert.equal(await page.locator(".edge.lit").count(), 0);
  await root.focus();
  await page.locator(".edge.owns.lit").waitFor({ state: "attached" });
  await page.keyboard.press("ArrowRight");
  await until("the box beside", () => page.evaluate((id) =>
    document.activeElement.matches("a.node") && document.activeElement.id !== id, `process:${fixtures.pid}`));
});

test("too many boxes are not drawn: the page says how to narrow them", async () => {
  const other = await openPage(browser);
  let count = 2500;
  await other.route("**/graphql", (route) =>
    (route.request().postData()?.includes("WholeGraph")
      ? route.fulfill({ json: { data: { graph: hostGraph(count) } } }) : route.continue()));
  await other.goto(`${server.url}/graph`);
  await other.getByText(/^2,5\d\d boxes are too many to draw$/).waitFor();
  await picture(other, "graph-too-many");
  assert.deepEqual(await accessibility(other), []);
  assert.equal(await other.getByRole("button", { name: "SVG" }).count(), 0);
  await other.locator(".choices a", { hasText: "cilium-agent" }).waitFor();
  await other.getByLabel("Filter the graph").fill("tracer1_0");
  await other.locator("a.node", { hasText: "tracer1_0" }).first().waitFor();
  count = 1500;
  await other.goto(`${server.url}/graph`);
  await other.locator("a.node", { hasText: "cilium-agent" }).waitFor();
  assert.ok(await other.locator("a.node").count() >= count);
  await picture(other, "graph-host");
  await other.context().close();
});
