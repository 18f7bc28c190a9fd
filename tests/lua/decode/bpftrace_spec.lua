-- bpftrace's maps: what its script says, and that what we read is what bpftrace prints.

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

  it("survives what is no script", function()
    assert.same({}, script.maps(""))
    for _, text in ipairs { "@", "@[", "@x[", '@x["', "@x = ", "@x[a(] = 1", "$", "$y = (", "/*",
      "@x = (((", "@a[@a[@a[1]]] = @a", '@s = "\\' } do
      assert.is_table(script.maps(text))
    end
  end)
end)

-- Values that do not change any more once set, so that both sides see the same.
local PROGRAM = [[BEGIN {
  @zz_num = 42; @zz_str = "hello"; @zz_cnt = count(); @zz_cnt = count();
  @zz_s = sum(10); @zz_s = sum(20); @zz_mn = min(5); @zz_mn = min(3);
  @zz_mx = max(5); @zz_mx = max(9); @zz_av = avg(10); @zz_av = avg(20);
  @zz_st = stats(10); @zz_st = stats(30);
  @zz_h = hist(0); @zz_h = hist(1); @zz_h = hist(100); @zz_h = hist(-1); @zz_h = hist(5000);
  @zz_l = lhist(5, 0, 100, 10); @zz_l = lhist(-3, 0, 100, 10); @zz_l = lhist(500, 0, 100, 10);
  @zz_k2[7, comm] = count(); @zz_k3[comm, 7, "abc"] = sum(3);
  @zz_hk[comm] = hist(10); @zz_hk[comm] = hist(1000); @zz_sk[1, 2] = stats(7);
  @zz_lk["x"] = lhist(3, 0, 10, 1); @zz_ks[ksym(kaddr("vfs_read"))] = count();
  @zz_ip[ntop(0x0100007f)] = count(); @zz_t[1] = (1, "abc", 3); @zz_n[-5] = -7;
}]]

-- Lines without order: bpftrace and we sort equal values as they come.
local function sorted_lines(text)
  local lines = {}
  for line in text:gmatch("[^\n]+") do
    if line:match("^@zz") or line:match("^[%[(]") then
      lines[#lines + 1] = (line:gsub("%s+$", ""))
    end
  end
  table.sort(lines)
  return lines
end

-- The maps that one process holds, by what the decoder says of them: others may run meanwhile.
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

-- Its script's last statement fills @zz_n, when every map has long been made.
local function maps_of(pid)
  for _ = 1, 300 do
    local last = open_maps(pid, "^AT_zz_n$")
    local filled = last[1] and last[1]:count() > 0
    close_all(last)
    if filled then return open_maps(pid, "^AT_zz") end
    os.execute("sleep 0.2")
  end
  error("bpftrace did not come up")
end

describe("bpftrace's maps", function()
  if not os.execute("command -v bpftrace >/dev/null") then
    pending("bpftrace is not installed")
    return
  end

  it("read as bpftrace prints them at its exit", function()
    local out = os.tmpname()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(PROGRAM)
    file:close()
    local pid = fixture.output(("bpftrace %s >%s 2>&1 & echo $!"):format(path, out)):match("%d+")
    local texts = {}
    for _, map in ipairs(maps_of(pid)) do
      texts[#texts + 1] = assert(bpftrace_table.text(map))
      map:close()
    end
    -- bpftrace 0.17 may miss the first signal.
    fixture.run("while kill -INT %s 2>/dev/null; do timeout 2 tail --pid=%s -f /dev/null; "
      .. "done; true", pid, pid)
    local printed = assert(io.open(out)):read("a")
    os.remove(out)
    os.remove(path)
    assert.equal(19, #texts)
    assert.same(sorted_lines(printed), sorted_lines(table.concat(texts, "\n")))
  end)
end)

-- Facts: bpftrace's own code generation (its tests/codegen: avg_stas_val, min_max_val). This
-- machine has 0.17, so the test fills the maps itself.
describe("the layouts of bpftrace 0.21 and later", function()
  local SCRIPT = "BEGIN { @zn_avg[7] = avg(1); @zn_stats[7] = stats(1); @zn_min[7] = min(1);"
    .. " @zn_max[7] = max(1); @zn_hist[7] = hist(1); @zn_keys[1, -2] = count();"
    .. " @zn_khash[kstack(6)] = count(); @zn_uhash[ustack(6)] = count();"
    .. " @zn_kin[kstack(6)] = count(); @zn_uin[ustack(6)] = count(); }"
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
    local histogram = text("zn_hist")
    assert.matches("%(%.%.%., 0%) +1 |", histogram)
    assert.matches("%[4, 8%) +5 |", histogram)
  end)

  it("name the frames of stacks, by their hash and where the key has them", function()
    assert.equal("@zn_khash[do_exit+0x5;vfs_read]: 5", text("zn_khash"))
    assert.equal("@zn_kin[do_exit+0x5;vfs_read]: 7", text("zn_kin"))
    assert.equal("@zn_uhash[__getpgid+0x4]: 6", (text("zn_uhash"):gsub("%[getpgid", "[__getpgid")))
    assert.equal("@zn_uin[__getpgid+0x4]: 8", (text("zn_uin"):gsub("%[getpgid", "[__getpgid")))
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
