// lunette map: output for real maps, and writing into them.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { until } from "../lib/server.mjs";
import { answer, binary, hold, lunette } from "./kernel.mjs";

let held;
let ids;

before(async () => {
  held = await hold();
  ids = held.ids;
});
after(() => held.close());

const FLOW = (source, packets) => ({
  key: { source, port: 80 * source, proto: 6 },
  value: { packets: String(packets), bytes: String(2n * BigInt(packets)) },
});
const BIG = 1n << 60n;
const FLOWS = [FLOW(4, BIG), FLOW(3, 2000), FLOW(2, 300), FLOW(1, 10)];
const bySource = (a, b) => b.key.source - a.key.source;

// One clear line, and the exit code.
function refused(status, pattern, ...args) {
  const run = lunette(...args);
  assert.equal(run.status, status, run.stderr);
  assert.match(run.stderr, /^lunette: [^\n]+\n$/);
  assert.match(run.stderr, pattern);
  assert.equal(run.stdout, "");
}

test("list: JSON by GraphQL's names, CSV, and a table", () => {
  const list = answer("map", "list", "-j", "--name", "cli_*");
  const flows = list.find((map) => map.id === ids.cli_flows);
  assert.equal(flows.type, "Hash");
  assert.equal(flows.kernelType, "hash");
  assert.equal(flows.keySize, 8);
  assert.equal(flows.maxEntries, 16);
  const csv = lunette("map", "list", "--csv").stdout.split("\n");
  assert.match(csv[0], /^id,kernelType,name,keySize,valueSize,maxEntries,/);
  assert.ok(csv.some((line) => line.startsWith(`${ids.cli_flows},hash,cli_flows,8,16,16,`)));
  const lines = lunette("map", "list", "--type", "queue").stdout.split("\n");
  assert.match(lines[0], /^ *ID {2}TYPE +NAME +KEY +VALUE +MAX/);
  assert.ok(lines.some((line) => line.includes(`${ids.cli_queue}  queue`)));
});

test("list: Lunette's own can be left out", () => {
  const ownIds = (...args) => answer("map", "list", "-j", ...args).filter((map) => map.own)
    .map((map) => map.id);
  assert.ok(ownIds().includes(ids.lun_cli));
  assert.deepEqual(ownIds("--no-own"), []);
  assert.deepEqual(answer("link", "list", "-j", "--no-own").filter((link) => link.own), []);
});

test("list: a filter that nothing passes says so", () => {
  const run = lunette("map", "list", "no such map anywhere");
  assert.equal(run.stderr, "no maps\n");
  assert.equal(run.status, 0);
  assert.deepEqual(answer("map", "list", "no such map anywhere", "-j"), []);
});

test("show: as text and as JSON", () => {
  const text = lunette("map", "show", ids.cli_cpus).stdout;
  assert.match(text, new RegExp(`^map ${ids.cli_cpus}  cli_cpus\n  type +percpu_array`));
  assert.match(text, /value +8 bytes, one a CPU/);
  assert.match(text, /programs +\d+ cli_count \(socket_filter\)/);
  const map = answer("map", "show", ids.cli_cpus, "-j");
  assert.equal(map.isPerCPU, true);
  assert.deepEqual(map.programs.map((program) => program.id), [ids.program]);
});

test("dump: the whole map as JSON, NDJSON and CSV", () => {
  assert.deepEqual(answer("map", "dump", ids.cli_flows, "-j").sort(bySource), FLOWS);
  const lines = lunette("map", "dump", ids.cli_flows, "--ndjson").stdout.trim().split("\n");
  assert.deepEqual(lines.map(JSON.parse).sort(bySource), FLOWS);
  const csv = lunette("map", "dump", ids.cli_flows, "--csv").stdout.trim().split(/\r?\n/);
  assert.equal(csv[0], "source,port,proto,packets,bytes");
  assert.deepEqual(csv.slice(1).sort(), ["1,80,6,10,20", "2,160,6,300,600", "3,240,6,2000,4000",
    "4,320,6,1152921504606846976,2305843009213693952"]);
});

test("dump: sorting, conditions and top choose rows, and the entries look the same", () => {
  assert.deepEqual(answer("map", "dump", ids.cli_flows, "-j", "--sort", "packets"), FLOWS);
  assert.deepEqual(answer("map", "dump", ids.cli_flows, "-j", "--sort", "packets:asc", "--top", 1),
    [FLOWS[3]]);
  assert.deepEqual(answer("map", "dump", ids.cli_flows, "-j", "--where", "packets >= 300",
    "--where", "port != 240", "--sort", "port"), [FLOWS[0], FLOWS[2]]);
  assert.deepEqual(answer("map", "dump", ids.cli_flows, "-j", "--where",
    "packets > 2000 || source == 1", "--where", "bytes != 0", "--sort", "source"),
  [FLOWS[0], FLOWS[3]]);
  for (const [where, found] of [
    ["packets >= 300 && port != 240", [FLOWS[0], FLOWS[2]]],
    ["port == 240 && packets == 2000 || source == 1", [FLOWS[1], FLOWS[3]]],
    ["source == 1 || port == 240 && packets == 1", [FLOWS[3]]],
  ]) {
    assert.deepEqual(answer("map", "dump", ids.cli_flows, "-j", "--where", where, "--sort", "source"), found, where);
  }
  assert.equal(lunette("map", "dump", ids.cli_flows, "--where", "packets > 1 && ").status, 2);
  assert.deepEqual(answer("map", "dump", ids.cli_flows, "-j", "--where", "port ^= 2"), [FLOWS[1]]);
  assert.equal(lunette("map", "dump", ids.cli_flows, "--sort", "packets", "--top", 2).stdout,
    "SOURCE  PORT  PROTO              PACKETS                BYTES\n"
    + "     4   320      6  1152921504606846976  2305843009213693952\n"
    + "     3   240      6                 2000                 4000\n");
});

test("dump: in formats", () => {
  assert.deepEqual(answer("map", "dump", ids.cli_flows, "-j", "--decode", "hex:hex", "--where",
    "key == 0100000050000600"), [
    { key: "0100000050000600", value: "0a000000000000001400000000000000" }]);
});

test("dump: per-CPU values, each, summed or both", () => {
  const cpus = answer("map", "dump", ids.cli_cpus, "-j")[0].cpuValues.length;
  const zeros = Array(cpus).fill("0");
  const entries = (fields) => [0, 1].map((key) => ({ key, ...fields }));
  assert.deepEqual(answer("map", "dump", ids.cli_cpus, "-j"), entries({ cpuValues: zeros }));
  assert.deepEqual(answer("map", "dump", ids.cli_cpus, "-j", "--cpus", "sum"),
    entries({ value: "0" }));
  assert.deepEqual(answer("map", "dump", ids.cli_cpus, "-j", "--cpus", "both"),
    entries({ value: "0", cpuValues: zeros }));
  assert.deepEqual(answer("map", "dump", ids.cli_cpus, "-j", "--sort", "key:asc"),
    entries({ cpuValues: zeros }));
});

test("dump: a queue shows its next value, an empty map says so", () => {
  assert.deepEqual(answer("map", "dump", ids.cli_queue, "-j"), [{ key: null, value: 7 }]);
  const empty = lunette("map", "dump", ids.cli_empty);
  assert.deepEqual([empty.status, empty.stdout, empty.stderr], [0, "", "the map is empty\n"]);
  assert.deepEqual(answer("map", "dump", ids.cli_empty, "-j"), []);
});

test("dump: rows that no terminal is wide enough for are blocks there", () => {
  assert.equal(lunette("map", "update", ids.cli_odd, "[1,2]", '{"list":[{"id":7}],"at":{"x":5}}')
    .stderr, "");
  const list = '{"id":7,"hits":[[0,0],[0,0]]},{"id":0,"hits":[[0,0],[0,0]]}';
  assert.match(lunette("map", "dump", ids.cli_odd).stdout,
    /^KEY +CHANGE +TOTAL +AT\.X +AT\.Y +LIST +NONE +ON\n1,2 +0 +0 +5 +0 +\{"id":7,.*false\n$/);
  const run = spawnSync("script", ["-qec", `stty cols 40; ${binary} map dump ${ids.cli_odd}`,
    "/dev/null"], { encoding: "utf8", timeout: 60000 });
  assert.deepEqual(run.stdout.replaceAll("\r", "").trimEnd().split("\n"), ["KEY     1,2", "CHANGE  0",
    "TOTAL   0", "AT.X    5", "AT.Y    0", `LIST    ${list}`, "NONE    -", "ON      false"]);
  assert.equal(lunette("map", "delete", ids.cli_odd, "[1,2]").stderr, "");
});

test("dump: a script's decoder is in force", () => {
  const script = "tests/cli/decoder.lua";
  assert.match(lunette("map", "show", ids.cli_cpus, "--script", script).stdout,
    /decoder +counts of the tests: declared at tests\/cli\/decoder\.lua/);
  assert.match(lunette("map", "dump", ids.cli_cpus, "--script", script).stdout, /^SLOT +PACKETS/);
});

test("hist: bars, a key each", () => {
  const text = lunette("map", "hist", ids.cli_latency).stdout;
  const full = "█".repeat(60);
  assert.ok(text.includes(`5: slots
[0, 2)    0
[2, 4)    2  ${"█".repeat(15)}
[4, 8)    4  ${"█".repeat(30)}
[8, 16)   8  ${full}
[16, 32)  0
[32, 64)  1  ███████▌
`), text);
  assert.ok(text.includes(`6: slots\n[0, 2)  1  ${full}\n`), text);
  const list = answer("map", "hist", ids.cli_latency, "-j");
  assert.deepEqual(list.map((one) => [one.label, one.total]).sort(), [["5", 15], ["6", 1]]);
  refused(1, /no histogram is known in it/, "map", "hist", ids.cli_flows);
});

test("lookup: by fields, by hex", () => {
  assert.equal(lunette("map", "lookup", ids.cli_flows, '{"source":2,"port":160,"proto":6}').stdout,
    "{ packets = 300, bytes = 600 }\n");
  assert.deepEqual(answer("map", "lookup", ids.cli_flows, "02000000a0000600", "--key-format", "hex",
    "-j"), { key: { source: 2, port: 160, proto: 6 }, value: { packets: "300", bytes: "600" } });
});

test("update: a dry run shows the bytes and writes nothing", () => {
  const args = ["map", "update", ids.cli_flows, '{"source":1,"port":80,"proto":6}',
    '{"packets":11}'];
  assert.equal(lunette(...args, "--dry-run").stdout, "key    0100000050000600\n"
    + "value  0b000000000000001400000000000000\nbefore 0a000000000000001400000000000000\n");
  assert.deepEqual(answer("map", "dump", ids.cli_flows, "-j", "--where", "source == 1"),
    [FLOWS[3]]);
});

test("update, delete: entries come, change and go", () => {
  const key = '{"source":9,"port":9,"proto":17}';
  const look = () => lunette("map", "lookup", ids.cli_flows, key);
  refused(3, /no such key/, "map", "update", ids.cli_flows, key, '{"packets":1}', "--exist");
  assert.equal(lunette("map", "update", ids.cli_flows, key, '{"packets":"18446744073709551615"}')
    .status, 0);
  assert.equal(answer("map", "dump", ids.cli_flows, "-j", "--where", "source = 9")[0].value.packets,
    "18446744073709551615");
  refused(1, /is there already/, "map", "update", ids.cli_flows, key, '{"packets":1}', "--create");
  assert.equal(lunette("map", "update", ids.cli_flows, key, '{"bytes":5}').status, 0);
  assert.match(look().stdout, /bytes = 5/);
  assert.equal(lunette("map", "delete", ids.cli_flows, key).status, 0);
  assert.equal(look().status, 3);
});

test("update: one CPU's value, or all", () => {
  assert.equal(lunette("map", "update", ids.cli_cpus, 1, 5).status, 0);
  assert.equal(lunette("map", "update", ids.cli_cpus, 1, 7, "--cpu", 0).status, 0);
  const [entry] = answer("map", "dump", ids.cli_cpus, "-j", "--where", "key == 1");
  assert.deepEqual(entry.cpuValues, ["7", ...Array(entry.cpuValues.length - 1).fill("5")]);
  assert.equal(lunette("map", "update", ids.cli_cpus, 1, 0).status, 0);
});

test("update: keys that are lists, numbers below zero and of 64 bits, fields within fields", () => {
  const value = { change: -9007199254740993n, total: 18446744073709551615n };
  const text = `{"change":${value.change},"total":${value.total},"at":{"y":-2},"at.x":3,`
    + '"list":[{"id":18446744073709551615,"hits":[[1,2],[3,4]]},{"id":7}],"on":true}';
  assert.equal(lunette("map", "update", ids.cli_odd, "[-1,2]", text).stderr, "");
  assert.deepEqual(answer("map", "dump", ids.cli_odd, "-j"), [{
    key: [-1, 2],
    value: {
      change: String(value.change), total: String(value.total), at: { x: 3, y: -2 },
      list: [{ id: "18446744073709551615", hits: [[1, 2], [3, 4]] },
        { id: "7", hits: [[0, 0], [0, 0]] }],
      none: [], on: true,
    },
  }]);
  assert.deepEqual(answer("map", "dump", ids.cli_odd, "-j", "--where", "key *= 2"),
    answer("map", "dump", ids.cli_odd, "-j"));
  assert.equal(lunette("map", "dump", ids.cli_odd, "--csv", "--limit", 9).stdout,
    lunette("map", "dump", ids.cli_odd, "--csv").stdout);
  assert.match(lunette("map", "dump", ids.cli_odd).stdout, new RegExp("^-1,2 +-9007199254740993 +"
    + '18446744073709551615 +3 +-2 +\\{"id":"18446744073709551615","hits":\\[\\[1,2\\],\\[3,4\\]\\]\\},', "m"));
  refused(2, /value\.at: no field 'z'; there are x, y/, "map", "update", ids.cli_odd, "[1]",
    '{"at":{"z":1}}');
  refused(2, /value\.at: needs an object/, "map", "update", ids.cli_odd, "[1]", '{"at":4}');
  refused(2, /value\.list\[0\]: no field 'z'/, "map", "update", ids.cli_odd, "[1]",
    '{"list":[{"z":1}]}');
  refused(2, /key: has 3 elements/, "map", "update", ids.cli_odd, "[1,2,3]", "{}");
  assert.equal(lunette("map", "delete", ids.cli_odd, "[-1,2]").stderr, "");
});

test("arguments below zero are no options", () => {
  refused(2, /value: a number below zero does not fit u32/, "map", "update", ids.cli_empty, 1, -5);
  refused(2, /key: a number below zero does not fit u32/, "map", "lookup", ids.cli_empty, -1);
  refused(2, /'-1' is not a whole number/, "map", "dump", ids.cli_flows, "--limit", -1);
  refused(2, /unknown option '-x'/, "map", "update", ids.cli_empty, 1, "-x");
});

test("push, peek, pop: a queue's values in order", () => {
  assert.equal(lunette("map", "push", ids.cli_queue, 9).status, 0);
  assert.equal(lunette("map", "peek", ids.cli_queue).stdout, "7\n");
  assert.deepEqual(answer("map", "pop", ids.cli_queue, "-j"), { value: 7 });
  assert.equal(lunette("map", "pop", ids.cli_queue).stdout, "8\n");
  assert.equal(lunette("map", "pop", ids.cli_queue).stdout, "9\n");
  refused(3, /is empty/, "map", "pop", ids.cli_queue);
  for (const value of [7, 8]) lunette("map", "push", ids.cli_queue, value);
});

test("pin, unpin, and a map named by its pin", () => {
  const path = `/sys/fs/bpf/lunette-cli-${process.pid}`;
  assert.equal(lunette("map", "pin", ids.cli_empty, path).status, 0);
  try {
    assert.equal(answer("map", "show", path, "-j").id, ids.cli_empty);
    refused(2, /is a pin of a map, not of a program/, "prog", "show", path);
    refused(1, /exists/, "map", "pin", ids.cli_empty, path);
  } finally {
    assert.equal(lunette("map", "unpin", path).status, 0);
  }
  refused(3, /No such file/, "map", "unpin", path);
  refused(3, /nothing is pinned there/, "map", "show", path);
  refused(1, /^lunette: map \d+: \/tmp\/x: not in a BPF file system\n$/, "map", "pin", ids.cli_empty,
    "/tmp/x");
});

test("freeze: user space can't write it any more", () => {
  assert.equal(lunette("map", "freeze", ids.cli_empty).status, 0);
  refused(4, /not permitted/, "map", "update", ids.cli_empty, 1, 1);
  assert.equal(answer("map", "show", ids.cli_empty, "-j").frozen, true);
});

test("diff: what changed in a while", async () => {
  const key = '{"source":1,"port":80,"proto":6}';
  const { spawn } = await import("node:child_process");
  const { binary } = await import("./kernel.mjs");
  const child = spawn(binary, ["map", "diff", String(ids.cli_flows), "-s", "5"]);
  let text = "";
  let summary = "";
  child.stdout.on("data", (data) => { text += data; });
  child.stderr.on("data", (data) => { summary += data; });
  // It has looked once when it sleeps.
  await until(() => /nanosleep|poll/.test(readFileSync(`/proc/${child.pid}/wchan`, "utf8")),
    { what: "the first look" });
  // By what is quick: it has to be done within those seconds.
  execFileSync("bpftool", ["map", "update", "id", String(ids.cli_flows), "key", "hex",
    ..."01 00 00 00 50 00 06 00".split(" "), "value", "hex",
    ..."0f 00 00 00 00 00 00 00 14 00 00 00 00 00 00 00".split(" ")]);
  await new Promise((resolve) => child.once("close", resolve));
  lunette("map", "update", ids.cli_flows, key, '{"packets":10}');
  assert.match(text, /~ +1 +80 +6 +15 +\+5 +20 +\+0/);
  assert.match(summary, /^0 added, 0 removed, 1 changed of 4 in \d+\.\d s\n$/);
});

test("watch: looks again and again, with rates", () => {
  const run = lunette("map", "watch", ids.cli_flows, "--count", 2, "-i", 0.1, "--sort", "packets",
    "--top", 1);
  assert.match(run.stdout, /^SOURCE +PORT +PROTO +PACKETS +\/S +BYTES +\/S\n.*\n\nSOURCE/);
  const looks = lunette("map", "watch", ids.cli_flows, "--count", 2, "-i", 0.1, "-j").stdout;
  assert.equal(looks.trim().split("\n").map(JSON.parse).length, 2);
});

test("bad input gets one clear line and the right exit code", () => {
  const flows = ids.cli_flows;
  refused(3, /no map is called 'no_such_map'/, "map", "dump", "no_such_map");
  refused(3, /no map has the id 4294967294/, "map", "dump", 4294967294);
  refused(3, /no map has the id 99999999999/, "map", "dump", 99999999999);
  refused(2, /key\.port: the number does not fit u16: 0 to 65535/, "map", "lookup", flows,
    '{"source":1,"port":70000,"proto":6}');
  refused(2, /no field 'sauce'; there are source, port, proto/, "map", "lookup", flows,
    '{"sauce":1}');
  refused(2, /needs an object: it has 3 fields/, "map", "lookup", flows, 5);
  refused(2, /odd number of digits/, "map", "lookup", flows, "abc", "--key-format", "hex");
  refused(2, /has 1 bytes, the field has 8/, "map", "lookup", flows, "ab", "--key-format", "hex");
  refused(2, /key: /, "map", "lookup", flows, "{broken");
  refused(2, /is no condition/, "map", "dump", flows, "--where", "packets");
  refused(2, /'' is no condition/, "map", "dump", flows, "--where", "packets > 1 ||");
  refused(1, /no column 'nope'; there are source/, "map", "dump", flows, "--where", "nope > 1");
  refused(1, /no column 'nope'/, "map", "dump", flows, "--sort", "nope");
  refused(2, /none of hex, string, number/, "map", "dump", flows, "--decode", "octal");
  refused(2, /there is no CPU 4096/, "map", "update", ids.cli_cpus, 0, 1, "--cpu", 4096);
  refused(2, /one value for all CPUs/, "map", "update", flows, "0100000050000600", "{}",
    "--key-format", "hex", "--cpu", 0);
  refused(2, /a command is required/, "map");
  refused(2, /missing argument 'map' \(see 'lunette help map dump'\)/, "map", "dump");
  refused(2, /unknown option '--frob'/, "map", "dump", flows, "--frob");
  refused(2, /'--csv' can not be used together with option '-j'/, "map", "dump", flows, "-j", "--csv");
  refused(2, /'--ndjson' can not be used/, "map", "dump", flows, "--csv", "--ndjson");
});

test("names: of 15 characters and more, in lists, and to show a map", async () => {
  const binaryOf = (name) => `${process.env.LUNETTE_BUILD ?? "build"}/tests/bpf/${name}.bpf.o`;
  const pin = `/sys/fs/bpf/lunette-names-${process.pid}`;
  execFileSync("bpftool", ["prog", "load", binaryOf("long_names"), pin]);
  try {
    const id = (name) => answer("map", "list", "-j").find((map) => map.fullName === name).id;
    assert.match(lunette("map", "list").stdout, / requests_total_by_port /);
    const shown = answer("map", "show", "tcp_connections_by_cookie", "-j");
    assert.deepEqual([shown.name, shown.fullName, shown.decoder.name],
      ["tcp_connections", "tcp_connections_by_cookie", "default"]);
    assert.match(lunette("map", "show", "requests_total_by_host").stdout,
      /^map \d+ {2}requests_total_by_host\n {2}kernel's name +requests_total_\n/);
    const [host, port] = [id("requests_total_by_host"), id("requests_total_by_port")];
    refused(2, new RegExp(`several maps are called 'requests_total_': give one of the ids ${host} `
      + `\\(requests_total_by_host\\), ${port} \\(requests_total_by_port\\)`),
    "map", "show", "requests_total_");
    const prog = answer("prog", "show", "ln_use_of_all_m", "-j");
    assert.equal(prog.name, "ln_use_of_all_maps");
  } finally {
    execFileSync("rm", ["-f", pin]);
  }
});
