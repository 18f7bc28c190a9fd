-- Guests with one CPU, with 64 possible CPUs of which one is present, and with one taken offline.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local shapes = require("tests.lua.shapes.support")

local function u32(x) return ("<I4"):pack(x) end

-- A per-CPU array with another value for each possible CPU, as the command line shows it. JSON,
-- CSV, metrics and a script's loop have the same form with one CPU as with many.
local function shown_values(n)
  local object <close> = assert(bpf.load(fixture.object("maps")))
  local map <close> = object:map("mt_pc_array")
  local values = {}
  for cpu = 1, n do values[cpu] = u32(100 + cpu) end
  assert(map:update(u32(1), values))
  local binary, id = fixture.binary(), map:id()
  local csv = fixture.output(("%s map dump %d --csv"):format(binary, id))
  assert.matches("^key,cpu,value\n", csv)
  local metrics = fixture.output(("%s metrics --etm %d-%d:.:number"):format(binary, id, id))
  assert.truthy(metrics:find(('cpu="%d",id="%d",key="1"'):format(n - 1, id), 1, true), metrics)
  for key, value in map:each() do
    if key == 1 then assert.equal(n, #value) end
  end
  for _, entry in ipairs(fixture.json(("%s map dump %d -j"):format(binary, id))) do
    if entry.key == 1 then return entry.cpuValues end
  end
end

local function check(possible, online, words)
  assert.same({ possible, online }, { bpf.cpus() })
  assert.truthy(fixture.output(fixture.binary() .. " check"):find(words, 1, true))
  local values = shown_values(possible)
  assert.equal(possible, #values)
  for cpu, value in ipairs(values) do assert.equal(100 + cpu, value) end
  local metrics = fixture.output(fixture.binary() .. " metrics 2>&1")
  assert.matches("\nlunette_build_info{", metrics)
end

describe("a machine", function()
  it("with one CPU", function()
    local why = shapes.lacks("small")
    if why then return pending(why) end
    check(1, 1, "1 CPUs")
  end)

  it("with 64 possible CPUs, of which one is there", function()
    local why = shapes.lacks("many")
    if why then return pending(why) end
    check(64, 1, "1 of 64 CPUs")
  end)

  it("with a CPU that is offline", function()
    local why = shapes.lacks("four")
    if why then return pending(why) end
    local path = "/sys/devices/system/cpu/cpu3/online"
    fixture.run("echo 0 > %s", path)
    check(4, 3, "3 of 4 CPUs")
    fixture.run("echo 1 > %s", path)
    check(4, 4, "4 CPUs")
  end)
end)
