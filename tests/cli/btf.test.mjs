// lunette btf: types as C compared with bpftool's and with compilers' layouts; users of types;
// searching.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { answer, build, hold, lunette } from "./kernel.mjs";

let held;
let id;

before(async () => {
  held = await hold();
  id = answer("prog", "show", held.ids.program, "-j").btfId;
});
after(() => held.close());

const dump = (...args) => {
  const run = lunette("btf", "dump", ...args, { maxBuffer: 64 << 20 });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout;
};
const bpftool = (number) => execFileSync("bpftool",
  ["btf", "dump", "id", String(number), "format", "c"], { encoding: "utf8", maxBuffer: 64 << 20 });
// What clang makes of types: the size of each struct and union, by name.
function sizes(text) {
  const names = [...new Set([...text.matchAll(/^((?:struct|union) \w+) \{/gm)].map((m) => m[1]))];
  const source = `${text}\n${names.map((name, i) =>
    `char size_${i}[sizeof(${name}) + 1];`).join("\n")}\n`;
  const clang = spawnSync("clang", ["-w", "-target", "bpf", "-S", "-x", "c", "-o", "-", "-"],
    { input: source, encoding: "utf8", maxBuffer: 64 << 20 });
  assert.equal(clang.status, 0, clang.stderr);
  const found = new Map();
  for (const [, i, size] of clang.stdout.matchAll(/^\t\.size\tsize_(\d+), (\d+)$/gm)) {
    found.set(names[i], Number(size) - 1);
  }
  assert.equal(found.size, names.length);
  return found;
}

// What a compiler says of the text; nothing where it compiles.
const complaints = (text, compiler = "clang") => spawnSync(compiler, ["-w", "-fsyntax-only", "-x",
  "c", "-"], { input: text, encoding: "utf8", maxBuffer: 64 << 20 }).stderr;

test("all types of the kernel compile, and are those that bpftool prints", () => {
  const text = dump("vmlinux");
  assert.equal(complaints(text), "");
  const names = (c) => new Set([...c.matchAll(/^(?:struct|union|enum) \w+ \{$/gm)].map(String)
    .filter((line) => !line.includes("___"))); // a name that is there twice gets a number
  const ours = names(text);
  for (const name of names(bpftool(1))) assert.ok(ours.has(name), name);
});

test("a function or a variable alone compiles, with the types that it needs", () => {
  const functions = answer("btf", "dump", "vmlinux", "bpf_*_d*", "--kind", "func", "-j");
  assert.ok(functions.length > 20);
  for (const { name, c } of functions.slice(0, 40)) {
    assert.match(c, new RegExp(`\\b${name}\\(`));
    assert.equal(complaints(c), "", c);
  }
  assert.equal(complaints(dump(id, "--kind", "var")), "");
  assert.equal(complaints(dump("vmlinux", "bpf_*", "--kind", "func")), "");
});

test("kfuncs are listed by their tag, and a tag names its target", (t) => {
  if (lunette("btf", "dump", "vmlinux", "--tag", "bpf_kfunc").status === 3) {
    return t.skip("this kernel's BTF has no such tags");
  }
  const kfuncs = answer("btf", "dump", "vmlinux", "--tag", "bpf_kfunc", "-j");
  assert.ok(kfuncs.length > 20 && kfuncs.every(({ kind }) => kind === "func"));
  assert.match(dump("vmlinux", "--tag", "bpf_kfunc"), /\bbpf_path_d_path\(/);
  assert.match(dump("vmlinux", "bpf_kfunc", "--kind", "decl_tag"),
    /^\/\* tag "bpf_kfunc" on bpf_path_d_path\(\) \*\/$/m);
});

test("a program's types compile, to the sizes that bpftool's have", () => {
  const ours = sizes(dump(id));
  assert.ok(ours.size > 0);
  assert.deepEqual(ours, sizes(bpftool(id)));
});

test("one type with all that it needs compiles alone, to the kernel's size", () => {
  const text = dump("vmlinux", "task_struct", "--kind", "struct");
  const [type] = answer("query", `{ btf(id: 1) { types(search: "task_struct", kind: "struct",
    first: 50) { name size } } }`).data.btf.types.filter(({ name }) => name === "task_struct");
  assert.equal(sizes(text).get("struct task_struct"), type.size);
});

test("functions and variables are declared", () => {
  assert.match(dump("vmlinux", "tcp_v4_connect", "--kind", "func"),
    /^int tcp_v4_connect\(struct sock \*\w+, struct sockaddr \*\w+, int \w+\);$/m);
  assert.match(dump(id, "cli_flows", "--kind", "var"), /^\} cli_flows;$/m);
});

test("a name is that type alone, else a part of names, or a glob", () => {
  const named = (...args) => answer("btf", "dump", "vmlinux", ...args, "-j").map(({ name }) => name);
  assert.deepEqual(named("list_head", "--kind", "struct"), ["list_head"]);
  assert.ok(named("LIST_HEAD", "--kind", "struct").includes("hlist_head"));
  const infos = named("bpf_*_info", "--kind", "struct");
  assert.ok(infos.includes("bpf_link_info"));
  assert.ok(infos.every((name) => /^bpf_.*_info$/.test(name)), String(infos));
  assert.ok(answer("btf", "dump", id, "--kind", "pointer", "-j").length > 0);
});

test("object files and raw BTF, for anybody", () => {
  const object = `${build}/tests/bpf/cli.bpf.o`;
  const file = object.includes("/") ? object : `./${object}`;
  assert.deepEqual(sizes(dump(file, "flow")), new Map([["struct flow", 8]]));
  const user = { uid: 65534, gid: 65534 };
  for (const name of ["vmlinux", "/sys/kernel/btf/vmlinux"]) {
    assert.match(lunette("btf", "dump", name, "list_head", user).stdout, /^struct list_head \{/);
  }
});

test("who uses it, and -j", () => {
  const row = answer("btf", "list", "-j").find((btf) => btf.id === id);
  assert.ok(row.programs.some((program) => program.id === held.ids.program));
  assert.ok(row.maps.some((map) => map.id === held.ids.cli_flows));
  const types = answer("btf", "dump", id, "flow", "-j");
  assert.ok(types.length > 0 && types.every(({ name }) => name.includes("flow")));
});

test("what is wrong is said in a line", () => {
  for (const [status, pattern, ...args] of [
    [3, /no BTF object is called 'nosuch'/, "nosuch"],
    [3, /no BTF object has the id 2147483647/, "2147483647"],
    [3, /no type of that name in 'vmlinux'/, "vmlinux", "no_such_type_anywhere"],
    [3, /^lunette: \.\/nosuch: No such file or directory\n$/, "./nosuch"],
    [1, /^lunette: \/etc\/passwd: it is no BTF\n$/, "/etc/passwd"],
    [3, /no type of that name in 'vmlinux'/, "vmlinux", "--tag", "no_such_tag"],
    [2, /'--kind' must be one of 'int'/, "vmlinux", "--kind", "class"],
  ]) {
    const run = lunette("btf", "dump", ...args);
    assert.equal(run.status, status, run.stderr);
    assert.match(run.stderr, pattern);
  }
});
