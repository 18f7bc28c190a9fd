-- Snapshots of maps and the changes between two, of all keys or a part; conditions of cursors and
-- snapshots.

local bpf = require("bpf")
local d = require("lunette.decode")
local fixture = require("tests.lua.support.fixture")

local function key(n) return (">I8"):pack(n) end
local function value(n) return ("<I8"):pack(n) .. ("\0"):rep(56) end

local KEY, VALUE = d.compile(d.be64(), 8), d.compile(d.struct { d.u64():as("n") }, 64)

local function keys(list)
  local found = {}
  for i, entry in ipairs(list) do found[i] = (">I8"):unpack(entry[1]) end
  table.sort(found)
  return found
end

describe("snapshots", function()
  local object, map

  before_each(function()
    object = assert(bpf.load(fixture.object("sorted")))
    map = object:map("so_plain")
    for i = 1, 400 do assert(map:update(key(i), value(i))) end
  end)
  after_each(function()
    map:close()
    object:close()
  end)

  it("tell exactly what came, went and changed", function()
    local old <close> = assert(map:snapshot())
    map:update(key(500), value(1))
    map:update(key(7), value(70))
    map:delete(key(8))
    local new <close> = assert(map:snapshot { like = old })
    local found = old:changes(new)
    assert.same({ { 500 }, { 8 }, { 7 } },
      { keys(found.added), keys(found.removed), keys(found.changed) })
    assert.same({ added = 1, removed = 1, changed = 1 }, found.counts)
    assert.same({ value(70), value(7) }, { found.changed[1][2], found.changed[1][3] })
    assert.equal(value(8), found.removed[1][2])
    assert.same({ entries = 400, share = 1.0, seen = 400, restarted = false, truncated = false },
      new:state())
    assert.same({ added = 0, removed = 0, changed = 0 }, new:changes(new).counts)
  end)

  it("keep the same part of the keys where not all fit", function()
    local old <close> = assert(map:snapshot { entries = 50 })
    local state = old:state()
    assert.is_true(state.entries <= 50 and state.entries > 0, state.entries)
    assert.is_true(state.share <= 1 / 8)
    assert.equal(400, state.seen)
    local whole <close> = assert(map:snapshot())
    assert.same({ added = 0, removed = 0, changed = 0 }, old:changes(whole).counts)
    for i = 1, 400 do map:update(key(i), value(i + 1)) end
    local same <close> = assert(map:snapshot { entries = 50, like = old })
    assert.same({ added = 0, removed = 0, changed = state.entries }, old:changes(same).counts)
    for i = 1, 200 do map:delete(key(i)) end
    local half <close> = assert(map:snapshot { entries = 50, like = old })
    local gone = old:changes(half)
    assert.equal(state.entries - half:state().entries, gone.counts.removed)
    assert.equal(0, gone.counts.added)
    for _, n in ipairs(keys(gone.removed)) do assert.is_true(n <= 200) end
  end)

  it("tell so many changes, and how many there are", function()
    local old <close> = assert(map:snapshot())
    for i = 1, 400 do map:update(key(i), value(0)) end
    local new <close> = assert(map:snapshot())
    local found = old:changes(new, 10)
    assert.equal(10, #found.changed)
    assert.equal(400, found.counts.changed)
  end)

  it("compare the CPUs' values", function()
    local per_cpu <close> = object:map("so_percpu")
    local all = {}
    for cpu = 1, (bpf.cpus()) do all[cpu] = value(cpu) end
    per_cpu:update(key(1), all)
    local old <close> = assert(per_cpu:snapshot())
    all[#all] = value(100)
    per_cpu:update(key(1), all)
    local new <close> = assert(per_cpu:snapshot())
    assert.same(all, old:changes(new).changed[1][2])
  end)

  it("take what a condition lets through; so do cursors", function()
    local where = { op = "all",
      { op = "gt", cell = { plan = VALUE, index = 1 }, rank = "u390" },
      { op = "none", { op = "eq", cell = { plan = KEY, index = 1, key = true }, rank = "i395" } },
      { op = "matches", cell = { plan = VALUE, index = 1 },
        test = function(text) return text ~= "400" end } }
    local shot <close> = assert(map:snapshot { where = where })
    assert.equal(8, shot:state().entries)
    local found = {}
    for bytes in map:each { raw = true, where = where } do
      found[#found + 1] = (">I8"):unpack(bytes)
    end
    table.sort(found)
    assert.same({ 391, 392, 393, 394, 396, 397, 398, 399 }, found)
    local cursor <close> = assert(map:cursor { raw = true, where = where })
    while cursor:next() do end
    assert.equal(400, cursor:state().seen)
  end)

  it("of other maps can't be compared", function()
    local odd <close> = assert(bpf.load(fixture.object("odd")))
    local other <close> = odd:map("od_key")
    local old <close> = assert(map:snapshot())
    local new <close> = assert(other:snapshot())
    local found, err = old:changes(new)
    assert.is_nil(found)
    assert.equal("the two are of different maps", err)
  end)

  it("refuse what makes no sense, by name", function()
    local function refusal(where)
      local ok, err = pcall(map.cursor, map, { where = where })
      assert.is_false(ok)
      return err
    end
    local cell = { plan = VALUE, index = 1 }
    assert.matches("no operator 'xor'", refusal { op = "xor" })
    assert.matches("no such column", refusal { op = "eq", cell = { plan = VALUE, index = 2 },
      text = "" })
    assert.matches("no such CPU", refusal { op = "eq", cell = { plan = VALUE, index = 1, cpu = 1 },
      text = "" })
    assert.matches("cpus: unknown method 'mean'",
      refusal { op = "eq", cell = { plan = VALUE, index = 1, reduce = "mean" }, text = "" })
    assert.matches("'many' is no rank", refusal { op = "eq", cell = cell, rank = "many" })
    assert.matches("needs a test", refusal { op = "matches", cell = cell })
    assert.matches("reads more than the map holds",
      refusal { op = "eq", cell = { plan = d.compile(d.hex(9), 64), index = 1, key = true },
        text = "" })
    local deep = { op = "eq", cell = cell, text = "" }
    for _ = 1, 20 do deep = { op = "all", deep } end
    assert.matches("nested too deeply", refusal(deep))
    assert.is_false((pcall(map.snapshot, map, { bytes = 0 })))
    local queue <close> = assert(bpf.load(fixture.object("maps")))
    local bloom <close> = queue:map("mt_bloom")
    local none, why = bloom:snapshot()
    assert.is_nil(none)
    assert.matches("bloom filter", why)
  end)

  it("errors of a condition's function end the walk and leave nothing open", function()
    local where = { op = "matches", cell = { plan = VALUE, index = 1 },
      test = function() error("no such luck") end }
    for _ = 1, 3 do
      assert.error_matches(function() map:snapshot { where = where } end, "no such luck")
      local selection <close> = assert(map:select { limit = 3, where = where })
      assert.error_matches(function() selection:step() end, "no such luck")
      local cursor <close> = assert(map:cursor { raw = true, where = where })
      assert.error_matches(function() cursor:next() end, "no such luck")
    end
  end)
end)
