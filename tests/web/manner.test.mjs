// Behaviour of the explorer on every page: nothing jumps, focus is visible, motion can be reduced,
// times are exact on demand, and messages about missing things say what to do.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBpftrace } from "../lib/bpftrace.mjs";
import { startServer, token } from "../lib/server.mjs";
import {
  accessibility, bpftool, launch, mapNamed, openPage, phone, picture, until,
} from "./lib/browser.mjs";
import { holdCrowd } from "./lib/fixtures.mjs";

const name = `M${process.pid}`;
const patience = { timeout: 120_000 };
let server;
let browser;
let trace;

before(async () => {
  server = await startServer({});
  browser = await launch();
  trace = startBpftrace(`tracepoint:raw_syscalls:sys_enter {
    @${name}[comm] = count(); @${name}_h = hist(args->id); }`);
  await mapNamed(`AT_${name}`);
});

after(async () => {
  await browser?.close();
  await trace?.stop();
  await server?.stop();
});

/** How much of the page moved without being asked to, since it was opened. */
const shifts = (page) => page.evaluate(() => new Promise((done) => {
  new PerformanceObserver((list) => {
    done(list.getEntries().filter((entry) => !entry.hadRecentInput)
      .reduce((sum, entry) => sum + entry.value, 0));
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(0), 1000);
}));

/** So many new values were told to the page. */
async function beats(page, count) {
  let seen = 0;
  let last;
  await until(`${count} beats`, async () => {
    const text = await page.locator(".main").innerText();
    if (text !== last) seen++;
    last = text;
    return seen > count;
  }, patience.timeout);
}

// Of lists only what is ours: what others load and attach meanwhile moves the rows below it.
for (const [path, words, only] of [["/", "CPU in BPF, by program"], ["/programs", `AT_${name}`, idOfProgram],
  ["/maps", `AT_${name}`, () => name], ["/exports", "Rules"], ["/attach", "sys_enter", idOfProgram]]) {
  test(`nothing jumps on ${path} while it loads and lives`, async (t) => {
    const page = await openPage(browser, server.url + path + (only ? `?q=${await only()}` : ""));
    await page.locator(".main").getByText(words).first().waitFor(patience);
    if (path === "/") await page.locator(".chart canvas").waitFor(patience);
    if (path === "/" || path === "/programs") await beats(page, 4);
    const moved = await shifts(page);
    t.diagnostic(`layout shift on ${path}: ${moved.toFixed(4)}`);
    assert.ok(moved < 0.1, `${moved}`);
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });
}

test("nothing jumps on / where answers come late, each at another time", async (t) => {
  const page = await openPage(browser, "about:blank");
  let asked = 0;
  await page.route(/\/graphql/, async (route) => {
    await new Promise((done) => { setTimeout(done, 400 * (1 + asked++ % 3)); });
    await route.continue();
  });
  await page.goto(server.url);
  await page.locator(".main").getByText("CPU in BPF, by program").first().waitFor(patience);
  await page.locator(".chart canvas").waitFor(patience);
  await beats(page, 2);
  const moved = await shifts(page);
  t.diagnostic(`layout shift: ${moved.toFixed(4)}`);
  assert.ok(moved < 0.05, `${moved}`);
  await page.context().close();
});

test("what has the focus shows it, all the way through the page", async () => {
  const page = await openPage(browser, `${server.url}/programs`);
  await page.locator(".main .table .rows .row").first().waitFor(patience);
  const seen = new Set();
  for (let at = 0; at < 40; at++) {
    await page.keyboard.press("Tab");
    const { what, shown } = await page.evaluate(() => {
      const element = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const box = element.closest(".box") ?? element;
      const ring = getComputedStyle(box);
      return {
        what: `${element.tagName} ${element.getAttribute("aria-label") ?? element.textContent}`,
        shown: element === document.body ||
          (outlineStyle !== "none" && outlineWidth !== "0px") ||
          ring.boxShadow !== "none" ||
          (ring.outlineStyle !== "none" && ring.outlineWidth !== "0px"),
      };
    });
    assert.ok(shown, `${what} shows no focus`);
    seen.add(what);
  }
  assert.ok(seen.size > 15, [...seen].join(", "));
  await page.context().close();
});

test("less motion, where the system asks for it", async () => {
  const page = await openPage(browser, `${server.url}/programs`, { still: true });
  await page.locator(".main .table .rows .row").first().waitFor(patience);
  const moving = await page.evaluate(() =>
    [...document.querySelectorAll("*")].filter((element) => {
      const { animationDuration, transitionDuration } = getComputedStyle(element);
      return /[1-9]/.test(`${animationDuration} ${transitionDuration}`);
    }).length);
  assert.equal(moving, 0);
  await page.context().close();
});

test("a relative time says the exact one", async () => {
  const page = await openPage(browser, `${server.url}/programs`);
  const time = page.locator(".main time").first();
  await time.waitFor(patience);
  assert.match(await time.innerText(), /ago|now/);
  assert.match(await time.getAttribute("title"), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  await page.context().close();
});

test("without the rights it says what it needs", async () => {
  const under = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"];
  const poor = await startServer({ under });
  try {
    const page = await openPage(browser);
    for (const path of ["/", "/programs", "/maps"]) {
      await page.goto(poor.url + path);
      await page.getByText("sudo lunette serve").waitFor(patience);
      assert.deepEqual(await accessibility(page), []);
    }
    for (const path of ["/attach", "/owners", "/graph", "/btf"]) {
      await page.goto(poor.url + path);
      await page.locator(".main").locator(".failure, .state-box").first().waitFor(patience);
    }
    await page.goto(poor.url);
    await page.getByText("sudo lunette serve").waitFor(patience);
    await picture(page, "no-rights");
    assert.deepEqual(page.problems, []);
    await page.context().close();
  } finally {
    await poor.stop();
  }
});

/** The program of ours that runs. */
async function idOfProgram() {
  const map = await mapNamed(`AT_${name}`);
  return (await until("its program", () =>
    bpftool("prog", "list").find(({ map_ids: ids }) => ids?.includes(map.id)))).id;
}

const pathOfProgram = async () => `/programs/${await idOfProgram()}`;

test("with the sampler off there is a button that turns it on, for those who may", async () => {
  const off = await startServer({ args: ["--sampler", "off"], token: true });
  try {
    const page = await openPage(browser, off.url);
    const button = page.getByRole("button", { name: "Measure while a page is open" });
    await button.click(patience);
    await page.locator(".state-box .bad").waitFor(patience);
    await picture(page, "sampler-off");
    assert.deepEqual(await accessibility(page), []);
    await page.evaluate((value) => sessionStorage.setItem("lunette.token", value), token);
    await page.reload();
    for (const path of ["/programs", await pathOfProgram()]) {
      await page.goto(off.url + path);
      await button.waitFor(patience);
    }
    await page.goto(off.url);
    await button.click(patience);
    await page.locator(".chart canvas").waitFor(patience);
    await page.context().close();
  } finally {
    await off.stop();
  }
});

/** Shown a page as if no program ran: what others' cost is kept from it. */
async function whereNothingRuns(path) {
  const page = await openPage(browser);
  await page.routeWebSocket(/\/graphql$/, (socket) => {
    const up = socket.connectToServer();
    socket.onMessage((message) => up.send(message));
    let told = false;
    up.onMessage((text) => {
      const message = JSON.parse(text);
      if (!message.payload?.data?.programRates) return socket.send(text);
      if (told) return;
      told = true;
      message.payload.data.programRates = [];
      socket.send(JSON.stringify(message));
    });
  });
  await page.goto(server.url + path);
  return page;
}

test("where no program runs it is said, and not waited for", async () => {
  const page = await whereNothingRuns("/");
  await page.locator(".state-box", { hasText: "No program runs" }).waitFor(patience);
  const cpu = page.locator(".figure", { hasText: "CPU in BPF" });
  await cpu.locator(".value", { hasText: "0" }).waitFor(patience);
  const crowd = await holdCrowd(1);
  try {
    await page.goto(`${server.url}/programs/${crowd.programs[0]}`);
    await page.locator(".state-box", { hasText: "It does not run" }).waitFor(patience);
  } finally {
    await crowd.stop();
  }
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("a dialog gives the focus back, however it is closed", async () => {
  const map = await mapNamed(`AT_${name}`);
  const page = await openPage(browser, `${server.url}/maps/${map.id}`);
  await page.locator(".table .rows .row").first().waitFor(patience);
  const columns = page.getByRole("button", { name: "Columns", exact: true });
  const closes = [
    () => page.getByRole("dialog").getByRole("button", { name: "Done" }).click(),
    () => page.getByRole("dialog").getByRole("button", { name: "Close" }).click(),
    () => page.keyboard.press("Escape"),
  ];
  for (const close of closes) {
    await columns.click();
    await page.getByRole("dialog").waitFor();
    await close();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.ok(await columns.evaluate((button) => document.activeElement === button));
  }
  await page.context().close();
});

test("on a phone the chosen tab is in sight", async () => {
  const page = await openPage(browser, `${server.url}${await pathOfProgram()}?tab=run`,
    { viewport: phone });
  const tab = page.getByRole("tab", { name: "Run" });
  await tab.waitFor(patience);
  await until("the tab in sight", async () => {
    const { x, width } = await tab.boundingBox();
    return x >= 0 && x + width <= phone.width;
  });
  await page.context().close();
});

test("bars of a histogram begin below each other, on a phone too", async () => {
  const buckets = [1, 2 ** 17, 2 ** 30].map((from) => ({ from, to: from * 2, count: 1 }));
  for (const viewport of [undefined, phone]) {
    const page = await openPage(browser, undefined, viewport ? { viewport } : {});
    await page.route("**/graphql", async (route) => {
      const response = await route.fetch();
      const body = await response.json();
      const histogram = body.data?.map?.histogram;
      if (histogram) body.data.map.histogram = [{ label: null, unit: null, buckets }];
      await route.fulfill({ response, json: body });
    });
    const map = await mapNamed(`AT_${name}_h`);
    await page.goto(`${server.url}/maps/${map.id}?tab=histogram`);
    await page.locator(".hist .bucket").nth(2).waitFor(patience);
    const lefts = await page.locator(".hist .track").evaluateAll((tracks) =>
      tracks.map((track) => track.getBoundingClientRect().left));
    assert.equal(new Set(lefts).size, 1, lefts.join());
    const ends = await page.locator(".hist .range").evaluateAll((ranges) =>
      ranges.map((range) => range.getBoundingClientRect().right));
    assert.ok(Math.max(...ends) <= lefts[0], `${ends} over ${lefts}`);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.context().close();
  }
});

test("a list that is being read does not say that there is nothing", async () => {
  const page = await openPage(browser);
  await page.route("**/graphql", async (route) => {
    if (/MapRows|ProgramRows/.test(route.request().postData() ?? "")) return;
    await route.continue();
  });
  await page.goto(`${server.url}/maps`);
  await page.getByRole("status", { name: "Loading" }).waitFor(patience);
  assert.doesNotMatch(await page.locator(".bar").innerText(), /0 maps/);
  await page.getByLabel("Search everything").fill("zzz");
  await page.getByText("Loading the list of objects.").waitFor(patience);
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await page.context().close();
});

test("what takes long is asked for seldom while objects come and go", async () => {
  const page = await openPage(browser);
  const took = 300;
  const asked = [];
  await page.route("**/graphql", async (route) => {
    if (!/query Leaks/.test(route.request().postData() ?? "")) return route.continue();
    asked.push(performance.now());
    const response = await route.fetch();
    await new Promise((done) => setTimeout(done, took));
    await route.fulfill({ response });
  });
  let tell;
  await page.routeWebSocket(/\/graphql$/, (socket) => {
    const up = socket.connectToServer();
    up.onMessage((text) => socket.send(text));
    socket.onMessage((text) => {
      const { id, type, payload } = JSON.parse(text);
      if (type === "subscribe" && /^subscription Objects/.test(payload.query)) {
        tell = () => socket.send(JSON.stringify({ id, type: "next", payload: { data: {
          objects: { kind: "PROGRAM", added: [], removed: [] } } } }));
      }
      up.send(text);
    });
  });
  await page.goto(server.url);
  await page.locator(".card", { hasText: "Possibly leaked" }).locator(".state-box, li").first()
    .waitFor(patience);
  await until("the socket", () => tell);
  const timer = setInterval(() => tell(), 100);
  try {
    await until("asked again", () => asked.length >= 3);
  } finally {
    clearInterval(timer);
  }
  const pauses = asked.slice(1).map((time, at) => time - asked[at]);
  assert.ok(pauses.every((pause) => pause > 8 * took), pauses.join(", "));
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await page.context().close();
});
