-- The sampler's packed moments: what is put in comes out, merged where there is too much.

local store = {}
local shared = {
  get = function(key) return store[key] end,
  set = function(key, value) store[key] = value end,
}

local function load_samples()
  local lunette = package.loaded["lunette"]
  package.loaded["lunette"] = { shared = shared }
  package.loaded["lunette.schema.samples"] = nil
  local samples = require("lunette.schema.samples")
  package.loaded["lunette"] = lunette
  package.loaded["lunette.schema.samples"] = nil
  return samples
end

describe("samples", function()
  local samples

  before_each(function()
    store = {}
    samples = load_samples()
  end)

  local RECORDS = {
    { id = 3, runs = 10, ns = 5000000, misses = 0 },
    { id = 7, runs = 0, ns = 0, misses = 4 },
    { id = 900, runs = 1 << 40, ns = 2000000000, misses = 0 },
  }

  it("finds each program's rate", function()
    local text = samples.pack(100.5, 2.0, RECORDS)
    assert.same({ id = 3, time = 100.5, seconds = 2.0, runs = 5.0, cpu = 0.0025,
      average = 0.0005, misses = 0.0 }, samples.rate(text, 3))
    assert.equal(1.0, samples.rate(text, 900).cpu)
    assert.is_nil(samples.rate(text, 7).average)
    assert.equal(2.0, samples.rate(text, 7).misses)
    assert.equal(3, #samples.rates(text))
  end)

  it("gives zeros for a program that did not run", function()
    local text = samples.pack(100.5, 2.0, RECORDS)
    for _, id in ipairs { 1, 5, 1000 } do
      assert.same({ id = id, time = 100.5, seconds = 2.0, runs = 0.0, cpu = 0.0, misses = 0.0 },
        samples.rate(text, id))
    end
  end)

  it("keeps so many moments, and gives those of the last seconds, oldest first", function()
    samples.KEPT = 5
    for time = 1, 8 do samples.keep(samples.pack(time + 0.0, 1.0, {})) end
    local function times(list)
      local found = {}
      for i, text in ipairs(list) do found[i] = samples.rate(text, 1).time end
      return found
    end
    assert.same({ 4, 5, 6, 7, 8 }, times(samples.since(100, 8)))
    assert.same({ 6, 7, 8 }, times(samples.since(2, 8)))
    assert.same({}, times(samples.since(1, 100)))
    assert.equal(8, samples.rate(samples.newest(), 1).time)
  end)

  it("has nothing before the first sample", function()
    assert.is_nil(samples.newest())
    assert.same({}, samples.since(100, 8))
  end)

  it("merges what is too much, keeping sums", function()
    local rates = {}
    for i = 1, 10 do
      rates[i] = samples.rate(
        samples.pack(i + 0.0, 1.0, { { id = 1, runs = i, ns = i * 1000, misses = 0 } }), 1)
    end
    local thin = samples.thin(rates, 4)
    assert.equal(4, #thin)
    assert.same({ 3.0, 6.0, 9.0, 10.0 },
      { thin[1].time, thin[2].time, thin[3].time, thin[4].time })
    assert.equal(2.0, thin[1].runs)
    assert.equal(3.0, thin[1].seconds)
    local runs = 0
    for _, rate in ipairs(thin) do runs = runs + rate.runs * rate.seconds end
    assert.equal(55.0, runs)
    assert.equal(rates, samples.thin(rates, 10))
  end)
end)
