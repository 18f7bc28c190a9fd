// No query and no event while nothing shown has changed. Changes of other processes' objects are
// hidden from the pages, so that they have no reason for a query.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { startServer } from "../lib/server.mjs";
import { bpftool, launch, openPage, until } from "./lib/browser.mjs";

const quiet = 12_000;
const name = `quiet${process.pid}`;
const pin = `/sys/fs/bpf/${name}`;
const scripts = {
  "page.lua": `
local lunette = require("lunette")
lunette.ui.page("still", { title = "Still", every = 1, view = function(ui)
  return ui.column { ui.text "It stands still.", ui.table { map = "${name}" } } end })
lunette.ui.panel("note", { place = "overview", title = "A note", every = 1,
  view = function(ui) return ui.text "It stands still, too." end })
`,
};
let server;
let browser;
let id;
let watched = [];

before(async () => {
  execFileSync("bpftool", ["map", "create", pin, "type", "hash", "key", "4", "value", "4",
    "entries", "8", "name", name]);
  put(1);
  id = bpftool("map", "show", "pinned", pin).id;
  server = await startServer({ scripts });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(pin, { force: true });
});

function put(value) {
  execFileSync("bpftool", ["map", "update", "pinned", pin, "key", "hex", "1", "0", "0", "0",
    "value", "hex", value.toString(16), "0", "0", "0"]);
}

/** Passes a page's messages on, but for what came and went; notes what the server said. */
async function listen(page) {
  page.said = [];
  await page.routeWebSocket(/\/graphql$/, (socket) => {
    const up = socket.connectToServer();
    const last = new Map();
    socket.onMessage((message) => up.send(message));
    up.onMessage((message) => {
      const { type, id: operation, payload } = JSON.parse(message);
      if (payload?.data?.objects) return;
      socket.send(message);
      if (type !== "next") return;
      const [field] = Object.keys(payload.data ?? { error: 0 });
      const text = JSON.stringify(payload);
      page.said.push({ field, again: last.get(operation) === text, time: Date.now() });
      last.set(operation, text);
    });
  });
}

async function open(path, words) {
  const page = await openPage(browser);
  page.asked = [];
  page.on("request", (request) => {
    const what = request.postData()?.match(/(?:query|mutation) (\w+)/)?.[1] ?? request.url();
    page.asked.push({ field: what, time: Date.now() });
  });
  await listen(page);
  await page.goto(server.url + path);
  await page.locator(".main").getByText(words).first().waitFor({ timeout: 60_000 });
  return { path, page };
}

/** What stands on these pages does not move by itself. */
const still = [
  ["/maps?q=quiet", name], ["/maps/ID", "Entries"], ["/maps/ID?tab=about", "Identity"],
  ["/maps/ID?tab=values", "Per second"],
  ["/graph?q=quiet", "Graph"], ["/btf", "BTF"], ["/exports", "Rules"], ["/decoders", "A decoder says"],
  ["/pages/still", "It stands still."],
];
/** What these show moves: programs run; what others attach and hold is told, each time another. */
const moving = [["/", "It stands still, too."], ["/programs", "Programs"],
  ["/attach", "Attach points"], ["/owners", "Owners"]];

test("pages that show nothing new ask for nothing and are told nothing", async () => {
  watched = await Promise.all([...still, ...moving]
    .map(([path, words]) => open(path.replace("ID", id), words)));
  const moves = new Set(moving.map(([path]) => path));
  const fresh = ({ path, page }) => [
    ...page.asked, ...(moves.has(path) ? [] : page.said),
  ].filter(({ time }) => Date.now() - time < quiet).map(({ field }) => `${path} ${field}`);
  let busy = [];
  await until("a quiet stretch", () => {
    busy = watched.flatMap(fresh);
    return busy.length === 0;
  }, 120_000).catch((error) => assert.fail(`${error.message}: ${[...new Set(busy)].join(", ")}`));
  for (const { path, page } of watched) {
    assert.deepEqual(page.said.filter(({ again }) => again).map(({ field }) => field), [], path);
  }
});

test("they are told when it changes", async () => {
  put(0x2a);
  for (const { path, page } of watched) {
    if (path !== `/maps/${id}` && path !== "/pages/still") continue;
    await page.locator(".table .rows .row", { hasText: "42" }).waitFor({ timeout: 60_000 });
    assert.deepEqual(page.problems, []);
  }
});
