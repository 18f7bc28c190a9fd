// README, docs/ and CONTRIBUTING are true: each command runs beside the example of `make run`, each
// script loads, each path answers, each link has its target.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { after, before, test } from "node:test";
import { folder, startServer, until } from "../lib/server.mjs";
import { answer, binary, build, lunette } from "./kernel.mjs";

const PAGES = ["README.md", "CONTRIBUTING.md",
  ...readdirSync("docs").filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];
const text = Object.fromEntries(PAGES.map((page) => [page, readFileSync(page, "utf8")]));
const readme = text["README.md"];

// The blocks of a language, in order.
const blocks = (page, language) =>
  [...text[page].matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))].map(([, block]) => block);
const commands = PAGES.flatMap((page) => blocks(page, "sh").flatMap((block) => block.split("\n"))
  .map((line) => ({ page, line: line.replace(/\s+#.*$/, "").trim() }))
  .filter(({ line }) => /^(sudo )?(build\/)?lunette /.test(line)));

const files = folder({
  "syscalls.lua": blocks("README.md", "lua")[0],
  "script.lua": "print(...)",
});
let server, map, program;

// As `make run` does. Another explorer may run its example beside ours: ours is meant.
before(async () => {
  server = await startServer({ args: ["--script", "examples/syscalls"] });
  map = await until(() => answer("map", "list", "-j", "--name", "SYSCALLNUM").sort((a, b) => b.id - a.id)[0],
    { what: "the example's map" });
  program = await until(() => answer("query", `{ map(id: ${map.id}) { programs { id } } }`).data.map.programs[0],
    { what: "its program" }).then(({ id }) => id);
});
after(async () => {
  await server?.stop();
  files.remove();
});

function ours(line) {
  return line.replace(/^sudo /, "").replace(/^(build\/)?lunette /, "").replace(/ \| .*$/, "").replace(/ >>? ?\S+$/, "")
    .replace(/(?<=^(?:map|metrics) .*)\bSYSCALLNUM\b/, map.id).replace(/\bcount_syscall\b/, program)
    .replace(/\S*\/ebpf\.prom/, files.file("ebpf.prom"))
    .replace(/--host 127\.0\.0\.1\b/, `--host ${new URL(server.url).host}`)
    .replace(/--server \S+/, `--server ${server.url}`)
    .replace(/\b(syscalls|script)\.lua/g, (name) => files.file(name));
}

// What does not end by itself is asked to.
const ENDS = [[/^map watch/, "--count 1"], [/^top/, "--once"], [/^prog log/, "--help"], [/^prog hot/, "--help"],
  [/^repl/, ""]];
// What this machine may lack, and says so.
const LACKS = /no Go program that has net\/http runs|this machine has no hardware counters|this kernel has no fentry/;

test("each command runs", async (t) => {
  const list = commands.filter(({ line }) => !/lunette serve/.test(line));
  assert.ok(list.length > 30, `${list.length} commands`);
  for (const { page, line } of list) {
    await t.test(`${page}: ${line}`, () => {
      const more = /^sampler/.test(ours(line)) ? `--server ${server.url}`
        : ENDS.find(([pattern]) => pattern.test(ours(line)))?.[1] ?? "";
      const run = spawnSync("sh", ["-c", `"$0" ${ours(line)} ${more}`, binary], { encoding: "utf8", input: "", maxBuffer: 1 << 28 });
      assert.ok(run.status === 0 || LACKS.test(run.stderr), `exit ${run.status}: ${run.error ?? run.stderr}`);
    });
  }
});

test("README's serve commands serve, and their metrics are there", async (t) => {
  const list = commands.filter(({ page, line }) => page === "README.md" && /lunette serve/.test(line));
  assert.ok(list.length >= 2);
  for (const { line } of list) {
    await t.test(line, async () => {
      const ran = await startServer({ args: ours(line).split(" ").slice(1) });
      try {
        const wanted = line.includes("--etm") ? /^devagent_ebpf_map_entry_value\{.*name="SYSCALLNUM"/m
          : /^syscalls_total\{comm="\w+.*"\} \d+$/m;
        await until(async () => wanted.test(await (await fetch(`${ran.url}/metrics`)).text()), { what: String(wanted) });
      } finally { await ran.stop(); }
    });
  }
});

test("the scripts load", async (t) => {
  for (const page of PAGES) {
    for (const [i, block] of blocks(page, "lua").entries()) {
      if (!/require\("lunette"\)/.test(block)) continue; // a part of a script
      await t.test(`${page}: script ${i + 1}`, () => {
        const script = folder({ "block.lua": block });
        copyFileSync(`${build}/examples/syscalls/syscalls.bpf.o`, script.file("syscalls.bpf.o"));
        const run = lunette("check", "--script", script.file("block.lua"));
        script.remove();
        assert.equal(run.status, 0, run.stdout + run.stderr);
      });
    }
  }
});

test("what is typed at the prompt", () => {
  const [, block] = text["docs/tour.md"].match(/^\$ sudo lunette repl\n([^]*?)^```$/m);
  const lines = block.trim().split("\n").map((line) => {
    assert.match(line, /^> /);
    return line.slice(2).replace('"SYSCALLNUM"', map.id).replace('"count_syscall"', program);
  });
  const run = lunette("repl", { input: `${lines.join("\n")}\n` });
  assert.deepEqual([run.status, run.stderr], [0, ""]);
  assert.match(run.stdout, /comm = "\w+.*calls = /);
  assert.match(run.stdout, /^\d+\t?.*\d+\n/m);
});

test("the decoder of README names its columns", () => {
  const dump = lunette("map", "dump", String(map.id), "--script", files.file("syscalls.lua"));
  assert.match(dump.stdout, /^COMM +CALLS\n/, dump.stderr);
});

test("each path answers", async () => {
  const table = readme.match(/## Over HTTP\n([^]*?)\n## /)[1];
  const paths = [...table.matchAll(/^\| (`\/.*?) \|/gm)].flatMap(([, cell]) => [...cell.matchAll(/`(\/[^`]*)`/g)].map(([, path]) => path));
  assert.ok(paths.length >= 8, paths.join());
  for (const path of paths) {
    const query = /graphql|query/.test(path) ? "?query={__typename}" : "";
    const response = await fetch(server.url + path.replace("ID", map.id) + query);
    assert.equal(response.status, 200, path);
  }
});

test("each make target, folder, file and link is there", () => {
  const makefile = readFileSync("Makefile", "utf8");
  for (const page of PAGES) {
    for (const [, target] of text[page].matchAll(/\bmake ([a-z-]+)\b(?= |$|`)/gm)) {
      if (page !== "CONTRIBUTING.md" && !/^(run|test)$/.test(target)) continue;
      assert.match(makefile, new RegExp(`^${target}:`, "m"), `make ${target}`);
    }
    for (const [, path] of text[page].matchAll(/`((?:src|lua|web|tests|examples|docs)\/[\w./-]*)`/g)) {
      assert.ok(existsSync(path), `${page}: ${path}`);
    }
    for (const [, link] of text[page].matchAll(/\]\(((?!http)[^)#]+)\)/g)) {
      assert.ok(existsSync(resolve(dirname(page), link)), `${page}: ${link}`);
    }
  }
});

test("the options that README names are in the help", () => {
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
