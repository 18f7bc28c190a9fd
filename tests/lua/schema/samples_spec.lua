-- The sampler's settings, and the service that follows them, with a store and a clock of the test,
-- and the kernel's counters.

local bpf = require("bpf")

local store, published, subscribers, service

local fake = {
  shared = {
    get = function(key) return store[key] end,
    set = function(key, value) store[key] = value end,
  },
  topic = function()
    return {
      subscribers = function() return subscribers end,
      publish = function(_, rates) published[#published + 1] = rates end,
    }
  end,
  service = function(_, fn) service = fn end,
}

local MODULES = { "lunette.sampler", "lunette.services.sampler" }

-- Loads the modules with the fake in place of `lunette`.
local function load_modules()
  local lunette = package.loaded["lunette"]
  package.loaded["lunette"] = fake
  for _, name in ipairs(MODULES) do package.loaded[name] = nil end
  local samples = require(MODULES[1])
  require(MODULES[2])
  package.loaded["lunette"] = lunette
  for _, name in ipairs(MODULES) do package.loaded[name] = nil end
  return samples
end

-- Runs the service for a number of sleeps; records each sleep's length, and whether the kernel
-- counts.
local function run_service(sleeps)
  local slept = {}
  local svc = { stopping = false }
  function svc:sleep(seconds)
    slept[#slept + 1] = { seconds = seconds, stats = bpf.sampler():state().stats }
    self.stopping = #slept >= sleeps
    return not self.stopping
  end
  service(svc)
  assert.is_false(bpf.sampler():state().stats)
  return slept
end

describe("samples", function()
  local samples

  before_each(function()
    store, published, subscribers = {}, {}, 0
    samples = load_modules()
    bpf.sampler():clear()
  end)

  it("has settings, which are checked", function()
    assert.same({ mode = "watch", interval = 1.0, window = 0.1 }, samples.settings())
    samples.set { mode = "window", interval = 5, window = 0.5 }
    assert.same({ mode = "window", interval = 5.0, window = 0.5 }, samples.settings())
    samples.set { interval = 0.25 }
    assert.same({ mode = "window", interval = 0.25, window = 0.25 }, samples.settings())
  end)

  it("names what is wrong, and changes nothing then", function()
    local before = samples.settings()
    local function refused(settings, message)
      assert.equal(message, samples.check(settings))
      assert.has_error(function() samples.set(settings) end, "sampler: " .. message)
      assert.same(before, samples.settings())
    end
    refused({ mode = "sometimes" }, "mode: watch, always, window or off, got sometimes")
    refused({ mode = false }, "mode: watch, always, window or off, got false")
    refused({ interval = 0 }, "interval: from 0.01 to 3600 seconds, got 0")
    refused({ interval = 4000, mode = "off" }, "interval: from 0.01 to 3600 seconds, got 4000")
    refused({ interval = "1" }, "interval: from 0.01 to 3600 seconds, got 1")
    refused({ window = -1 }, "window: from 0.01 to 3600 seconds, got -1")
    refused({ window = 2 }, "window: 2 seconds are longer than the interval of 1")
    refused({ window = 6, interval = 5 }, "window: 6 seconds are longer than the interval of 5")
    refused({ intervall = 1 }, "no setting is called 'intervall'")
    assert.matches("^interval: .* got %-?nan$", samples.check { interval = 0 / 0 })
  end)

  it("is what scripts have as lunette.sampler", function()
    assert.is_function(require("lunette").sampler.set)
  end)

  it("sleeps and counts nothing while nobody looks", function()
    for _, one in ipairs(run_service(3)) do
      assert.same({ seconds = 0.5, stats = false }, one)
    end
    assert.equal(0, bpf.sampler():state().samples)
  end)

  it("samples while someone looks, and lets go of the statistics after", function()
    samples.want()
    assert.is_true(samples.wanted())
    for _, one in ipairs(run_service(4)) do assert.same({ seconds = 1.0, stats = true }, one) end
    assert.equal(3, bpf.sampler():state().samples)
    assert.is_false(store["sampler.active"])
    assert.same({}, published)
  end)

  it("publishes to those who subscribed", function()
    subscribers = 1
    run_service(3)
    assert.equal(2, #published)
  end)

  it("counts only in the window, when it is set so", function()
    samples.set { mode = "window", interval = 2, window = 0.25 }
    local slept = run_service(4)
    assert.same({ seconds = 1.75, stats = false }, slept[1])
    assert.same({ seconds = 0.25, stats = true }, slept[2])
    assert.same({ seconds = 1.75, stats = false }, slept[3])
  end)

  it("notices new settings within a long interval", function()
    samples.set { mode = "always", interval = 3600 }
    local naps = 0
    service {
      stopping = false,
      sleep = function(self, seconds)
        naps = naps + 1
        if naps == 2 then samples.set { interval = 0.5 } end
        if naps < 3 then assert.equal(2, seconds) end
        self.stopping = naps == 4
        return not self.stopping
      end,
    }
    assert.equal(4, naps)
    assert.equal(2, bpf.sampler():state().samples)
  end)

  it("measures once what counting costs, where nobody else counts", function()
    samples.measure()
    local cost = samples.counting_cost()
    if cost then assert.truthy(cost >= 0 and cost < 1e-4, cost) end
    store["sampler.counting"] = 5e-8
    samples.measure()
    assert.equal(5e-8, samples.counting_cost())
  end)

  it("does nothing when it is off, even while someone looks", function()
    samples.set { mode = "off" }
    samples.want()
    run_service(2)
    assert.equal(0, bpf.sampler():state().samples)
  end)
end)
