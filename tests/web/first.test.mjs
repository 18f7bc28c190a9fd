// The page's first script sends the queries that every page needs, before the rest of the explorer
// is loaded.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer, token } from "../lib/server.mjs";
import { launch, openPage, until } from "./lib/browser.mjs";
import { holdCrowd } from "./lib/fixtures.mjs";

const patience = { timeout: 60_000 };
const module = /\/assets\/(?!first-)[^/]*\.js$/;
const asks = ["Ids", "Start", "MapRows", "ProgramRows"];
let server;
let browser;
let crowd;

before(async () => {
  crowd = await holdCrowd(1); // there are maps and programs
  server = await startServer({ token: true });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await crowd?.stop();
});

/** Notes what is asked, by the name of the query. */
function listen(page) {
  const asked = [];
  page.on("request", (request) => {
    const body = request.postData();
    const name = body?.match(/query (\w+)/)?.[1];
    if (name) asked.push({ name, body, token: request.headers().authorization });
  });
  return asked;
}

test("before the rest of the explorer is there, with the token, and once", async () => {
  const page = await openPage(browser, undefined, { token });
  const asked = listen(page);
  let release;
  const held = new Promise((done) => { release = done; });
  await page.route(module, async (route) => {
    await held;
    await route.continue();
  });
  try {
    await page.goto(`${server.url}/maps`, { waitUntil: "commit" });
    await until("the first questions", () =>
      asks.every((name) => asked.some((one) => one.name === name)));
    assert.equal(await page.locator("#app > *").count(), 0);
  } finally {
    release();
  }
  const first = asked.slice();
  await page.locator(".table .rows .row").first().waitFor(patience);
  for (const { name, body, token: given } of first) {
    assert.equal(given, `Bearer ${token}`);
    if (name === "Ids") continue; // asked again when the page is told of changes
    assert.equal(asked.filter((one) => one.body === body).length, 1, name);
  }
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("a server that does not answer them is asked again", async () => {
  const page = await openPage(browser);
  const asked = listen(page);
  let lost = true;
  await page.route("**/graphql", (route) => (lost ? route.abort() : route.continue()));
  await page.goto(`${server.url}/maps`);
  await page.getByText("The server does not answer.").first().waitFor(patience);
  assert.equal(asked.filter(({ name }) => name === "MapRows").length, 0);
  lost = false;
  await page.locator(".table .rows .row").first().waitFor(patience);
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await page.context().close();
});
