-- The sampler's settings, and the service that follows them: with a store and a clock of the
-- test's own, and the kernel's counters.

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

local MODULES = { "lunette.schema.samples", "lunette.services.sampler" }

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

-- Runs the service for so many sleeps; each sleep notes how long, and whether we count.
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
    samples.set { window = 60 }
    assert.equal(5.0, samples.settings().window)
    assert.has_error(function() samples.set { mode = "sometimes" } end,
      "sampler: a mode is watch, always, window or off")
    for _, bad in ipairs { 0, -1, "1", 4000 } do
      assert.has_error(function() samples.set { interval = bad } end)
    end
    assert.same({ mode = "window", interval = 5.0, window = 5.0 }, samples.settings())
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

  it("does nothing when it is off, even while someone looks", function()
    samples.set { mode = "off" }
    samples.want()
    run_service(2)
    assert.equal(0, bpf.sampler():state().samples)
  end)
end)
