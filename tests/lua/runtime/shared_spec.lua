local fixture = require("tests.lua.support.fixture")
local lunette = require("lunette")
local shared, topic = lunette.shared, lunette.topic

local PREFIX = "shared_spec."
local function key(name) return PREFIX .. name end

describe("lunette.shared", function()
  after_each(function()
    for _, name in ipairs(shared.keys(PREFIX)) do shared.delete(name) end
  end)

  it("gives copies of plain data, integers exact", function()
    local value = { math.mininteger, 2^53 + 1, "a\0b", { x = { true, false } } }
    assert.is_true(shared.set(key "a", value))
    local got = shared.get(key "a")
    assert.are.same(value, got)
    assert.are.equal("integer", math.type(got[1]))
    got[4].x = nil
    assert.are.same(value, shared.get(key "a"))
  end)

  it("has false, and no nil", function()
    shared.set(key "f", false)
    assert.is_false(shared.get(key "f"))
    shared.set(key "f", nil)
    assert.is_nil(shared.get(key "f"))
    assert.is_false(shared.delete(key "f"))
    assert.is_nil(shared.get(key "never"))
  end)

  it("forgets after its time", function()
    shared.set(key "t", 1, 3600)
    assert.are.equal(1, shared.get(key "t"))
    shared.set(key "t", 1, 0.03)
    assert.is_true(fixture.eventually(function() return shared.get(key "t") == nil end))
    assert.are.same({}, shared.keys(PREFIX))
  end)

  it("counts in one step, and keeps the time of a key that is there", function()
    assert.are.equal(1, shared.incr(key "n"))
    assert.are.equal(11, shared.incr(key "n", 10))
    assert.are.equal(11, shared.get(key "n"))
    assert.are.equal(103, shared.incr(key "i", 3, 100))
    shared.set(key "s", "text")
    assert.are.same({ nil, "not an integer" }, { shared.incr(key "s") })
    shared.set(key "t", 1, 0.03)
    shared.incr(key "t")
    assert.is_true(fixture.eventually(function() return shared.get(key "t") == nil end))
    shared.incr(key "u", 1, 0, 0.03)
    assert.is_true(fixture.eventually(function() return shared.get(key "u") == nil end))
  end)

  it("adds only what is new", function()
    assert.is_true(shared.add(key "a", 1))
    assert.are.same({ false, "exists" }, { shared.add(key "a", 2) })
    assert.are.equal(1, shared.get(key "a"))
    assert.has_error(function() shared.add(key "a", nil) end)
  end)

  it("gives one value for a missing key, so that tonumber takes it", function()
    assert.are.equal(1, select("#", shared.get(key "never")))
    assert.are.equal(0, tonumber(shared.get(key "never")) or 0)
  end)

  it("lists keys by their prefix", function()
    shared.set(key "x", 1)
    shared.set(key "y", 1)
    local keys = shared.keys(PREFIX)
    table.sort(keys)
    assert.are.same({ key "x", key "y" }, keys)
  end)

  it("refuses what is no plain data, and keys that are none", function()
    local loop = {}
    loop.loop = loop
    for _, bad in ipairs { print, io.stdout, { print }, loop, { [{}] = 1 } } do
      assert.has_error(function() shared.set(key "bad", bad) end)
    end
    assert.has_error(function() shared.set("", 1) end)
    assert.has_error(function() shared.set(("k"):rep(513), 1) end)
    assert.has_error(function() shared.set(key "t", 1, 0) end)
  end)

  it("is bounded, and says when it is full", function()
    local text, n = ("x"):rep(4 << 20), 0
    local ok, err
    repeat
      n = n + 1
      ok, err = shared.set(key(n), text)
    until not ok or n > 64
    assert.is_nil(ok)
    assert.matches("full", err)
    assert.is_nil((shared.set(key(1), text:rep(40))))
    assert.are.equal(text, shared.get(key(1))) -- a set that fails keeps the old value
    assert.is_nil((shared.add(key "new", text)))
    assert.is_true(n >= 28 and n <= 33)
  end)
end)

describe("lunette.topic", function()
  it("without subscribers goes nowhere", function()
    local one = topic("shared_spec")
    assert.are.equal(0, one:subscribers())
    assert.are.equal(0, one:publish { 1 })
    assert.has_error(function() one:publish(print) end)
    assert.has_error(function() topic(1) end)
  end)
end)
