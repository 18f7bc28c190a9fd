// lunette object show and verify: what they print, and their exit codes.

import assert from "node:assert/strict";
import { it } from "node:test";
import { folder, run } from "../lib/server.mjs";

const build = process.env.LUNETTE_BUILD || "build";
const refused = `${build}/tests/bpf/refused.bpf.o`, good = `${build}/tools/runqlat.bpf.o`;

it("object show says what this kernel lacks", async () => {
  const { stdout, code } = await run(["object", "show", refused]);
  assert.equal(code, 0);
  assert.match(stdout, /re_map +hash +4 +8 +16/);
  assert.match(stdout, /1 of 2 types and members that it relocates are not in this kernel/);
  assert.match(stdout, /struct task_struct\.no_such_member +field_byte_offset +1/);
  const json = JSON.parse((await run(["object", "show", good, "-j"])).stdout);
  assert.equal(json.programs.length, 3);
  assert.ok(json.relocations.some(({ what, found }) => what === "struct task_struct.pid" && found));
});

it("object verify fails where a program is refused, and shows the way there", async () => {
  const { stdout, stderr, code } = await run(["object", "verify", refused]);
  assert.equal(code, 1);
  assert.match(stdout, /re_good +raw_tracepoint +loaded/);
  assert.match(stdout, /re_unchecked is refused:\n(.*\n)+ +R0 invalid mem access/);
  assert.match(stderr, /2 of 3 programs are refused/);
  const full = await run(["object", "verify", refused, "--full", "--program", "re_unchecked"]);
  assert.match(full.stdout, /R10=fp0/);
});

it("object verify compares with a baseline", async () => {
  const before = JSON.parse((await run(["object", "verify", good, "-j"])).stdout);
  const files = folder({ "same.json": JSON.stringify(before), "none.json": "[]",
    "less.json": JSON.stringify(before.map((one) => ({ ...one, processed: Math.floor(one.processed / 2) }))) });
  const same = await run(["object", "verify", good, "--baseline", files.file("same.json")]);
  assert.equal(same.code, 0, same.stderr);
  assert.match(same.stdout, /switched .*\+0/);
  const worse = await run(["object", "verify", good, "--baseline", files.file("less.json")]);
  assert.equal(worse.code, 1);
  assert.match(worse.stderr, /switched: \d+ instructions, before \d+/);
  assert.equal((await run(["object", "verify", good, "--baseline", files.file("less.json"), "--worse", "300"])).code, 0);
  const none = await run(["object", "verify", good, "--baseline", files.file("none.json")]);
  assert.match(none.stderr, /it is not what 'object verify -j' prints/);
  files.remove();
});

it("build compiles with a vmlinux.h of the running kernel", async () => {
  const files = folder({ "good.bpf.c": `#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
SEC("raw_tp/sys_enter") int good(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	return BPF_CORE_READ(task, mm, arg_start) != WANTED;
}
char LICENSE[] SEC("license") = "GPL";
`, "bad.bpf.c": "#include \"vmlinux.h\"\nint x = ;\n" });
  const made = await run(["build", files.file("good.bpf.c"), "-D", "WANTED=1"]);
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /good\.bpf\.o: 1 program, 0 maps/);
  const seen = JSON.parse((await run(["object", "show", files.file("good.bpf.o"), "-j"])).stdout);
  assert.ok(seen.relocations.some(({ what, found }) => what === "struct task_struct.mm" && found));
  const bad = await run(["build", files.file("bad.bpf.c")]);
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /bad\.bpf\.c:2:9: error/);
  assert.equal((await run(["build", "/nonexistent.bpf.c"])).code, 3);
  files.remove();
});
