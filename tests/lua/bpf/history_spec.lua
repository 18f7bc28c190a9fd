-- The history of map values, by decoder.

local bpf = require("bpf")
local history = require("lunette.history")
local lunette = require("lunette")
local fixture = require("tests.lua.support.fixture")

describe("lunette.history", function()
  local object, map, sampler

  setup(function()
    object = assert(bpf.load(fixture.object("objects")))
    map = assert(object:map("obj_recent"))
    for i = 1, 5 do assert(map:update(("<I4"):pack(i), ("<I8"):pack(i * 100))) end
  end)
  teardown(function()
    map:close()
    object:close()
  end)
  before_each(function() sampler = bpf.sampler { keep = 10 } end)
  after_each(function() sampler:close() end)

  local function rule(more)
    local made = { map = map:id(), name = "recent" }
    for key, value in pairs(more or {}) do made[key] = value end
    return history.map(made)
  end

  it("keeps the largest entries by their key", function()
    local made = rule { top = 2 }
    assert.equal(2, history.sample(made, sampler))
    assert(map:update(("<I4"):pack(5), ("<I8"):pack(600)))
    history.sample(made, sampler)
    assert(map:update(("<I4"):pack(5), ("<I8"):pack(500)))
    assert.same({ "recent/5", "recent/4" }, sampler:names("recent/"))
    local values = sampler:values("recent/5")
    assert.same({ 500.0, 600.0 }, { values[1].value, values[2].value })
  end)

  it("sums over CPUs, and takes functions of a script", function()
    local counts <close> = assert(object:map("obj_counts"))
    local cpus = bpf.cpus()
    assert(counts:update(("<I4"):pack(0), ("<I8"):pack(7)))
    assert.equal(1, history.sample(rule { map = counts:id(), name = "counts" }, sampler))
    assert.equal(7.0 * cpus, sampler:values("counts/0")[1].value)
    history.sample(rule {
      key = function(key) return "key " .. key end,
      value = function(value) return value == 300 and 3 or nil end,
    }, sampler)
    assert.same({ "recent/key 3" }, sampler:names("recent/"))
  end)

  it("waits for a map that is not there", function()
    assert.equal(0, history.sample(rule { map = "no such map at all" }, sampler))
  end)

  it("is a service, which samples every so often", function()
    local declared = rule { name = "served", every = 0.5 }
    local slept = {}
    declared.run {
      sleep = function(_, seconds)
        slept[#slept + 1] = seconds
        return #slept < 3
      end,
    }
    assert.same({ 0.5, 0.5, 0.5 }, slept)
    assert.equal(2, #history.read("served/1"))
    assert.equal(1, #history.read("served/1", { points = 1 }))
    assert.equal(5, #history.names("served/"))
    bpf.sampler():clear()
    assert.equal(history, lunette.history)
  end)

  it("refuses rules that make no sense", function()
    for _, bad in ipairs { {}, { map = 1, every = 0 }, { map = 1, top = 0 }, { map = 1, top = 999 },
      { map = 1, name = ("x"):rep(101) } } do
      assert.has_error(function() history.map(bad) end)
    end
  end)
end)
