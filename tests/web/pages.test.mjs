// Every page in light, then dark, and on a phone: it shows what it is about, nothing fails in it,
// axe-core has no serious finding, and its picture is kept in tests/out/web.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { startBpftrace } from "../lib/bpftrace.mjs";
import { startServer } from "../lib/server.mjs";
import {
  accessibility, bpftool, launch, mapNamed, openPage, phone, picture, until,
} from "./lib/browser.mjs";

const name = `P${process.pid}`;
const scripts = {
  "page.lua": `
local lunette = require("lunette")
lunette.ui.page("demo", { title = "A demo", view = function(ui)
  return ui.column {
    ui.figures { ui.figure { label = "Answer", value = 42, unit = "of all" } },
    ui.text "Written by a script, with \`code\` in it.",
    ui.chart { title = "Given curve", times = { 1, 2, 3 },
      series = { { name = "a", values = { 1, 4, 2 } } } },
    ui.row {
      ui.table { title = "By process", map = "AT_${name}" },
      ui.table { title = "Given rows", columns = { "who", "n" }, rows = { { "x", 1 }, { "y", 2 } } },
      ui.histogram { title = "Buckets", unit = "ns", buckets = { { from = 1, to = 2, count = 3 } } },
      ui.flame { title = "Stacks", stacks = { { stack = "main;read", value = 3 } } },
    },
  }
end })
lunette.ui.page("broken", { title = "Broken", view = function() error("the script's own words") end })
`,
};

let server;
let browser;
let trace;
let pages;

before(async () => {
  server = await startServer({ scripts });
  browser = await launch();
  trace = startBpftrace(`tracepoint:raw_syscalls:sys_enter {
    @${name}[comm] = count(); @${name}_h = hist(args->id); }`);
  const map = await mapNamed(`AT_${name}`);
  const hist = await mapNamed(`AT_${name}_h`);
  const program = await until("the program", () =>
    bpftool("prog", "list").find(({ map_ids: ids }) => ids?.includes(map.id)));
  pages = [
    ["overview", "/", "CPU in BPF, by program"],
    ["programs", "/programs?q=sys_enter", "sys_enter"],
    ["programs-by-process", "/programs?group=owner", "bpftrace"],
    ["maps", `/maps?q=AT_${name}`, `AT_${name}`],
    ["program", `/programs/${program.id}`, "Cost over time"],
    ["program-maps", `/programs/${program.id}?tab=maps`, `AT_${name}`],
    ["program-code", `/programs/${program.id}?tab=code`, "call"],
    ["program-flow", `/programs/${program.id}?tab=flow`, "falls through"],
    ["program-hot", `/programs/${program.id}?tab=hot`, "Samples of all CPUs"],
    ["map", `/maps/${map.id}`, "bpftrace"],
    ["map-values", `/maps/${map.id}?tab=values`, "Change a second"],
    ["map-histogram", `/maps/${hist.id}?tab=histogram`, "in all"],
    ["map-about", `/maps/${map.id}?tab=about`, "What its bytes mean"],
    ["map-export", `/maps/${map.id}?tab=export`, "metrics"],
    ["attach", "/attach", "sys_enter"],
    ["owners", "/owners", "bpftrace"],
    ["process", `/owners/${trace.pid}`, "Command line"],
    ["graph", `/graph?from=map:${map.id}`, "nodes"],
    ["btf", "/btf", "vmlinux"],
    ["btf-types", "/btf/1?q=task_struct", "task_struct"],
    ["trace", "/trace", "Trace log"],
    ["exports", "/exports", "Rules"],
    ["decoders", "/decoders", "A decoder says"],
    ["script-page", "/pages/demo", "Written by a script"],
    ["broken-page", "/pages/broken", "the script's own words"],
    ["no-page", "/nowhere", "There is no such page"],
    ["no-map", "/maps/999999999", "There is no map 999999999"],
  ];
});

after(async () => {
  await browser?.close();
  await trace?.stop();
  await server?.stop();
});

async function visit(page, path, words) {
  await page.goto(server.url + path);
  await page.locator(".main").getByText(words).first().waitFor();
}

// What is the same in every colour is looked for once: dark is another contrast.
const CONTRAST = { runOnly: ["color-contrast"] };

async function everyPage(t, options, looks) {
  const page = await openPage(browser, undefined, options);
  for (const [title, path, words] of pages) {
    await t.test(`${title}${looks[0].suffix}`, async () => {
      page.problems.length = 0;
      await visit(page, path, words);
      await page.waitForTimeout(title === "overview" ? 2500 : 700);
      for (const { suffix, colorScheme, axe } of looks) {
        await page.emulateMedia({ colorScheme });
        await picture(page, title + suffix);
        assert.deepEqual(page.problems, []);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= page.viewportSize().width, `${wide} pixels wide`);
        if (axe) assert.deepEqual(await accessibility(page, axe), [], title + suffix);
      }
    });
  }
  await page.context().close();
}

test("every page, light, then dark", (t) => everyPage(t, {}, [
  { suffix: "", colorScheme: "light", axe: {} },
  { suffix: "-dark", colorScheme: "dark", axe: CONTRAST },
]));

test("every page, on a phone", (t) =>
  everyPage(t, { viewport: phone }, [{ suffix: "-phone", colorScheme: "light" }]));

test("a page that begins dark is dark at once", async () => {
  const page = await openPage(browser, undefined, { dark: true });
  await visit(page, "/maps", "Maps");
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const [red, green, blue] = background.match(/\d+/g).map(Number);
  assert.ok(red + green + blue < 3 * 64, background);
  assert.deepEqual(await accessibility(page, CONTRAST), []);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("GraphiQL answers the query that a page sends it", async () => {
  const page = await openPage(browser, `${server.url}/btf`);
  const href = await page.getByRole("link", { name: "Query" }).getAttribute("href");
  await page.goto(server.url + href);
  await page.getByRole("button", { name: /Execute/ }).click();
  await page.locator(".result-window").getByText("vmlinux").first().waitFor();
  await page.context().close();
});

test("the keys: ? helps, g and a letter goes, arrows and Enter open a row", async () => {
  const page = await openPage(browser, `${server.url}/`);
  await page.getByText("CPU in BPF, by program").waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog").getByText("Search everything").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("m");
  await page.waitForURL("**/maps");
  await page.locator(".table .rows .row").first().waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/maps\/\d+/);
  await page.context().close();
});

test("scripts that change are shown without a reload of the page", async () => {
  const page = await openPage(browser, `${server.url}/`);
  await page.locator(".rail").getByText("A demo").waitFor();
  writeFileSync(server.scripts.file("more.lua"), `
require("lunette").ui.page("more", { title = "One more", view = function(ui) return ui.text "x" end })`);
  await page.locator(".rail").getByText("One more").waitFor();
  writeFileSync(server.scripts.file("wrong.lua"), "this is no Lua");
  await page.getByText("A script failed").waitFor();
  await page.locator(".rail").getByText("One more").waitFor();
  await page.context().close();
});
