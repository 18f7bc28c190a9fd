// Commands other than map: help, scripts, queries, lists, and failures.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { until } from "../lib/server.mjs";
import { answer, binary, build, hold, lunette } from "./kernel.mjs";

let held;
let dir;

before(async () => {
  held = await hold();
  dir = mkdtempSync(join(tmpdir(), "lunette-cli-"));
});
after(async () => {
  rmSync(dir, { recursive: true });
  await held.close();
});

function script(name, text) {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

const COMMANDS = ["serve", "repl", "run", "query", "metrics", "tool", "top", "sampler", "check", "prog", "map",
  "link", "attach", "leaks", "btf", "inspect", "token", "completion", "help", "version"];

test("every command has its line in the help, and --help of its own", () => {
  const help = lunette("help");
  assert.equal(help.status, 0);
  for (const command of COMMANDS) {
    assert.match(help.stdout, new RegExp(`^ +${command}\\b`, "m"));
    const own = lunette(command, "--help");
    assert.equal(own.status, 0, own.stderr);
    assert.match(own.stdout, new RegExp(`^Usage: lunette ${command}`));
    assert.equal(lunette("help", command).stdout, own.stdout);
    for (const line of own.stdout.split("\n")) assert.ok(line.length <= 100, line);
  }
});

test("no command, a wrong one, a wrong option: exit code 2 and one line", () => {
  assert.equal(lunette().status, 2);
  assert.match(lunette().stdout, /^Usage: lunette/);
  const wrong = lunette("laeks");
  assert.deepEqual([wrong.status, wrong.stderr],
    [2, "lunette: unknown command 'laeks': did you mean 'leaks'? (see 'lunette help')\n"]);
  assert.equal(lunette("map", "dump", "x", "--limt", 1).stderr,
    "lunette: unknown option '--limt': did you mean '--limit'? (see 'lunette help map dump')\n");
  const option = lunette("version", "--frob");
  assert.deepEqual([option.status, option.stderr],
    [2, "lunette: unknown option '--frob' (see 'lunette help version')\n"]);
});

test("help api: the reference of the Lua API", () => {
  assert.match(lunette("help", "api", "bpf.pinned").stdout, /^bpf\.pinned\(path\)\nThe pin at a path/);
  assert.match(lunette("help", "api").stdout, /^bpf\.map +Opens a map/m);
  const wrong = lunette("help", "api", "bpf.pinnd");
  assert.deepEqual([wrong.status, wrong.stderr], [3, "lunette: the API has no 'bpf.pinnd': did you mean 'bpf.pinned'?\n"]);
  assert.match(lunette("repl", "-e", "help(bpf.pin)").stdout, /^bpf\.pin\(handle, path\)\n/);
  assert.match(lunette("help").stdout, /--root DIR/);
});

test("completion: what the shells take", () => {
  const bash = spawnSync("bash", ["-c", `source <("$1" completion bash) && complete -p lunette`,
    "bash", binary], { encoding: "utf8" });
  assert.match(bash.stdout, /^complete .*-F _lunette .*lunette$/m, bash.stderr);
  assert.match(lunette("completion", "zsh").stdout, /^#compdef lunette/);
  assert.match(lunette("completion", "fish").stdout, /complete -c lunette/);
  assert.match(lunette("completion", "words", "--", "map", "dump", "--dec").stdout, /^--decode\t/);
  assert.equal(lunette("completion", "tcsh").status, 2);
});

test("version, in both spellings", () => {
  assert.match(lunette("version").stdout, /^lunette \d+\.\d+\.\d+\n$/);
  assert.equal(lunette("--version").stdout, lunette("version").stdout);
});

test("run: arguments, the table arg, and the exit code", () => {
  const path = script("args.lua", "print(arg[0] == ... , select('#', ...), arg[1], ...)\nreturn 7");
  const run = lunette("run", path, "--x", "a b");
  assert.equal(run.stdout, "false\t2\t--x\t--x\ta b\n");
  assert.equal(run.status, 7);
  assert.equal(lunette("run", script("exit.lua", "os.exit(9)")).status, 9);
  assert.equal(lunette("run", "-", { input: "print(#require('bpf').ids('map') > 0)" }).stdout,
    "true\n");
});

test("run: a script that is executable by its first line", () => {
  const path = script("shebang.lua", `#!${binary.startsWith("/") ? binary : `${process.cwd()}/${binary}`
  } run\nprint("ran", ...)`);
  // The kernel gives all that follows the interpreter as one argument.
  chmodSync(path, 0o755);
  const child = lunette("run", path, "x");
  assert.equal(child.stdout, "ran\tx\n");
});

test("run: errors name the line, with the script's own frames only", () => {
  const path = script("boom.lua", "local function f() error('boom') end\n\nf()\nprint('no')");
  const run = lunette("run", path);
  assert.equal(run.status, 1);
  assert.match(run.stderr, /^lunette: .*boom\.lua:1: boom\nstack traceback:\n/);
  assert.match(run.stderr, /boom\.lua:3: in main chunk\n$/);
  const syntax = lunette("run", script("syntax.lua", "x = = 1"));
  assert.equal(syntax.status, 1);
  assert.match(syntax.stderr, /^lunette: .*syntax\.lua:1: unexpected symbol near '='\n$/);
  const missing = lunette("run", join(dir, "missing.lua"));
  assert.equal(missing.status, 3);
  assert.match(missing.stderr, /^lunette: .*missing\.lua: No such file or directory\n$/);
  assert.equal(lunette("run").status, 2);
  const table = lunette("run", script("table.lua", "error({ code = 7 })"));
  assert.match(table.stderr, /^lunette: \{ code = 7 \}\nstack traceback:\n/);
});

test("run: Ctrl-C stops it, closes what it holds, and gives 130", async () => {
  const path = script("loop.lua", `
    local guard <close> = setmetatable({}, { __close = function() print("closed") end })
    print("started") io.stdout:flush()
    while true do pcall(function() while true do end end) end`);
  const child = spawn(binary, ["run", path]);
  let text = "";
  let errors = "";
  child.stderr.on("data", (data) => { errors += data; });
  await new Promise((resolve) => child.stdout.on("data", (data) => {
    text += data;
    if (text.includes("started")) resolve();
  }));
  child.kill("SIGINT");
  const code = await new Promise((resolve) => child.once("close", resolve));
  assert.deepEqual([code, text, errors], [130, "started\nclosed\n", "lunette: interrupted\n"]);
});

test("run: busted runs in it", () => {
  const run = lunette("run", "/usr/bin/busted", "--no-auto-insulate", "-o", "TAP",
    "tests/lua/repl/parse_spec.lua");
  assert.equal(run.status, 0, run.stdout + run.stderr);
  assert.match(run.stdout, /^ok 1 - /m);
});

test("query: the response, and exit codes for what is wrong in it", () => {
  const id = held.ids.cli_flows;
  const document = "query ($id: Int!) { map(id: $id) { id name } }";
  assert.deepEqual(answer("query", document, "--variables", JSON.stringify({ id })),
    { data: { map: { id, name: "cli_flows" } } });
  assert.deepEqual(answer("query", "-", "--operation", "b", {
    input: "query a { host { name } } query b { __typename }" }), { data: { __typename: "Query" } });
  const path = script("query.graphql", "{ __typename }");
  assert.deepEqual(answer("query", `@${path}`), { data: { __typename: "Query" } });
  const wrong = lunette("query", "{ nope }");
  assert.equal(wrong.status, 1);
  assert.match(JSON.parse(wrong.stdout).errors[0].message, /nope/);
  assert.equal(lunette("query", "{ map(id: 2147483647) { id } }").status, 3);
  assert.equal(lunette("query", "{ __typename }", "--variables", "[").status, 2);
  assert.equal(lunette("query", "@/nonexistent").status, 3);
});

test("query: mutations need --allow-write", () => {
  const path = `/sys/fs/bpf/lunette-query-${process.pid}`;
  const mutation = `mutation { pinMap(id: ${held.ids.cli_flows}, path: "${path}") { error } }`;
  const refused = lunette("query", mutation);
  assert.notEqual(refused.status, 0);
  assert.match(refused.stdout, /allow-write|not allowed/i);
  assert.deepEqual(answer("query", mutation, "--allow-write"), { data: { pinMap: { error: null } } });
  assert.equal(lunette("map", "unpin", path).status, 0);
});

test("query: a script's fields are there", () => {
  const path = script("field.lua", `require("lunette").graphql.extend("Map", {
    shout = { type = "String", resolve = function(map) return map.name:upper() end } })`);
  assert.deepEqual(answer("query", `{ map(id: ${held.ids.cli_flows}) { shout } }`, "--script", path),
    { data: { map: { shout: "CLI_FLOWS" } } });
});

test("query: a subscription prints a line an event", () => {
  const run = lunette("query", "subscription { health(every: 0.1) { version uptime } }", "--events", 2);
  assert.equal(run.status, 0, run.stderr);
  const events = run.stdout.trim().split("\n").map(JSON.parse);
  assert.equal(events.length, 2);
  assert.match(events[1].data.health.version, /^\d/);
});

test("metrics rule: by the decoder of a script, too", () => {
  const path = script("decoder.lua", `local d = require("lunette").decode
    require("lunette").decoder { name = "mine", match = { name = "cli_flows" },
      key = d.struct { d.u32():as("who"), d.skip(4) }, value = d.struct { d.u64():as("seen"), d.skip(8) } }`);
  const rule = lunette("metrics", "rule", held.ids.cli_flows, "--script", path);
  assert.match(rule.stdout, /^-- mine: declared at .*decoder\.lua:2/);
  assert.match(rule.stdout, /labels = \{ who = "key\.who" \}/);
  assert.match(lunette("metrics", "rule", held.ids.cli_flows).stdout, /"value\.packets"/);
  assert.equal(lunette("metrics", "rule", "no_such_map").status, 3);
});

test("prog: list and show", () => {
  const id = held.ids.program;
  const [program] = answer("prog", "list", "-j", "--name", "cli_count")
    .filter((one) => one.id === id);
  assert.equal(program.type, "SocketFilter");
  assert.deepEqual(program.maps.map((map) => map.name), ["cli_cpus"]);
  assert.match(lunette("prog", "list", "--type", "socket_filter").stdout,
    new RegExp(`${id}  socket_filter +cli_count`));
  const text = lunette("prog", "show", id).stdout;
  assert.match(text, /^program \d+ {2}cli_count\n/);
  assert.match(text, /^ {2}maps +\d+ cli_cpus \(percpu_array\)$/m);
  assert.equal(answer("prog", "show", id, "-j").tag, program.tag);
  assert.match(lunette("prog", "list", "--csv").stdout, /^id,kernelType,name,tag,loadTime/);
  assert.equal(lunette("prog", "show", "no_such_program").status, 3);
  assert.equal(lunette("prog", "show", 4294967294).status, 3);
});

test("check in another network namespace, where the compiler's setting is not shown", () => {
  const run = spawnSync("unshare", ["-n", binary, "check", "-j"], { encoding: "utf8" });
  const found = (text) => JSON.parse(text).host.features.find((feature) => feature.name === "just-in-time compiler");
  assert.deepEqual(found(run.stdout), found(lunette("check", "-j").stdout));
});

test("check judges by effective capabilities, not by the real user", (t) => {
  const caps = "+sys_admin,+bpf,+perfmon,+net_admin,+syslog,+dac_read_search";
  const run = spawnSync("setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups",
    "--inh-caps", caps, "--ambient-caps", caps, binary, "check", "-j"], { encoding: "utf8" });
  if (run.stderr.startsWith("setpriv:")) return t.skip(run.stderr);
  const offered = (text) => JSON.parse(text).host.features.map((f) => [f.name, f.available]);
  assert.deepEqual(offered(run.stdout), offered(lunette("check", "-j").stdout));
});

test("without /proc: one line, and no empty list", () => {
  const under = (...args) => spawnSync("unshare", ["-m", "sh", "-c", 'umount -l /proc && exec "$@"', "sh", binary, ...args], { encoding: "utf8" });
  const list = under("prog", "list");
  assert.deepEqual([list.status, list.stdout, list.stderr], [1, "", "lunette: there is no /proc: mount -t proc proc /proc\n"]);
  assert.match(under("query", "{ maps { id } }").stdout, /^\{"errors":\[\{"message":"listing maps: Input\/output error"/);
});

test("prog run: by hand, with a packet", () => {
  const slot = () => answer("map", "dump", held.ids.cli_cpus, "-j", "--cpus", "sum")[0].value;
  const before = Number(slot());
  const packet = "00".repeat(14);
  const result = answer("prog", "run", held.ids.program, "--input", packet, "--times", 5, "-j");
  assert.equal(result.error, null);
  assert.equal(result.result, 0);
  assert.equal(Number(slot()) - before, 5);
  writeFileSync(join(dir, "packet"), Buffer.alloc(14));
  assert.match(lunette("prog", "run", held.ids.program, "--input", `@${join(dir, "packet")}`).stdout,
    /^program \d+, 1 times\n {2}result +0\n {2}duration +\S+\n/);
  const odd = lunette("prog", "run", held.ids.program, "--input", "abc");
  assert.equal(odd.status, 1);
  assert.match(odd.stderr, /^lunette: program \d+: input: hex 'abc' has an odd number of digits\n$/);
  assert.equal(lunette("prog", "run", held.ids.program, "--input", "@/nonexistent").status, 3);
  assert.match(lunette("prog", "run", held.ids.program).stderr,
    /^lunette: program \d+: the kernel refuses .*: none was given, see --input and --context\n$/);
});

test("names that several objects have are refused with their ids", async () => {
  const second = await hold();
  try {
    const run = lunette("map", "dump", "cli_flows");
    assert.equal(run.status, 2);
    assert.match(run.stderr, /several maps are called 'cli_flows': give one of the ids/);
    assert.match(run.stderr, new RegExp(`\\b${held.ids.cli_flows}\\b`));
  } finally {
    await second.close();
  }
});

test("link: list, show, detach", () => {
  const run = lunette("run", script("links.lua", `
    local bpf = require("bpf")
    local object <close> = assert(bpf.load(arg[2]))
    assert(object:attach())
    local program = object:progs()[1].id
    for _, link in ipairs(bpf.links()) do
      if link.prog_id == program then
        local function cli(line)
          local pipe = io.popen(arg[1] .. " link " .. line)
          print(pipe:read("a"), select(3, pipe:close()))
        end
        cli("list --program " .. program)
        cli("show " .. link.id)
        cli("detach " .. link.id)
      end
    end`), binary, `${build}/examples/syscalls/syscalls.bpf.o`);
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stdout, /^ *ID +TYPE +ATTACH +TARGET +PROGRAM/);
  assert.match(run.stdout, /raw_tracepoint +.*sys_enter +\d+ count_syscall/);
  assert.match(run.stdout, /link \d+ {2}raw_tracepoint\n {2}target +.*sys_enter/);
  assert.equal(lunette("link", "show", 4294967294).status, 3);
});

test("attach list: where programs hang", () => {
  const run = lunette("run", script("attach.lua", `
    local bpf = require("bpf")
    local object <close> = assert(bpf.load(arg[2]))
    assert(object:attach())
    local id = object:progs()[1].id
    for _, options in ipairs { "", " -j", " --csv", " --effective -j" } do
      local pipe = io.popen(arg[1] .. " attach list --program " .. id .. options)
      print((pipe:read("a"):gsub("%s+$", "")))
      pipe:close()
    end`), binary, `${build}/examples/syscalls/syscalls.bpf.o`);
  assert.equal(run.status, 0, run.stderr);
  const lines = run.stdout.trim().split(/\r?\n/);
  assert.match(lines[0], /^WHERE +TARGET +AS +ID +PROGRAM +HOW +AGE +HELD BY$/);
  assert.match(lines[1], /^raw_tracepoint +sys_enter +- +\d+ +count_syscall +link \d+ +\d+\w+ +\d+ lunette$/);
  const [attachment] = JSON.parse(lines[2]);
  assert.equal(attachment.program.name, "count_syscall");
  assert.ok(Math.abs(attachment.since - Date.now() / 1000) < 60);
  assert.equal(lines[3], "kind,target,how,attachType,programId,programName,since,heldBy,as");
  assert.equal(JSON.parse(lines.at(-1))[0].program.name, "count_syscall");
});

test("attach list: as what programs hang where several can", () => {
  const name = `lunette-as-${process.pid}`;
  const sh = (command) => execFileSync("sh", ["-ec", command], { encoding: "utf8", stdio: "pipe" });
  try {
    sh(`ip netns add ${name}
      ip -n ${name} link add "o'ne" type veth peer name 'tw"o'
      tc -n ${name} qdisc add dev "o'ne" clsact
      for side in ingress egress; do
        nsenter --net=/run/netns/${name} tc filter add dev "o'ne" $side prio 7 bpf da \
          obj ${build}/tests/bpf/run.bpf.o section tc
      done`);
    const rows = lunette("attach", "list").stdout.split("\n").filter((line) => line.includes(name));
    for (const side of ["ingress", "egress"]) {
      assert.ok(rows.some((row) => new RegExp(`^tc +o'ne in \\S+${name} +${side} priority 7 +\\d+ `)
        .test(row)), rows.join("\n"));
    }
    const csv = lunette("attach", "list", "--csv").stdout.split("\n");
    assert.ok(csv.some((line) => line.includes(name) && line.endsWith(",ingress priority 7")));
  } finally {
    sh(`ip netns del ${name} || true`);
  }
});

test("leaks: what nobody holds but a pin", async () => {
  const path = `/sys/fs/bpf/lunette-leak-${process.pid}`;
  const id = Number(lunette("run", script("leak.lua", `
    local bpf = require("bpf")
    local object <close> = assert(bpf.load(arg[1]))
    local map <close> = object:map("cli_empty")
    assert(bpf.pin(map, arg[2]))
    print(map:info().id)`), `${build}/tests/bpf/cli.bpf.o`, path).stdout);
  try {
    const leak = await until(() =>
      answer("leaks", "-j").find((one) => one.kind === "MAP" && one.id === id), { what: "the leak" });
    assert.equal(leak.name, "cli_empty");
    assert.match(lunette("leaks").stdout, new RegExp(`^map +${id} +cli_empty +\\S+ +`, "m"));
  } finally {
    assert.equal(lunette("map", "unpin", path).status, 0);
  }
});

test("btf: list and dump", () => {
  const list = answer("btf", "list", "-j");
  assert.equal(list.find((btf) => btf.name === "vmlinux").kernel, true);
  assert.match(lunette("btf", "list").stdout, /^ *ID +NAME +SIZE +KERNEL/);
  const text = lunette("btf", "dump", "vmlinux", "bpf_map_info", "--kind", "struct").stdout;
  assert.match(text, /struct bpf_map_info \{\n\t__u32 type;/);
  assert.equal(lunette("btf", "dump", "vmlinux", "no_such_type_at_all").status, 3);
});

test("inspect: dev-agent's columns", () => {
  assert.match(lunette("inspect", "progs", "list").stdout,
    /^Name +ID +Type +Tag +RunCount +RunTime +AvgRunTime\n/);
  const maps = lunette("inspect", "maps", "list").stdout;
  assert.match(maps,
    /^ID +Name +FD +Type +Flags +IsPinned +KeySize +ValueSize +MaxEntries\n/);
  assert.match(maps, new RegExp(
    `^${held.ids.cli_cpus} +cli_cpus +\\d+ +PerCPUArray +0 +false +4 +8 +2$`, "m"));
});

test("check: the host, and scripts", () => {
  const host = answer("check", "-j");
  assert.ok(host.host.features.every((feature) => typeof feature.available === "boolean"));
  const good = lunette("check", "--script", script("good.lua",
    'require("lunette").decoder { match = { name = "x" }, value = require("lunette").decode.u32() }'));
  assert.match(good.stdout, /good\.lua: ok, 1 decoder\n/);
  const bad = lunette("check", "--script", script("bad.lua", "local x = nil\nx.y = 1"));
  assert.equal(bad.status, 1);
  assert.match(bad.stdout, /bad\.lua: fails\n {2}.*bad\.lua:2: attempt to index a nil value/);
  assert.equal(lunette("check", "--script", join(dir, "none.lua")).status, 3);
  const endless = lunette("check", "--script", script("endless.lua", "\nwhile true do pcall(function() while true do end end) end"));
  assert.equal(endless.status, 1);
  assert.match(endless.stdout, /endless\.lua: fails\n {2}.*endless\.lua:2: over budget: 10\.0 seconds\n/);
  const metrics = lunette("metrics", "--script", join(dir, "endless.lua"));
  assert.equal(metrics.status, 1);
  assert.match(metrics.stderr, /^lunette: .*endless\.lua:2: over budget: 10\.0 seconds\n/);
});

test("programs: what is wrong is said in a line, with its exit code", () => {
  const id = held.ids.program;
  for (const [status, pattern, ...args] of [
    [3, /no program has the id 2147483647$/, "show", 2147483647],
    [3, /no program has the id 0$/, "show", 0],
    [3, /no program has the id 99999999999999999999$/, "cfg", "99999999999999999999"],
    [3, /no program has the id 2147483647$/, "dump", "xlated", 2147483647],
    [3, /no program has the id 2147483647$/, "hot", 2147483647],
    [3, /no program has the id 2147483647$/, "run", 2147483647],
    [3, /no program is called 'no_such'$/, "dump", "jited", "no_such"],
    [3, /nothing is pinned there$/, "show", "/sys/fs/bpf/no/such/pin"],
    [2, /'what' must be one of 'xlated', 'jited'/, "dump", "all", id],
    [2, /'0' is not a number from 1 to 20000/, "hot", "--hertz", 0],
    [2, /'x' is not a number of seconds above 0/, "hot", "--seconds", "x"],
    [2, /'event' must be one of 'cycles'/, "profile", id, "laughs"],
    [2, /unknown type 'no_such'$/, "list", "--type", "no_such"],
    [2, /unknown command 'frob'/, "frob"],
  ]) {
    const run = lunette("prog", ...args);
    assert.equal(run.status, status, `${args}: ${run.stderr}`);
    assert.match(run.stderr.trimEnd(), pattern);
    assert.equal(run.stderr.trimEnd().split("\n").length, 1);
    assert.equal(run.stdout, "");
  }
});

test("without root: one line that says what is missing, and check says what it costs", () => {
  const user = { uid: 65534, gid: 65534 };
  for (const args of [["prog", "list"], ["map", "list"], ["map", "dump", "1"], ["link", "list"],
    ["btf", "list"], ["inspect", "maps", "list"], ["top", "--once"], ["metrics"]]) {
    const run = lunette(...args, user);
    assert.equal(run.status, 4, `${args}: ${run.stderr}`);
    assert.match(run.stderr, /^lunette: [^\n]*CAP_SYS_ADMIN[^\n]*\n$/);
    assert.equal(run.stdout, "");
  }
  const check = lunette("check", user);
  assert.equal(check.status, 1);
  assert.match(check.stdout, /missing +CAP_SYS_ADMIN +no object can be listed/);
});

test("output that can't be written is an error", () => {
  for (const args of [["prog", "list"], ["map", "dump", held.ids.cli_flows, "-j"], ["help"]]) {
    const full = openSync("/dev/full", "w");
    const run = lunette(...args, { stdio: ["ignore", full, "pipe"] });
    closeSync(full);
    assert.equal(run.status, 1, args.join(" "));
    assert.match(run.stderr, /^lunette: the output can't be written/);
  }
});

test("output that is cut off is no error to tell", () => {
  const run = spawn("sh", ["-c", `${binary} btf dump vmlinux bpf | head -1`]);
  return new Promise((resolve) => {
    let errors = "";
    run.stderr.on("data", (data) => { errors += data; });
    run.once("close", () => {
      assert.equal(errors, "");
      resolve();
    });
  });
});
