// The page of a running server, read by Prometheus's own tools.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import http from "node:http";
import { after, before, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { folder, startServer, until } from "../lib/server.mjs";
import { bpftool, fixtureIds, fixtureScript, le, mine, openmetrics, promtool, samples } from "./support.mjs";

const rules = `${mine}
local lunette = require("lunette")
local metrics = lunette.metrics
metrics.map { name = "mx_balance", help = "Balances", match = mine("mx_struct"),
  labels = { comm = "key.comm", pid = "key.pid" }, value = "value.balance" }
metrics.map { name = "mx_io", type = "counter", unit = "bytes", help = "Bytes",
  match = mine("mx_struct"), labels = { comm = "key.comm" }, value = "value.bytes" }
metrics.map { rule = "broken", name = "mx_broken", match = mine("mx_struct"),
  value = function() error("on purpose") end }
metrics.collect("slow", function(emit)
  lunette.shared.incr("slow.runs")
  emit { name = "mx_slow", value = 1 }
  local log = os.getenv("MX_WHILE_THERE")
  while log and os.execute(("test -e '%s' && sleep 0.05"):format(log)) do end
end)
metrics.enable("slow", false)
lunette.http.get("/slow", function()
  local state = require("lunette.core.server").state()
  return { json = { runs = lunette.shared.get("slow.runs") or 0, busy = state.busy } }
end)
`;

function request(url, headers = {}, method = "GET") {
  return new Promise((resolve, reject) => {
    const req = http.request(url, { headers, method }, (res) => {
      const chunks = [];
      res.on("data", (chunk) => chunks.push(chunk));
      res.on("end", () => resolve({ status: res.statusCode, headers: res.headers, body: Buffer.concat(chunks) }));
    });
    req.on("error", reject);
    req.end();
  });
}

describe("the metrics page", () => {
  let server, ids;

  before(async () => {
    server = await startServer({ scripts: { "fixture.lua": fixtureScript, "rules.lua": rules },
      args: ["--etm", "-:^mx_percpu$:string", "--max-seconds", "120"] });
    ids = await fixtureIds(server);
    const key = (comm, pid) => [...Buffer.from(comm.padEnd(16, "\0"))].map(String).concat(le([pid, 4], [1, 4]));
    const put = (comm, pid, bytes, balance) => execFileSync("bpftool", ["map", "update", "id", String(ids.mx_struct),
      "key", ...key(comm, pid), "value", ...le([bytes, 8], [0, 8], [balance, 8], [0, 8])]);
    put("cat", 1, 2n ** 63n + 1n, -7n);
    put("dog", 2, 12345678901234567n, 5n);
  });

  after(() => server?.stop());

  const page = async (path = "/metrics", headers) => (await request(server.url + path, headers)).body.toString();

  it("gives the numbers that bpftool gives, exactly", async () => {
    const found = samples(await page());
    for (const { formatted } of bpftool("map", "dump", "id", String(ids.mx_struct))) {
      const { key, value } = formatted;
      assert.equal(found.get(`mx_balance{comm="${key.comm}",pid="${key.pid}"}`), String(value.balance));
    }
    assert.equal(found.get('mx_io_bytes_total{comm="cat"}'), "9223372036854775809");
    assert.equal(found.get('mx_io_bytes_total{comm="dog"}'), "12345678901234567");
  });

  it("has no complaint from promtool beyond dev-agent's names and our fixture", async () => {
    const complaints = promtool(await page()).filter((line) => !/^devagent_|^mx_/.test(line));
    assert.deepEqual(complaints, []);
  });

  it("is OpenMetrics to python's parser, with every family once", async () => {
    const text = await page("/metrics", { accept: "application/openmetrics-text; version=1.0.0" });
    assert.ok(text.endsWith("# EOF\n"));
    const families = openmetrics(text).map(([name]) => name);
    assert.equal(new Set(families).size, families.length);
    assert.ok(families.includes("mx_io_bytes"));
  });

  it("sorts its families and gives HELP and TYPE once", async () => {
    const text = await page();
    const types = [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]);
    assert.equal(new Set(types).size, types.length);
    const before = types.slice(0, types.findIndex((name) => name.startsWith("lunette_")));
    assert.deepEqual(before, [...before].sort());
  });

  it("counts a rule that fails, and the others go on", async () => {
    const found = samples(await page());
    assert.equal(found.get('lunette_rule_up{rule="broken"}'), "0");
    assert.ok(Number(found.get('lunette_rule_errors_total{rule="broken"}')) >= 2);
    assert.equal(found.get('lunette_rule_up{rule="mx_balance"}'), "1");
  });

  it("is the same compressed, and in both formats", async () => {
    const plain = await request(`${server.url}/metrics?name[]=mx_balance`);
    const packed = await request(`${server.url}/metrics?name[]=mx_balance`, { "accept-encoding": "gzip" });
    assert.equal(packed.headers["content-encoding"], "gzip");
    assert.deepEqual(gunzipSync(packed.body), plain.body);
    assert.match(plain.headers["content-type"], /^text\/plain; version=0\.0\.4/);
  });

  it("answers HEAD with the headers alone", async () => {
    const head = await request(`${server.url}/metrics`, { accept: "application/openmetrics-text" }, "HEAD");
    assert.equal(head.status, 200);
    assert.match(head.headers["content-type"], /^application\/openmetrics-text; version=1\.0\.0/);
    assert.equal(head.body.length, 0);
  });

  it("comes in part", async () => {
    const found = samples(await page("/metrics?rule=mx_balance&rule=broken"));
    assert.equal(found.get('mx_balance{comm="cat",pid="1"}'), "-7");
    assert.ok(![...found.keys()].some((name) => name.startsWith("devagent_")));
    const named = samples(await page("/metrics?name[]=mx_io_bytes_total&name[]=devagent_ebpf_map_count"));
    assert.ok([...named.keys()].every((name) => /^(mx_io_bytes_total|devagent_ebpf_map_count)/.test(name)));
    assert.ok(named.size >= 3);
  });

  it("exports an --etm map as dev-agent does", async () => {
    const cpus = Number(execFileSync("sh", ["-c", "cat /sys/devices/system/cpu/possible"]).toString().trim().split("-").pop()) + 1;
    execFileSync("bpftool", ["map", "update", "id", String(ids.mx_percpu), "key",
      ...[...Buffer.from("(anacron)".padEnd(16, "\0"))].map(String), "value", ...le([3, 8])]); // on every CPU
    const found = samples(await page());
    const labels = `id="${ids.mx_percpu}",name="mx_percpu",type="PerCPUHash"`;
    assert.equal(found.get(`devagent_ebpf_map_entry_count{${labels}}`), "1");
    for (let cpu = 0; cpu < cpus; cpu++) {
      assert.equal(found.get(`devagent_ebpf_map_entry_value{cpu="${cpu}",id="${ids.mx_percpu}",` +
        'key="(anacron)",name="mx_percpu",type="PerCPUHash"}'), "3");
    }
  });

  it("is made once for scrapes that come together", async () => {
    const url = "/metrics?rule=slow";
    await request(server.url + url); // off: nothing runs
    assert.equal(JSON.parse(await page("/slow")).runs, 0);
  });

  it("says what the server is", async () => {
    const found = samples(await page());
    assert.ok([...found.keys()].some((name) => name.startsWith("lunette_build_info{")));
    assert.ok(Number(found.get("lunette_scrape_duration_seconds")) > 0);
    assert.ok(Number(found.get('lunette_http_responses_total{class="2xx"}')) > 0);
    assert.equal(found.get('lunette_reloads_total{outcome="failed"}'), "0");
    assert.ok(Number(found.get("lunette_vms")) >= 2);
  });
});

describe("scrapes that come together", () => {
  it("share one pass", async () => {
    const files = folder({ log: "" });
    const server = await startServer({ scripts: { "rules.lua": rules.replace('metrics.enable("slow", false)', "") },
      args: ["--vms", "4"], env: { MX_WHILE_THERE: files.file("log") } });
    try {
      const url = `${server.url}/metrics?rule=slow`;
      const asked = [request(url), request(url, { accept: "application/openmetrics-text" })];
      await until(async () => JSON.parse((await request(`${server.url}/slow`)).body.toString()).busy === 3,
        { what: "both scrapes to be under way" });
      files.remove();
      const [one, two] = await Promise.all(asked);
      assert.match(one.body.toString(), /^mx_slow 1$/m);
      assert.match(two.body.toString(), /^mx_slow 1$/m);
      assert.equal(JSON.parse((await request(`${server.url}/slow`)).body.toString()).runs, 1);
    } finally {
      await server.stop();
    }
  });

  it("get what there is by their deadline, and a marker", async () => {
    const server = await startServer({ scripts: { "rules.lua": rules.replace('metrics.enable("slow", false)',
      `metrics.collect("slower", function() os.execute("sleep 2.5") end)
      metrics.collect("last", function(emit) emit { name = "mx_last", value = 1 } end)`)
      .replace('metrics.collect("slow",', 'metrics.collect("first",') } });
    try {
      const response = await request(`${server.url}/metrics?rule=first&rule=slower&rule=last`,
        { "x-prometheus-scrape-timeout-seconds": "2" });
      const found = samples(response.body.toString());
      assert.equal(found.get("mx_slow"), "1");
      assert.equal(found.get("mx_last"), "1");
      assert.equal(found.get('lunette_rule_up{rule="slower"}'), "0");
    } finally {
      await server.stop();
    }
  });
});
