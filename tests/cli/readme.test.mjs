// README and CONTRIBUTING hold what they say: each command runs, each script loads and does what is
// told of it, each path answers. Beside the seeds' own bpftrace program, by a name of our own.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { after, before, test } from "node:test";
import { startBpftrace } from "../lib/bpftrace.mjs";
import { folder, startServer, until } from "../lib/server.mjs";
import { answer, binary, hold, lunette } from "./kernel.mjs";

const NAME = `R${process.pid}`;
const readme = readFileSync("README.md", "utf8").replaceAll("SYSCALLNUM", NAME);
const contributing = readFileSync("CONTRIBUTING.md", "utf8");

// The blocks of a language, in order.
const blocks = (text, language) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))].map(([, block]) => block);
const [decoder, extension] = blocks(readme, "lua");
const commands = blocks(readme, "sh").flatMap((block) => block.split("\n"))
  .map((line) => line.replace(/\s+#.*$/, "").trim()).filter((line) => line);

const files = folder({
  "syscalls.lua": decoder,
  "rules.lua": decoder,
  "extension.lua": `local lunette = require("lunette")\n${extension}`,
  "script.lua": "print(...)",
});
let held, tracer, program;

before(async () => {
  held = await hold();
  const [, script] = commands.find((line) => line.startsWith("bpftrace")).match(/^bpftrace -e '(.*)' &$/);
  tracer = startBpftrace(script);
  const map = await until(() => answer("map", "list", "-j", "--name", `AT_${NAME}`)[0], { what: "bpftrace's map" });
  program = await until(() => answer("query", `{ map(id: ${map.id}) { programs { id } } }`).data.map.programs[0],
    { what: "its program" }).then(({ id }) => id);
});
after(async () => {
  await tracer?.stop();
  await held?.close();
  files.remove();
});

// The names in README are those of its reader's kernel and disk: ours in their place.
function ours(line) {
  return line.replace(/^sudo /, "").replace(/^(build\/)?lunette /, "").replace(/ \| .*$/, "")
    .replace(/\b42\b/, program).replace(/\bflows\b/, held.ids.cli_flows)
    .replace(/\S*\/ebpf\.prom/, files.file("ebpf.prom"))
    .replace(/\b(syscalls|rules|script)\.lua/g, (name) => files.file(name));
}

// What does not end by itself is asked to.
const ENDS = [[/^map watch/, "--count 1"], [/^top/, "--once"], [/^prog log/, "--help"], [/^prog hot/, "--help"]];
// What this machine may lack, and says so.
const LACKS = /this machine has no hardware counters|this kernel has no fentry/;

test("each command runs", async (t) => {
  const list = commands.filter((line) => /^(sudo )?(build\/)?lunette (?!serve)/.test(line));
  assert.ok(list.length > 20, `${list.length} commands`);
  const server = await startServer({});
  t.after(() => server.stop());
  for (const line of list) {
    await t.test(line, () => {
      // Those that talk to a server talk to ours.
      const more = /^sampler/.test(ours(line)) ? `--server ${server.url}`
        : ENDS.find(([pattern]) => pattern.test(ours(line)))?.[1] ?? "";
      const run = spawnSync("sh", ["-c", `"$0" ${ours(line)} ${more}`, binary], { encoding: "utf8", input: "", maxBuffer: 1 << 28 });
      assert.ok(run.status === 0 || LACKS.test(run.stderr), `exit ${run.status}: ${run.error ?? run.stderr}`);
    });
  }
});

test("each serve command serves, and its metrics are there", async (t) => {
  const list = commands.filter((line) => /lunette serve/.test(line));
  assert.ok(list.length >= 2);
  for (const line of list) {
    await t.test(line, async () => {
      const server = await startServer({ args: ours(line).split(" ").slice(1) });
      try {
        const wanted = line.includes("--etm") ? new RegExp(`^devagent_ebpf_map_entry_value\\{.*name="AT_${NAME}"`, "m")
          : /^syscalls_total\{comm="\w+.*"\} \d+$/m;
        await until(async () => wanted.test(await (await fetch(`${server.url}/metrics`)).text()), { what: String(wanted) });
      } finally { await server.stop(); }
    });
  }
});

test("what is typed at the prompt", () => {
  const [, block] = readme.match(/^\$ sudo lunette repl\n([^]*?)^```$/m);
  const lines = block.trim().split("\n").map((line) => {
    assert.match(line, /^> /);
    return line.slice(2).replace('bpf.prog("sys_enter")', `bpf.prog(${program})`);
  });
  const run = lunette("repl", { input: `${lines.join("\n")}\n` });
  assert.deepEqual([run.status, run.stderr], [0, ""]);
  assert.match(run.stdout, /^\S.*\t.*\d+.*\n/);
  assert.match(run.stdout, /^\d+\t?.*\d+\n$/m);
});

test("the decoder names its columns, the GraphQL field answers", () => {
  const map = lunette("map", "dump", `AT_${NAME}`, "--script", files.file("syscalls.lua"));
  assert.match(map.stdout, /^COMM +CALLS\n/, map.stderr);
  const query = `{ program(id: ${program}) { busy } }`;
  const busy = answer("query", query, "--script", files.file("extension.lua")).data.program;
  assert.ok("busy" in busy);
});

test("each path answers", async () => {
  const table = readme.match(/## Over HTTP\n([^]*?)\n## /)[1];
  const paths = [...table.matchAll(/^\| (`\/.*?) \|/gm)].flatMap(([, cell]) => [...cell.matchAll(/`(\/[^`]*)`/g)].map(([, path]) => path));
  assert.ok(paths.length >= 8, paths.join());
  const server = await startServer({});
  try {
    for (const path of paths) {
      const query = /graphql|query/.test(path) ? "?query={__typename}" : "";
      const response = await fetch(server.url + path.replace("ID", held.ids.cli_flows) + query);
      assert.equal(response.status, 200, path);
    }
  } finally { await server.stop(); }
});

test("each make target, folder and file is there", () => {
  const makefile = readFileSync("Makefile", "utf8");
  for (const [, target] of (readme + contributing).matchAll(/\bmake ([a-z-]+)\b(?= |$)/gm)) {
    if (/^(run|test|test-fast|bench|pictures|lint|format|asan)$/.test(target)) assert.match(makefile, new RegExp(`^${target}:`, "m"));
  }
  for (const [, folder] of contributing.matchAll(/^\| `([a-z/]+\/)` \|/gm)) assert.ok(existsSync(folder), folder);
  for (const [page, text] of [["README.md", readme], ["CONTRIBUTING.md", contributing]]) {
    for (const [, link] of text.matchAll(/\]\(((?!http)[^)#]+)\)/g)) assert.ok(existsSync(resolve(dirname(page), link)), `${page}: ${link}`);
  }
});

test("nothing of a command's help is missing: what README names is there", () => {
  const help = execFileSync(binary, ["serve", "--help"], { encoding: "utf8" });
  for (const option of readme.matchAll(/`(--[a-z-]+)`/g)) {
    if (option[1] !== "--help") assert.ok(help.includes(option[1]), option[1]);
  }
});

// graphql-js 17 runs there with tests/lib/node18.mjs; graphql-ws does, whatever it says.
const RUNS_ON_18 = ["node_modules/graphql", "node_modules/graphql-ws"];

test("no package asks for a newer node than Debian 12 has", () => {
  for (const lock of ["web/package-lock.json", "tests/package-lock.json"]) {
    const { packages } = JSON.parse(readFileSync(lock, "utf8"));
    for (const [name, { engines }] of Object.entries(packages)) {
      const versions = [...(engines?.node ?? "").matchAll(/(?:>=|\^)\s*v?(\d+)/g)].map(([, major]) => Number(major));
      if (versions.length === 0 || RUNS_ON_18.includes(name)) continue;
      assert.ok(Math.min(...versions) <= 18, `${lock}: ${name} needs node ${engines.node}`);
    }
  }
});
