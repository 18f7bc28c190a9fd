-- The kernel's features compared with bpftool's probes.

local bpf = require("bpf")
local features = require("lunette.features")
local fixture = require("tests.lua.support.fixture")

local function available(group)
  local found = {}
  for _, feature in ipairs(features.list()) do
    if feature.group == group then found[feature.name] = feature.available end
  end
  return found
end

describe("features.list", function()
  local theirs

  setup(function() theirs = fixture.json("bpftool -j feature probe kernel 2>/dev/null") end)

  it("agrees with bpftool on program types", function()
    local mine, compared = available("program"), 0
    for name, there in pairs(theirs.program_types) do
      name = name:match("^have_(.*)_prog_type$")
      -- bpftool tries fentry for "tracing", which kernels without trampolines refuse.
      if mine[name] ~= nil and (name ~= "tracing" or there) then
        assert.equal(there, mine[name], name)
        compared = compared + 1
      end
    end
    assert.truthy(compared >= 30)
    assert.is_true(mine.tracing)
  end)

  it("agrees with bpftool on map types", function()
    local mine, compared = available("map"), 0
    for name, there in pairs(theirs.map_types) do
      name = name:match("^have_(.*)_map_type$")
      if mine[name] ~= nil then
        assert.equal(there, mine[name], name)
        compared = compared + 1
      end
    end
    assert.truthy(compared >= 30)
  end)

  it("says no of types that the kernel's own list lacks, and never that of those it has", function()
    local listed = {}
    local dump = fixture.output("bpftool btf dump file /sys/kernel/btf/vmlinux 2>/dev/null")
    for name in dump:gmatch("'BPF_MAP_TYPE_([%u_]+)' val=%d+") do listed[name:lower()] = true end
    for _, name in ipairs { "cgrp_storage", "arena", "insn_array", "rhash" } do
      local row = fixture.find(features.list(), { name = name })
      assert.equal(listed[name] or false, row.available, name)
    end
    assert.is_false((bpf.probe("map", 200)))
    assert.is_false((bpf.probe("prog", 200)))
  end)

  it("knows what else the kernel can", function()
    local mine = available("kernel")
    assert.is_true(mine["iterators"])
    assert.is_true(mine["kernel BTF"])
    assert.is_true(mine["run-time statistics (BPF_ENABLE_STATS)"])
    assert.is_true(mine["reading maps by batch"])
  end)

  it("has the names of both spellings", function()
    assert.equal("SchedCLS", features.other_name { group = "program", name = "sched_cls" })
    assert.equal("PerCPUHash", features.other_name { group = "map", name = "percpu_hash" })
    assert.equal("kprobes", features.other_name { group = "kernel", name = "kprobes" })
  end)

  it("leaves nothing behind", function()
    local before = fixture.descriptors()
    features.list()
    collectgarbage()
    assert.equal(before, fixture.descriptors())
    assert.is_nil(fixture.find(bpf.progs(), { name = "lun_probe" }))
  end)
end)

describe("bpf.probe", function()
  it("takes numbers and names", function()
    assert.is_true(bpf.probe("prog", "xdp"))
    assert.is_true(bpf.probe("prog", 6))
    assert.is_true(bpf.probe("map", "hash"))
  end)

  it("knows which programs may call a helper", function()
    local redirect, ktime = 23, 5
    assert.is_true(bpf.probe("helper", "xdp", redirect))
    assert.is_false(bpf.probe("helper", "socket_filter", redirect))
    assert.is_true(bpf.probe("helper", "socket_filter", ktime))
  end)

  it("raises on what it does not know", function()
    assert.has_error(function() bpf.probe("weather") end)
    assert.has_error(function() bpf.probe("prog", "nonsense") end)
    assert.has_error(function() bpf.probe("helper", "xdp") end)
  end)
end)

describe("lunette feature", function()
  local function run(words) return fixture.output(fixture.binary() .. " feature " .. words) end

  it("prints what features.list tells", function()
    local rows = fixture.json(fixture.binary() .. " feature -j program")
    local xdp = fixture.find(rows, { name = "xdp" })
    assert.same({ group = "program", name = "xdp", available = true }, xdp)
    assert.is_nil(fixture.find(rows, { group = "map" }))
    assert.truthy(run("kernel"):find("iterators", 1, true))
    assert.truthy(run("--csv map"):find("map,percpu_hash,yes", 1, true))
  end)

  it("prints only what is missing", function()
    for line in run("--csv --missing"):gmatch("[^\r\n]+") do
      assert.is_nil(line:match("^%w+,[^,]+,yes"))
    end
  end)
end)
