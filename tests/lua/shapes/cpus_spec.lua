-- Guests with one CPU, with 64 that may be and one that is there, and with one taken offline.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local shapes = require("tests.lua.shapes.support")

local function u32(x) return ("<I4"):pack(x) end

-- A per-CPU array with a value of its own for each possible CPU, as the command line shows it.
local function shown_values(n)
  local object <close> = assert(bpf.load(fixture.object("maps")))
  local map <close> = object:map("mt_pc_array")
  local values = {}
  for cpu = 1, n do values[cpu] = u32(100 + cpu) end
  assert(map:update(u32(1), values))
  for _, entry in ipairs(fixture.json(("%s map dump %d -j"):format(fixture.binary(), map:id()))) do
    if entry.key == 1 then return entry.cpuValues or entry.values or entry.value, entry end
  end
end

local function check(possible, online, words)
  assert.same({ possible, online }, { bpf.cpus() })
  assert.truthy(fixture.output(fixture.binary() .. " check"):find(words, 1, true))
  local values, entry = shown_values(possible)
  assert.equal(possible, #values, require("lunette.runtime.json").encode(entry))
  for cpu, value in ipairs(values) do
    assert.equal(100 + cpu, tonumber(type(value) == "table" and value.value or value))
  end
  local metrics = fixture.output(fixture.binary() .. " metrics 2>&1")
  assert.matches("\ndevagent_ebpf_map_count{", metrics)
end

describe("a machine", function()
  it("with one CPU", function()
    if shapes.is("small") then check(1, 1, "1 CPUs") end
  end)

  it("with 64 possible CPUs, of which one is there", function()
    if shapes.is("many") then check(64, 1, "1 of 64 CPUs") end
  end)

  it("with a CPU that is offline", function()
    if not shapes.is("four") then return end
    local path = "/sys/devices/system/cpu/cpu3/online"
    fixture.run("echo 0 > %s", path)
    check(4, 3, "3 of 4 CPUs")
    fixture.run("echo 1 > %s", path)
    check(4, 4, "4 CPUs")
  end)
end)
