-- bpftrace's maps: their layout by the script, and decoded values compared with bpftrace's own
-- output.

local bpf = require("bpf")
local bpftrace_table = require("lunette.decode.bpftrace_table")
local fixture = require("tests.lua.support.fixture")
local script = require("lunette.decode.bpftrace_script")

describe("a bpftrace script", function()
  it("tells keys and aggregations", function()
    local maps = script.maps([[
      // @commented[pid] = count();
      BEGIN { $x = str(args->name); @a[pid, comm] = count(); @b = hist(10); @c++; }
      kprobe:f /pid == 1/ { @d[$x, "lit]eral"] = lhist(arg0, 0, 100, 10); /* @no = 1; */
        @e = (1, "abc"); @f[kstack(3), ustack] = sum(@a[pid, comm]); @g = ntop(arg1);
        if (@c == 4) { print(@b); } @h[comm == "x" ? 1 : 2] = min(arg2); }
    ]])
    assert.is_nil(maps["@commented"])
    assert.is_nil(maps["@no"])
    assert.equal("count", maps["@a"].aggregate)
    assert.same({ "int", "string" }, { maps["@a"].keys[1].kind, maps["@a"].keys[2].kind })
    assert.equal(16, maps["@a"].keys[2].size)
    assert.equal("hist", maps["@b"].aggregate)
    assert.equal("int", maps["@c"].value.kind)
    assert.same({ 64, 9 }, { maps["@d"].keys[1].size, maps["@d"].keys[2].size })
    assert.same({ 0, 100, 10 }, { maps["@d"].low, maps["@d"].high, maps["@d"].step })
    assert.equal("tuple", maps["@e"].value.kind)
    assert.same({ "kstack", 3, "ustack" },
      { maps["@f"].keys[1].kind, maps["@f"].keys[1].frames, maps["@f"].keys[2].kind })
    assert.equal("inet", maps["@g"].value.kind)
    assert.equal("min", maps["@h"].aggregate)
  end)

  it("tells signs as bpftrace does", function()
    local maps = script.maps([[
      tracepoint:syscalls:sys_enter_openat { $a = (uint64)5; @a = $a - 7; @b = 3 - 5;
        @c = nsecs - 5; @d = @a; @e = sum(pid - 5); @f = sum(args->flags);
        @g = args->mode - 5; @h = args->dfd - 5;
        @i = args->filename; @j = (int64)1 - 2; @k = -5; @l = comm == "a>b" ? -1 : 1; }
    ]])
    for name, unsigned in pairs { a = true, c = true, d = true, g = true, b = false, h = false,
      j = false, k = false, l = false } do
      assert.equal(unsigned, maps["@" .. name].value.unsigned == true, name)
    end
    assert.is_true(maps["@e"].unsigned)
    assert.is_nil(maps["@f"].unsigned)
    assert.equal("pointer", maps["@i"].value.kind)
  end)

  it("numbers probes, and formats of times, as bpftrace does", function()
    local maps = script.maps([[
      BEGIN { @a = strftime("%H", nsecs); printf("%s", "probe"); }
      t:sched:sched_switch, i:ms:5 /pid > 1 / 2/ { @b[probe] = count(); @c = strftime("%M", 1); }
      tracepoint:syscalls:sys_enter_openat { @d = probe; }
      END { @e = strftime("a\"b", 1); }
    ]])
    assert.same({ "%H", "%M", 'a"b' }, maps["@a"].value.formats)
    assert.same({ "tracepoint:sched:sched_switch", "interval:ms:5",
      "tracepoint:syscalls:sys_enter_openat" }, maps["@d"].value.names)
    maps = script.maps("tracepoint:syscalls:sys_enter_open* { @p = probe; }")
    assert.same("tracepoint:syscalls:sys_enter_open", maps["@p"].value.names[1])
    -- Only bpftrace knows the functions that a wildcard matches.
    assert.same({}, script.maps("k:vfs_* { @p = probe; }")["@p"].value.names)
  end)

  it("tells the function of a probe in user space or in the kernel", function()
    local maps = script.maps("uprobe:/bin/sh:main { @a = func; } kprobe:f { @b[func] = 1; }")
    assert.same({ "usym", "ksym" }, { maps["@a"].value.kind, maps["@b"].keys[1].kind })
  end)

  it("has lhist's bounds of parameters: 0.17 takes their positions, later versions them", function()
    local text = "BEGIN { @l = lhist(5, $1, $2, $3); @m = lhist(5, 0, 1_000, 10); }"
    local old = script.maps(text)["@l"]
    local new = script.maps(text, { params = { "0", "50", "5" } })["@l"]
    assert.same({ 1, 2, 3 }, { old.low, old.high, old.step })
    assert.same({ 0, 50, 5 }, { new.low, new.high, new.step })
    assert.equal(1000, script.maps(text)["@m"].high)
    assert.is_nil(script.maps(text, { params = {} })["@l"].low)
  end)

  it("survives what is no script", function()
    assert.same({}, script.maps(""))
    for _, text in ipairs { "@", "@[", "@x[", '@x["', "@x = ", "@x[a(] = 1", "$", "$y = (", "/*",
      "@x = (((", "@a[@a[@a[1]]] = @a", '@s = "\\' } do
      assert.is_table(script.maps(text))
    end
  end)
end)

-- The script's values no longer change once set, so that both sides read the same.
local PROGRAM = [[BEGIN {
  @zz_num = 42; @zz_str = "hello"; @zz_cnt = count(); @zz_cnt = count();
  @zz_s = sum(10); @zz_s = sum(20); @zz_mn = min(5); @zz_mn = min(3);
  @zz_mx = max(5); @zz_mx = max(9); @zz_av = avg(10); @zz_av = avg(20);
  @zz_st = stats(10); @zz_st = stats(30);
  @zz_h = hist(0); @zz_h = hist(1); @zz_h = hist(100); @zz_h = hist(-1); @zz_h = hist(5000);
  @zz_l = lhist(5, 0, 100, 10); @zz_l = lhist(-3, 0, 100, 10); @zz_l = lhist(500, 0, 100, 10);
  @zz_k2[7, comm] = count(); @zz_k3[comm, 7, "abc"] = sum(3);
  @zz_hk[comm] = hist(10); @zz_hk[comm] = hist(1000); @zz_sk[1, 2] = stats(7);
  @zz_lk["x"] = lhist(3, 0, 10, 1); @zz_sym[ksym(kaddr("vfs_read"))] = count();
  @zz_ip[ntop(0x0100007f)] = count(); @zz_t[1] = (1, "abc", 3);
  @zz_time = strftime("%H:%M:%S", nsecs); @zz_times[strftime("%Y", nsecs), comm] = count();
  @zz_user = username; @zz_users[username, 7] = count(); @zz_probe[probe, 2] = count();
  @zz_avn = avg(-10); @zz_avn = avg(-5); @zz_stn["x"] = stats(-10); @zz_stn["x"] = stats(-5);
  @zz_u = (uint64)5 - (uint64)10; @zz_us = sum((uint64)0xfffffffffffffff0); @zz_u3 = pid - 9999999;
  @zz_p4 = pton("127.0.0.1"); @zz_p6[pton("::1"), 3] = 1; @zz_nul[ksym(0)] = 1;
  @zz_buf = buf("ab\\x01\\xffef", 6); @zz_bufs[buf("abcdef", 6), 5] = 1;
  @zz_lp = lhist(50, $1, $2, $3); @zz_tt = ("a", (2, "bcd"), (int8)3, username, probe, (uint16)7);
  @zz_uk[ustack(perf, 2), 1] = count(); @zz_ub = ustack(bpftrace, 2);
}
tracepoint:syscalls:sys_enter_openat /@zz_once == 0/ {
  @zz_once = 1; @zz_mac = macaddr(args->filename); @zz_macs[macaddr(args->filename), 7] = 1;
  @zz_strs[comm, str(args->filename, 8)] = 1; @zz_tp = probe; @zz_ptr[args->filename] = 1;
  @zz_mix = (1, macaddr(args->filename), ntop(1), ksym(0), strftime("%H", nsecs));
  @zz_ks[kstack(bpftrace, 2), 1] = 1; @zz_kp = kstack(perf, 2);
  @zz_flags = args->flags - 100000000; @zz_mode = args->mode - 5;
}
uprobe:LIBC:getpid /pid == SELF && @zz_pid == 0/ {
  @zz_pid = 1; @zz_func[func] = 1; @zz_f = func; @zz_n[-5] = -7;
}]]

-- The path of this process's C library, whose getpid() bpf.owners() calls.
local function program_text()
  for line in io.lines("/proc/self/maps") do
    local path = line:match("(/%S*libc%.so%.6)$")
    if path then return (PROGRAM:gsub("LIBC", path):gsub("SELF", tostring(fixture.pid()))) end
  end
  error("this process has no libc.so.6")
end

-- Lines without order, because bpftrace and Lunette sort equal values differently.
local function sorted_lines(text)
  local lines = {}
  for line in text:gmatch("[^\n]+") do
    -- For a stack in perf format bpftrace prints addresses and files, too.
    line = line:gsub("^\t%x+ (%S+)", "%1"):gsub(" %(.*libc.*%)$", ""):gsub(" %(%[unknown%]%)$", "")
      :gsub("^%s+", ""):gsub("%s+$", "")
    local said = line:match("^Attaching") or line:match("^ERROR: .*RLIMIT") or line:match("^DEBUG")
    if not said and line ~= "" then
      lines[#lines + 1] = line
    end
  end
  table.sort(lines)
  return lines
end

-- The decoded maps of one process only, because other bpftrace processes may run.
local function open_maps(pid, pattern)
  local maps = {}
  for _, info in ipairs(bpf.maps()) do
    local map = info.name:match(pattern) and bpf.map(info.id)
    if map and map:decoder().why:find(("process %s "):format(pid), 1, true) then
      maps[#maps + 1] = map
    elseif map then
      map:close()
    end
  end
  return maps
end

local function close_all(maps)
  for _, map in ipairs(maps) do map:close() end
end

-- The script's last statement fills @zz_n, after all other maps are made.
local function maps_of(pid, out)
  for _ = 1, 300 do
    local last = open_maps(pid, "^AT_zz_n$")
    bpf.owners()
    local filled = last[1] and last[1]:count() > 0
    close_all(last)
    if filled then return open_maps(pid, "^AT_zz") end
    if not os.execute("kill -0 " .. pid .. " 2>/dev/null") then break end
    os.execute("sleep 0.2")
  end
  error("bpftrace did not come up: " .. assert(io.open(out)):read("a"))
end

describe("bpftrace's maps", function()
  if not os.execute("command -v bpftrace >/dev/null") then
    pending("bpftrace is not installed")
    return
  end

  -- Lunette's output, and then bpftrace's, as sorted lines.
  local function both()
    local out, path = os.tmpname(), os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(program_text())
    file:close()
    local pid = fixture.output(("bpftrace %s 50 100 5 >%s 2>&1 & echo $!"):format(path, out))
      :match("%d+")
    finally(function() os.execute("kill -KILL " .. pid .. " 2>/dev/null") end)
    local texts = {}
    for _, map in ipairs(maps_of(pid, out)) do
      texts[#texts + 1] = assert(bpftrace_table.text(map))
      map:close()
    end
    -- bpftrace 0.17 may miss the first signal; the second ends it before all is printed.
    fixture.run("while kill -INT %s 2>/dev/null; do timeout 20 tail --pid=%s -f /dev/null; "
      .. "done; true", pid, pid)
    local printed = assert(io.open(out)):read("a")
    os.remove(out)
    os.remove(path)
    return sorted_lines(table.concat(texts, "\n")), sorted_lines(printed), #texts
  end

  -- The lines of the first list that are missing in the second.
  local function beyond(lines, others)
    local left, counts = {}, {}
    for _, line in ipairs(others) do counts[line] = (counts[line] or 0) + 1 end
    for _, line in ipairs(lines) do
      counts[line] = (counts[line] or 0) - 1
      if counts[line] < 0 then left[#left + 1] = line end
    end
    return left
  end

  it("read as bpftrace prints them at its exit", function()
    -- With symbols of processes, bpftrace 0.17 sometimes leaves out a map.
    local missing
    for _ = 1, 8 do
      local ours, printed, count = both()
      assert.equal(52, count)
      assert.same({}, beyond(printed, ours))
      local left = beyond(ours, printed)
      missing = missing and beyond(missing, beyond(missing, left)) or left
      if #missing == 0 then break end
    end
    assert.same({}, missing)
  end)
end)

-- The layouts are facts of bpftrace's code generation (its tests/codegen: avg_stas_val,
-- min_max_val). This machine has 0.17, so the test fills such maps itself.
describe("the layouts of bpftrace 0.21 and later", function()
  local SCRIPT = "BEGIN { @zn_avg[7] = avg(1); @zn_stats[7] = stats(1); @zn_min[7] = min(1);"
    .. " @zn_max[7] = max(1); @zn_hist[7] = hist(1); @zn_keys[1, -2] = count();"
    .. " @zn_khash[kstack(6)] = count(); @zn_uhash[ustack(6)] = count();"
    .. " @zn_kin[kstack(6)] = count(); @zn_uin[ustack(6)] = count();"
    .. " @zn_mixed[comm, 7, \"abc\"] = count(); }"
  local pipe, pid

  setup(function()
    pipe = assert(io.popen(("exec %s run tests/lua/support/bpftrace_maps.lua -e '%s'")
      :format(fixture.binary(), SCRIPT)))
    pid = assert(pipe:read("l"))
  end)

  teardown(function()
    os.execute("kill " .. pid)
    pipe:close()
  end)

  local function open(name)
    for _, info in ipairs(bpf.maps()) do
      local map = info.name == "AT_" .. name and bpf.map(info.id)
      if map and map:decoder().why:find(("process %s "):format(pid), 1, true) then return map end
      if map then map:close() end
    end
    error("no map of the stand-in: " .. name)
  end

  local function text(name)
    local map <close> = open(name)
    return (assert(bpftrace_table.text(map)))
  end

  it("read as bpftrace means them", function()
    assert.equal("@zn_avg[7]: 20", text("zn_avg"))
    assert.equal("@zn_stats[7]: count 4, average -5, total -20", text("zn_stats"))
    assert.equal("@zn_keys[1, -2]: 11", text("zn_keys"))
    -- The map's BTF has the parts' offsets; the key has four bytes more than the parts.
    assert.equal("@zn_mixed[sleep, 7, abc]: 3", text("zn_mixed"))
    local histogram = text("zn_hist")
    assert.matches("%(%.%.%., 0%) +1 |", histogram)
    assert.matches("%[4, 8%) +5 |", histogram)
  end)

  it("name the frames of stacks, by their hash and where the key has them", function()
    local kernel, user = "[\n    do_exit+5\n    vfs_read\n]: ", "[\n    __getpgid+4\n]: "
    local function user_text(name) return (text(name):gsub(" getpgid", " __getpgid")) end
    assert.equal("@zn_khash" .. kernel .. 5, text("zn_khash"))
    assert.equal("@zn_kin" .. kernel .. 7, text("zn_kin"))
    assert.equal("@zn_uhash" .. user .. 6, user_text("zn_uhash"))
    assert.equal("@zn_uin" .. user .. 8, user_text("zn_uin"))
  end)

  it("leave out the CPUs that have no minimum or maximum", function()
    assert.equal("@zn_min[8]: 3\n@zn_min[7]: 5", text("zn_min"))
    assert.equal("@zn_max[7]: -9", text("zn_max"))
    local map <close> = open("zn_min")
    local support = require("tests.lua.schema.support")
    local page = support.ask(([[{ map(id: %d) { table(cpus: BOTH,
      sort: { column: "min", order: ASC }) { rows { cells } } } }]]):format(map:id())).map.table
    assert.same({ 3, 5 }, { page.rows[1].cells[2], page.rows[2].cells[2] })
  end)
end)
