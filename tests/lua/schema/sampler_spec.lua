-- The sampler in GraphQL: settings, their cost, and the right to change them.

local samples = require("lunette.sampler")
local shared = require("lunette").shared
local support = require("tests.lua.schema.support")

local SET = [[mutation ($mode: String, $interval: Float, $window: Float) {
  setSampler(mode: $mode, interval: $interval, window: $window) {
    error sampler { mode interval window kept }
  }
}]]

describe("the sampler's settings", function()
  after_each(function()
    for _, key in ipairs(shared.keys("sampler.")) do shared.delete(key) end
  end)

  it("are shown", function()
    local state = support.ask("{ sampler { mode active interval window kept } }").sampler
    assert.same({ mode = "watch", active = false, interval = 1.0, window = 1.0, kept = 900.0 },
      { mode = state.mode, active = state.active, interval = state.interval,
        window = state.window, kept = state.kept })
  end)

  it("are set by who may write", function()
    local result = support.write(SET, { mode = "window", interval = 2, window = 0.5 }).setSampler
    assert.is_nil(result.error)
    assert.equal("window", result.sampler.mode)
    assert.equal(0.5, result.sampler.window)
    assert.equal(1800.0, result.sampler.kept)
    assert.same({ mode = "window", interval = 2.0, window = 0.5 }, samples.settings())
    support.write(SET, { mode = "always" })
    assert.same({ mode = "always", interval = 2.0, window = 0.5 }, samples.settings())
  end)

  it("are refused to others", function()
    assert.matches("^writing is not allowed",
      support.ask(SET, { mode = "always" }).setSampler.error)
    assert.equal("watch", samples.settings().mode)
  end)

  it("that are wrong are named", function()
    local function err(variables) return support.write(SET, variables).setSampler.error end
    assert.equal("mode: watch, always, window or off, got often", err { mode = "often" })
    assert.equal("interval: from 0.01 to 3600 seconds, got 0", err { interval = 0 })
    assert.equal("window: 3 seconds are longer than the interval of 1", err { window = 3 })
    assert.equal("watch", samples.settings().mode)
  end)

  it("have their overhead beside them, once counting was measured", function()
    local function overhead()
      return support.ask("{ sampler { cost countingCost overhead } }").sampler
    end
    assert.is_nil(overhead().overhead)
    shared.set("sampler.counting", 5e-8)
    local state = overhead()
    assert.equal(5e-8, state.countingCost)
    assert.truthy(state.overhead >= state.cost)
  end)
end)

describe("histories", function()
  local bpf = require("bpf")
  local ASK = [[query ($from: Float, $to: Float, $seconds: Float, $points: Int) {
    sampler { history(from: $from, to: $to, seconds: $seconds, points: $points) { time } }
    history(name: "spec/x", from: $from, to: $to, seconds: $seconds, points: $points) {
      time value }
  }]]

  local function ask(variables)
    local data = support.ask(ASK, variables)
    return data.sampler.history, data.history
  end

  setup(function()
    local sampler = bpf.sampler()
    sampler:clear()
    sampler:baseline()
    for i = 1, 6 do
      assert(sampler:sample())
      sampler:put("spec/x", i)
      os.execute("sleep 0.01")
    end
  end)
  teardown(function() bpf.sampler():clear() end)

  it("come by range and resolution", function()
    local all, values = ask { from = 0 }
    assert.equal(6, #all)
    assert.equal(6, #values)
    local some = ask { from = all[2].time, to = all[4].time }
    assert.same({ all[2], all[3], all[4] }, some)
    local _, kept = ask { from = values[2].time, to = values[4].time }
    assert.same({ 2, 3, 4 }, { kept[1].value, kept[2].value, kept[3].value })
    assert.equal(3, #ask { from = 0, points = 3 })
    -- Between the first and the second sample, however long the sleeps were.
    local span = all[4].time - (all[1].time + all[2].time) / 2
    assert.same({ all[2], all[3], all[4] }, (ask({ to = all[4].time, seconds = span })))
    assert.same({}, (ask { from = all[6].time + 100 }))
  end)
end)
