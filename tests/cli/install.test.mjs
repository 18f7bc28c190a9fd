// The results of `make install` and `make deb`: files, man pages, completions, the service.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { binary, build, hold } from "./kernel.mjs";

let root;
let held;

before(async () => {
  held = await hold();
  root = mkdtempSync(join(tmpdir(), "lunette-root-"));
  execFileSync("cmake", ["--install", build, "--strip", "--prefix", "/usr"],
    { env: { ...process.env, DESTDIR: root }, stdio: "pipe" });
});
after(async () => {
  rmSync(root, { recursive: true });
  await held.close();
});

const installed = (...names) => join(root, ...names);

/** The words that bash offers for a line that ends at the cursor. */
function bash(...words) {
  const script = `source "$1"; shift; PATH="$0:$PATH"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _lunette 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", script, installed("usr/sbin"),
    installed("usr/share/bash-completion/completions/lunette"), "lunette", ...words],
  { encoding: "utf8" }).split("\n").filter(Boolean);
}

test("install: the binary runs from where it was put, and the examples with it", () => {
  const lunette = installed("usr/sbin/lunette");
  const run = spawnSync(lunette, ["--version"], { encoding: "utf8", cwd: "/", env: {} });
  assert.match(run.stdout, /^lunette \d+\.\d+\.\d+\n$/);
  const check = spawnSync(lunette, ["check", "--script",
    installed("usr/share/lunette/examples/syscalls")], { encoding: "utf8", cwd: "/" });
  assert.equal(check.status, 0, check.stdout + check.stderr);
  assert.match(readFileSync(installed("usr/share/doc/lunette/copyright"), "utf8"), /civetweb/);
  assert.ok(!existsSync(installed("usr/share/lunette/examples/CMakeFiles")));
});

test("man pages: one a command, which man formats without a complaint", (t) => {
  const folder = installed("usr/share/man/man8");
  for (const command of ["serve", "map", "prog", "metrics", "top", "query", "leaks"]) {
    assert.ok(readdirSync(folder).includes(`lunette-${command}.8`), command);
  }
  const page = spawnSync("man", ["--warnings", "-l", join(folder, "lunette-map.8")],
    { encoding: "utf8", env: { ...process.env, MANWIDTH: "100", LC_ALL: "C.UTF-8" } });
  if (page.error) return t.skip("no man on this machine");
  assert.equal(page.stderr, "");
  assert.match(page.stdout, /lunette map dump/);
  assert.match(page.stdout, /--where CONDITION\n +Only rows for which this holds/);
});

test("completion: commands, options, choices, and the objects that exist", () => {
  assert.deepEqual(bash("ser"), ["serve"]);
  assert.deepEqual(bash("map", "du"), ["dump"]);
  assert.deepEqual(bash("map", "dump", "x", "--nd"), ["--ndjson"]);
  assert.deepEqual(bash("map", "dump", "--cpus", ""), ["sum", "each", "both"]);
  assert.ok(bash("map", "dump", "").includes("cli_flows"));
  assert.ok(bash("map", "show", "cli_f").includes("cli_flows"));
  assert.deepEqual(bash("run", `${installed("usr/share/lunette/examples/hel")}`),
    [installed("usr/share/lunette/examples/hello.lua")]);
});

test("completion: a name that a shell would run is left out", () => {
  const names = execFileSync(binary, ["completion", "words", "--", "map", "dump", ""],
    { encoding: "utf8" }).split("\n").filter(Boolean);
  assert.ok(names.length > 0);
  for (const line of names) assert.match(line, /^[\w.:-]+\t/);
});

test("the service: its unit names the binary, and is what systemd takes", () => {
  const unit = readFileSync(installed("usr/lib/systemd/system/lunette.service"), "utf8");
  assert.match(unit, /^ExecStart=\/usr\/sbin\/lunette serve --script \/etc\/lunette\/scripts /m);
  assert.ok(existsSync(installed("etc/lunette/scripts")));
  assert.ok(existsSync(installed("etc/default/lunette")));
});

test("the container image: a layout of OCI, which runs with nothing else below it", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "lunette-image-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = execFileSync(".ci/image", [build], { encoding: "utf8" }).trim();
  assert.ok(statSync(file).size < 60e6);
  execFileSync("tar", ["-C", folder, "-xf", file]);
  const json = (digest) => JSON.parse(readFileSync(join(folder, "blobs/sha256", digest.slice(7)), "utf8"));
  const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
  const manifest = json(index.manifests[0].digest);
  assert.deepEqual(json(manifest.config.digest).config.Entrypoint, ["/usr/sbin/lunette"]);
  const layer = join(folder, "blobs/sha256", manifest.layers[0].digest.slice(7));
  execFileSync("sh", ["-c", 'mkdir "$0/root" && tar -C "$0/root" -xzf "$1"', folder, layer]);
  const run = spawnSync("unshare", ["-m", "sh", "-c", `mount -t proc proc "$0/proc" && mount --rbind /sys "$0/sys" &&
    chroot "$0" /usr/sbin/lunette query '{ maps(filter: { name: "cli_flows" }) { name } }'`, join(folder, "root")], { encoding: "utf8" });
  assert.match(run.stdout, /^\{"data":\{"maps":\[\{"name":"cli_flows"\}/, run.stderr);
});

test("the package: dpkg reads it, and its libraries are named", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "lunette-deb-"));
  t.after(() => rmSync(folder, { recursive: true }));
  execFileSync("cpack", ["-G", "DEB", "-B", folder, "--config", resolve(build, "CPackConfig.cmake")],
    { cwd: build, stdio: "pipe" });
  const [deb] = readdirSync(folder).filter((name) => name.endsWith(".deb"));
  const fields = execFileSync("dpkg-deb", ["-f", join(folder, deb)], { encoding: "utf8" });
  assert.match(fields, /^Depends: .*libbpf1.*liblua5\.4-0/m);
  assert.match(execFileSync("dpkg-deb", ["-c", join(folder, deb)], { encoding: "utf8" }),
    / \.\/etc\/default\/lunette\n/);
});
