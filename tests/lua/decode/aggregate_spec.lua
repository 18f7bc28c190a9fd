-- Groups, histograms, snapshots and their differences.

local bpf = require("bpf")
local d = require("lunette.decode")
local fixture = require("tests.lua.support.fixture")
local json = require("lunette.runtime.json")

local function u32(x) return ("<I4"):pack(x) end
local function u64(x) return ("<I8"):pack(x) end

local object, map

local function use(node_key, node_value, reduce)
  local info = map:info()
  local key, value = d.compile(node_key, info.key_size), d.compile(node_value, info.value_size)
  map:use { key_plan = key, value_plan = value, reduce = reduce,
    columns = { key = key:columns("key"), value = value:columns("value") } }
end

describe("decode.aggregate", function()
  before_each(function()
    object = assert(bpf.load(fixture.object("maps")))
    map = object:map("mt_lru")
    use(d.struct { d.u32():as("user"), d.u32():as("file") }, d.u64():as("bytes"))
    for i = 0, 19 do map:update(u32(i % 3) .. u32(i), u64(i)) end
  end)
  after_each(function()
    map:close()
    object:close()
  end)

  it("sums, counts and averages groups, largest first", function()
    local rows, state = d.aggregate(map, { by = "user", value = "bytes" })
    assert.equal('[{"group":[1],"value":70,"count":7},{"group":[0],"value":63,"count":7},'
      .. '{"group":[2],"value":57,"count":6}]', json.encode(rows))
    assert.same({ truncated = false, restarted = false, entries = 20 }, state)
    rows = d.aggregate(map, { by = "user", value = "bytes", op = "max", top = 1 })
    assert.same({ { 1 }, 19 }, { { rows[1].group[1] }, rows[1].value })
    assert.equal(1, #rows)
    assert.equal(9.5, d.aggregate(map, { value = "bytes", op = "avg" })[1].value)
    assert.equal(20, d.aggregate(map, {})[1].value)
    assert.equal(0, d.aggregate(map, { value = "bytes", op = "min" })[1].value)
  end)

  it("is bounded, and says so", function()
    local rows, state = d.aggregate(map, { by = { "user", "file" }, max_groups = 5 })
    assert.equal(5, #rows)
    assert.is_true(state.truncated)
  end)

  it("refuses what it does not know", function()
    assert.error_matches(function() d.aggregate(map, { by = "nobody" }) end, "no column 'nobody'")
    assert.error_matches(function() d.aggregate(map, { op = "mode" }) end, "no operation 'mode'")
  end)
end)

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
  end)

  it("draws bars", function()
    local line = "%-24s %10d |%-40s|"
    assert.equal(line:format("[0, 2)", 1, ("*"):rep(20)) .. "\n"
      .. line:format("[2, 4)", 2, ("*"):rep(40)), d.histogram.text(d.histogram.log2 { 1, 2 }))
  end)
end)

describe("decode.changes", function()
  before_each(function()
    object = assert(bpf.load(fixture.object("maps")))
    map = object:map("mt_pc_hash")
    use(d.u32(), d.struct { d.u32():as("a"), d.u32():as("b") })
  end)
  after_each(function()
    map:close()
    object:close()
  end)

  it("tells what was added, removed and changed, and how fast", function()
    map:update(u32(1), u32(10) .. u32(0))
    map:update(u32(2), u32(20) .. u32(0))
    local before = d.changes.snapshot(map)
    map:delete(u32(1))
    map:update(u32(2), u32(25) .. u32(0))
    map:update(u32(3), u32(30) .. u32(0))
    local after = d.changes.snapshot(map)
    after.at = before.at + 2
    local found = d.changes.between(map, before, after)
    assert.equal(2, found.seconds)
    assert.same({ 3 }, { found.added[1].key })
    assert.same({ 1 }, { found.removed[1].key })
    assert.equal(2, found.changed[1].key)
    assert.equal(5, found.changed[1].delta[1].a)
    assert.equal(2.5, found.changed[1].rate[1].a)
    assert.equal(20, found.changed[1].before[1].a)
  end)

  it("is bounded, and says so", function()
    for i = 1, 9 do map:update(u32(i), u32(i) .. u32(i)) end
    local shot = d.changes.snapshot(map, 4)
    assert.is_true(shot.count <= 4)
    assert.is_true(shot.truncated)
    assert.is_true(shot.share < 1)
  end)
end)
