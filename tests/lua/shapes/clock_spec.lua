-- The wall clock is set back and forth: ages and rates use the time since boot.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local shapes = require("tests.lua.shapes.support")

local function age_of(id)
  local query = ("{ host { time } program(id: %d) { loadTime } }"):format(id)
  local data = fixture.json(("%s query '%s'"):format(fixture.binary(), query)).data
  return data.host.time - data.program.loadTime
end

describe("the clock of the day", function()
  it("may jump by years: a program keeps its age", function()
    local why = shapes.lacks("four")
    if why then return pending(why) end
    local object <close> = assert(bpf.load(fixture.object("objects")))
    local id = fixture.find(object:progs(), { name = "obj_tp_btf" }).id
    local began, day = bpf.uptime(), os.time()
    for _, jump in ipairs { 3 * 365, -365, 0 } do
      fixture.run("date -s @%d", day + jump * 86400)
      local age = age_of(id)
      assert.is_true(age >= 0 and age < bpf.uptime() - began + 60, age)
    end
  end)

  it("may jump while rates are measured", function()
    local why = shapes.lacks("four")
    if why then return pending(why) end
    local object <close> = assert(bpf.load(fixture.object("objects")))
    assert(object:attach("obj_tp_btf"))
    local id = fixture.find(object:progs(), { name = "obj_tp_btf" }).id
    local sampler <close> = bpf.sampler { keep = 10 }
    assert(sampler:stats(true))
    assert(sampler:sample())
    local day = os.time()
    fixture.run("date -s @%d", day - 86400)
    for _ = 1, 20 do os.execute("true") end
    assert(sampler:sample())
    local rate = assert(sampler:rate(id))
    fixture.run("date -s @%d", day)
    assert.is_true(rate.runs > 0 and rate.seconds > 0 and rate.seconds < 600, rate.seconds)
  end)
end)
