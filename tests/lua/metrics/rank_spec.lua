-- The largest of many label sets: the set chosen while entries arrive equals the one chosen from
-- all of them.

local bpf = require("bpf")
local core = require("lunette.core.metrics")
local fixture = require("tests.lua.support.fixture")
local lunette = require("lunette")
local support = require("tests.lua.metrics.support")

local d, metrics = lunette.decode, lunette.metrics

local GROUPS, ADDS, TOP = 30000, 70000, 25

-- The rows after select(), as text.
local function rows(groups)
  local exported <close> = groups:export { top = TOP, by = 1 }
  local list = {}
  for row = 1, (exported:size()) do
    local labels, cells = exported:row(row)
    list[row] = ("%s,%s %s %s"):format(labels[1], labels[2], cells[1], cells[2])
  end
  return list, select(2, exported:size())
end

-- Adds to both in the same order; numbers(i) is added to the first cell.
local function differ(merge, numbers)
  local cells = { merge, "last" }
  local all = core.groups { labels = 2, cells = cells, limit = GROUPS * 2 }
  local ranked = core.groups { labels = 2, cells = cells, limit = GROUPS * 2, top = TOP, by = 1 }
  for i = 1, ADDS do
    local group = math.random(GROUPS)
    local name, other = "group-" .. group, tostring(group % 7)
    for _, groups in ipairs { all, ranked } do
      assert(groups:add(1, numbers(i, group), name, other))
      assert(groups:add(2, i, name, other))
    end
  end
  local sure = ranked:settle()
  return { rows(all) }, { rows(ranked) }, sure
end

describe("the greatest", function()
  before_each(function() math.randomseed(7) end)

  it("of sums that grow in small steps are exact, with their other numbers", function()
    local all, ranked, sure = differ("sum", function(i, group) return (i * 31 + group) % 97 end)
    assert.is_true(sure)
    assert.are.equal(TOP, #ranked[1])
    assert.are.same(all, ranked)
  end)

  it("are exact where many sums are equal: their labels decide", function()
    local all, ranked = differ("sum", function() return 1 end)
    assert.are.same(all, ranked)
  end)

  it("of maxima are exact, negative ones too", function()
    local all, ranked, sure = differ("max", function(i, group)
      return (i * 7919 + group) % 1000 - 500
    end)
    assert.is_true(sure)
    assert.are.same(all, ranked)
  end)

  it("are not known when a number makes a sum smaller", function()
    local _, _, sure = differ("sum", function(i) return i == ADDS and -1 or 1 end)
    assert.is_false(sure)
  end)

  it("of doubles and integers together are exact", function()
    local all, ranked = differ("sum", function(i, group)
      return i % 3 == 0 and (group % 50) / 4 or group % 50
    end)
    assert.are.same(all, ranked)
  end)
end)

describe("a rule with top", function()
  local object

  before_each(function()
    support.clear()
    object = support.object()
  end)
  after_each(function() object:close() end)

  -- Fills mx_shared with 40 entries whose label several of them share; returns the map's id.
  local function fill(number)
    local map <close> = object:map("mx_shared")
    for i = 1, 40 do
      assert(map:update(("<I4c16"):pack(i, "p" .. i % 10), ("<I8"):pack(number(i))))
    end
    return map:info().id
  end

  local function values(text)
    local list = {}
    for label, value in text:gmatch('\nrank_some{who="(%w+)"} (%-?%d+)') do list[label] = value end
    return list
  end

  it("adds up before it chooses", function()
    local id = fill(function(i) return i end)
    metrics.map { name = "rank_some", match = { id = id }, top = 2,
      decode = { key = d.struct { d.u32():as("n"), d.cstring(16):as("who") }, value = d.i64() },
      labels = { who = "key.who" } }
    -- p0: 10 + 20 + 30 + 40, p9: 9 + 19 + 29 + 39
    assert.are.same({ p0 = "100", p9 = "96" }, values(support.text()))
  end)

  it("looks again when there are negative numbers", function()
    local id = fill(function(i) return i % 10 == 0 and -i & 0xffffffffffffffff or i end)
    local rule = { name = "rank_some", match = { id = id }, top = 2,
      decode = { key = d.struct { d.u32():as("n"), d.cstring(16):as("who") }, value = d.i64() },
      labels = { who = "key.who" } }
    metrics.map(rule)
    assert.are.same({ p8 = "92", p9 = "96" }, values(support.text()))
    support.clear()
    rule.labels = { who = function(key) return key.who end }
    metrics.map(rule)
    assert.are.same({ p8 = "92", p9 = "96" }, values(support.text()))
  end)
end)

describe("a rule that changes labels of many", function()
  it("adds up what becomes equal, however many there were", function()
    support.clear()
    local object <close> = assert(bpf.load(fixture.object("metrics_big")))
    local map <close> = object:map("mx_big")
    local run = require("lunette.metrics.run")
    local before, entries = run.waiting, 3999
    run.waiting = 500 -- far fewer than there are
    for i = 1, entries do assert(map:update(("<c16"):pack("k" .. i), ("<I8"):pack(i))) end
    local function cut(labels)
      labels.key = labels.key:sub(1, 2)
      return labels
    end
    for name, key in pairs { plan = "key", lua = function(bytes) return bytes end } do
      metrics.map { name = "many_" .. name, match = { id = map:info().id }, relabel = cut,
        decode = { key = d.cstring(16), value = d.u64() }, labels = { key = key }, top = 2 }
    end
    local sums = {}
    for i = 1, entries do
      local first = "k" .. tostring(i):sub(1, 1)
      sums[first] = (sums[first] or 0) + i
    end
    local text = support.text()
    run.waiting = before
    for _, name in ipairs { "many_plan", "many_lua" } do
      assert.are.equal(tostring(sums.k3), support.sample(text, name .. '{key="k3"}'))
      assert.are.equal(tostring(sums.k2), support.sample(text, name .. '{key="k2"}'))
      assert.is_nil(support.sample(text, name .. '{key="k1"}'))
    end
  end)
end)
