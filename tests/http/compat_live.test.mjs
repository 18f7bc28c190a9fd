// The explorer's subscriptions over HTTP (server-sent events), while programs are loaded, run,
// print and end.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBpftrace } from "../lib/bpftrace.mjs";
import { startServer, token, until } from "../lib/server.mjs";

const NAME = `L${process.pid}`;
const MAP = `AT_${NAME}`;
let server;

const script = `
local lunette = require("lunette")
lunette.http.get("/subscribers", function() return tostring(lunette.topic("objects"):subscribers()) end)
`;
before(async () => { server = await startServer({ token: true, scripts: { "subscribers.lua": script } }); });
after(async () => { await server?.stop(); });

const authorization = `Bearer ${token}`;

async function ask(query, variables) {
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(120000),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

/** Subscribes and yields the data of each event; ends after `seconds`. */
async function* events(query, seconds = 120) {
  const abort = AbortSignal.timeout(seconds * 1000);
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream", authorization },
    body: JSON.stringify({ query }),
    signal: abort,
  });
  assert.match(response.headers.get("content-type"), /^text\/event-stream/);
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
      const lines = text.slice(0, end).split("\n");
      const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5));
      if (data.length === 0 || data.join("").trim() === "") continue;
      const result = JSON.parse(data.join("\n"));
      assert.equal(result.errors, undefined, JSON.stringify(result.errors));
      yield result.data;
    }
  }
}

/** The first event for which `wanted` gives something. */
async function first(query, wanted, seconds) {
  for await (const data of events(query, seconds)) {
    const found = wanted(data);
    if (found) return found;
  }
  throw new Error(`no such event: ${query}`);
}

async function withBpftrace(program, use) {
  const bpftrace = startBpftrace(program);
  try {
    return await use();
  } finally {
    await bpftrace.stop();
  }
}

const COUNT = `tracepoint:raw_syscalls:sys_enter { @${NAME}[comm] = count(); }`;

async function mapId() {
  const map = await until(async () => (await ask("{ maps { id name } }")).maps.find(({ name }) => name === MAP),
    { what: `${MAP} to appear` });
  return map.id;
}

test("a map that appears is told, and that it went", async () => {
  const query = "subscription { objects { kind added removed maps { id name type } } }";
  let came, went;
  const told = (async () => {
    for await (const { objects } of events(query)) {
      came ??= objects.maps.find(({ name }) => name === MAP);
      went = came && objects.kind === "MAP" && objects.removed.includes(came.id);
      if (went) return;
    }
  })();
  await until(async () => (await fetch(`${server.url}/subscribers`)).text().then(Number), { what: "the subscription" });
  await withBpftrace(COUNT, () => until(() => came, { what: "the map to be told" }));
  await told;
  assert.equal(came.type, "PerCPUHash");
  assert.ok(went);
});

test("a map's table is told again and again", async () => {
  await withBpftrace(COUNT, async () => {
    const id = await mapId();
    const sums = [];
    const query = `subscription { mapTable(id: ${id}, every: 0.2, first: 5,
      sort: { column: "value" }) { columns { name } rows { cells } } }`;
    for await (const { mapTable } of events(query)) {
      assert.equal(mapTable.columns.length, 2);
      sums.push(mapTable.rows.reduce((sum, { cells }) => sum + Number(cells[1]), 0));
      if (sums.length === 4) break;
    }
    assert.ok(sums[3] > sums[0], String(sums));
  });
});

test("a running program's rate is told while someone listens, and its history kept", async () => {
  await withBpftrace(COUNT, async () => {
    const id = await mapId();
    const { map } = await ask(`{ map(id: ${id}) { programs { id } } }`);
    const program = map.programs[0].id;
    const query = `subscription { programRates(ids: [${program}]) { programId runs cpu average
      program { name } } }`;
    const rate = await first(query, ({ programRates }) => programRates[0]);
    assert.equal(rate.programId, program);
    assert.equal(rate.program.name, "sys_enter");
    assert.ok(rate.runs > 0 && rate.cpu > 0 && rate.average > 0, JSON.stringify(rate));
    const data = await ask(`{ sampler { active mode } host { statsEnabled }
      program(id: ${program}) { rate { runs } history(points: 5) { time runs } } }`);
    assert.equal(data.sampler.mode, "watch");
    assert.equal(data.host.statsEnabled, true);
    assert.ok(data.program.rate.runs > 0);
    assert.ok(data.program.history.length > 0 && data.program.history.length <= 5);
  });
});

test("what a program prints is told", async (t) => {
  const text = `lunette-${process.pid}`;
  const program = `interval:ms:100 { debugf("${text}"); }`;
  await withBpftrace(program, async () => {
    const query = `subscription { traceLog(search: "${text}") { task pid cpu time text } }`;
    const line = await first(query, ({ traceLog }) => traceLog[0], 30).catch(() => null);
    if (!line) return t.skip("another reader of the trace log took the lines");
    assert.ok(line.text.includes(text));
    assert.equal(typeof line.cpu, "number");
  });
});

test("hot spots add up while someone listens", async () => {
  await withBpftrace(COUNT, async () => {
    const id = await mapId();
    const { map } = await ask(`{ map(id: ${id}) { programs { id } } }`);
    const query = `subscription { hotSpots(id: ${map.programs[0].id}) { programId samples total error
      lines { text samples } instructions { text samples } } }`;
    const spots = await first(query, ({ hotSpots }) => hotSpots.total > 0 && hotSpots);
    assert.equal(spots.error, null);
    assert.ok(spots.samples <= spots.total);
  });
});

test("bpftrace's histograms have its ranges", async () => {
  const program = `interval:ms:20 { @${NAME} = hist(5); @${NAME}l["a"] = lhist(25, 0, 100, 10); }`;
  await withBpftrace(program, async () => {
    await mapId();
    const query = `{ maps(filter: { name: "${MAP}*" }) { name decoder { name }
      histogram { label buckets { from to count } } } }`;
    const maps = await until(async () => {
      const { maps: found } = await ask(query);
      return found.length === 2 && found.every(({ histogram }) => histogram?.[0]?.buckets.length) && found;
    }, { what: "both histograms" });
    const [log2, linear] = maps.sort((a, b) => a.name.length - b.name.length);
    assert.deepEqual(log2.histogram[0].buckets.map(({ from, to }) => [from, to]), [[4, 8]]);
    assert.equal(log2.histogram[0].label, null);
    assert.deepEqual(linear.histogram[0].buckets.map(({ from, to }) => [from, to]), [[20, 30]]);
    assert.equal(linear.histogram[0].label, "a");
  });
});

test("a subscription to nothing is refused", async () => {
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream", authorization },
    body: JSON.stringify({ query: "subscription { mapTable(id: 2000000000) { id } }" }),
  });
  assert.match(await response.text(), /map with ID 2000000000 not found/);
});
