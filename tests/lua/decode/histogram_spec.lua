-- Histograms from slots.

local d = require("lunette.decode")
local json = require("lunette.runtime.json")

describe("decode.histogram", function()
  it("reads slots of powers of two and linear ones", function()
    assert.equal('[{"low":0,"high":2,"count":1},{"low":2,"high":4,"count":0},'
      .. '{"low":4,"high":8,"count":5}]', json.encode(d.histogram.log2 { 1, 0, 5, 0, 0 }))
    assert.equal('[{"low":10,"high":15,"count":3}]',
      json.encode(d.histogram.linear({ 3, 0 }, 10, 5)))
    assert.equal("[]", json.encode(d.histogram.log2 { 0, 0 }))
  end)

  it("adds, totals and estimates quantiles", function()
    local slots = d.histogram.add({ 1, 2 }, { 1, 0, 8 })
    assert.same({ 2, 2, 8 }, slots)
    local list = d.histogram.log2(slots)
    assert.equal(12, d.histogram.total(list))
    assert.equal(5.0, d.histogram.quantile(list, 0.5))
    assert.is_nil(d.histogram.quantile({}, 0.5))
    local most = math.maxinteger
    assert.same({ 2.0 ^ 63 }, d.histogram.add({ most }, { 1 })) -- never below zero
    assert.equal(2.0 ^ 63, d.histogram.total { { count = most }, { count = 1 } })
  end)

  it("draws bars", function()
    local line = "%-24s %10d |%-40s|"
    assert.equal(line:format("[0, 2)", 1, ("*"):rep(20)) .. "\n"
      .. line:format("[2, 4)", 2, ("*"):rep(40)), d.histogram.text(d.histogram.log2 { 1, 2 }))
  end)
end)
