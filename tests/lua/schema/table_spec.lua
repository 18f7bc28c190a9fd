-- Tables of typed cells, of real maps.

local json = require("lunette.runtime.json")
local support = require("tests.lua.schema.support")

local function u32(n) return ("<I4"):pack(n) end
local function u64(n) return ("<I8"):pack(n) end
local function name16(text) return text .. ("\0"):rep(16 - #text) end

describe("tables", function()
  local object, ids

  setup(function()
    object, ids = support.load(), {}
    for _, name in ipairs { "sch_hash", "sch_points", "sch_percpu", "sch_array", "sch_queue",
      "sch_ring", "sch_progs", "sch_outer", "sch_inner" } do
      ids[name] = object:map(name):info().id
    end
    for i = 1, 40 do object:map("sch_hash"):update(u32(i), u64(i * 100)) end
    object:map("sch_hash"):update(u32(41), u64(-1))
    object:map("sch_hash"):update(u32(42), u64((1 << 53) + 1))
    object:map("sch_percpu"):update(name16("bash"), { u64(3), u64(4) })
    object:map("sch_percpu"):update(name16("zsh"), { u64(30), u64(40) })
    object:map("sch_points"):update(u32(1) .. u32(2), name16("hello"))
    object:map("sch_progs"):update(u32(1), u32(object:prog("sch_next"):fd()))
  end)

  teardown(function() object:close() end)

  local FIELDS = [[{ columns { name type part cpu numeric unit } rows { key cells error }
    matched scanned restarted truncated note pageInfo { hasNextPage endCursor } }]]

  local function ask(name, args)
    local source = ("{ map(id: %d) { table%s %s } }")
      :format(ids[name], args and "(" .. args .. ")" or "", FIELDS)
    return support.ask(source).map.table
  end

  local function refusal(name, args)
    return support.refusal(("{ map(id: %d) { table(%s) { mapId } } }"):format(ids[name], args))
  end

  local function column_names(found)
    local names = {}
    for i, column in ipairs(found.columns) do names[i] = column.name end
    return table.concat(names, " ")
  end

  local function cell(found, row, column) return found.rows[row].cells[column] end

  it("show the entry of a key alone", function()
    local found = ask("sch_percpu", ('key: "%s", cpus: EACH'):format("62617368" .. ("00"):rep(12)))
    assert.equal(1, #found.rows)
    assert.same({ "bash", 3, 4 }, { table.unpack(found.rows[1].cells) })
    found = ask("sch_hash", 'key: "ffffffff"')
    assert.same({}, { table.unpack(found.rows) })
    assert.equal("There is no such entry.", found.note)
    assert.matches("key: ", refusal("sch_hash", 'key: "ff"'))
  end)

  it("have columns by BTF", function()
    local found = ask("sch_points")
    assert.equal("x y value", column_names(found))
    assert.same({ 1, 2, "hello" }, { table.unpack(found.rows[1].cells) })
    assert.equal("0100000002000000", found.rows[1].key)
    assert.same({ name = "x", type = "u32", part = "KEY", numeric = true },
      { name = found.columns[1].name, type = found.columns[1].type, part = found.columns[1].part,
        numeric = found.columns[1].numeric })
    assert.equal("VALUE", found.columns[3].part)
    assert.is_false(found.columns[3].numeric)
  end)

  it("sort numbers, exact beyond 2^53", function()
    local found = ask("sch_hash", 'first: 3, sort: { column: "value" }')
    assert.same({ 41, 42, 40 }, { cell(found, 1, 1), cell(found, 2, 1), cell(found, 3, 1) })
    assert.equal("18446744073709551615", cell(found, 1, 2))
    assert.equal("9007199254740993", cell(found, 2, 2))
    assert.equal(4000, cell(found, 3, 2))
    assert.equal(42, found.matched)
    assert.equal(42, found.scanned)
    local ascending = ask("sch_hash", 'first: 1, sort: { column: "value", order: ASC }')
    assert.equal(1, cell(ascending, 1, 1))
  end)

  it("page through a sorted map", function()
    local seen, after = {}, "null"
    repeat
      local found = ask("sch_hash",
        ('first: 10, after: %s, sort: { column: "key", order: ASC }'):format(after))
      for _, row in ipairs(found.rows) do seen[#seen + 1] = row.cells[1] end
      after = json.encode(found.pageInfo.endCursor)
    until not found.pageInfo.hasNextPage
    assert.equal(42, #seen)
    for i, key in ipairs(seen) do assert.equal(i, key) end
  end)

  it("page through a map in its own order, each entry once", function()
    local seen, count, after = {}, 0, "null"
    repeat
      local found = ask("sch_hash", ("first: 10, after: %s"):format(after))
      for _, row in ipairs(found.rows) do
        assert.is_nil(seen[row.key])
        seen[row.key], count = true, count + 1
      end
      after = json.encode(found.pageInfo.endCursor)
    until not found.pageInfo.hasNextPage
    assert.equal(42, count)
  end)

  it("keep the top of a sorted map", function()
    local found = ask("sch_hash", 'top: 2, sort: { column: "value" }')
    assert.equal(2, #found.rows)
    assert.is_false(found.pageInfo.hasNextPage)
    assert.equal("top: needs a sort", refusal("sch_hash", "top: 5"))
  end)

  it("filter by typed cells", function()
    local found = ask("sch_hash",
      'filter: [{ column: "value", op: GE, value: 3900 }, { column: "key", op: LT, value: 41 }]')
    assert.equal(2, #found.rows)
    for _, value in ipairs { "18446744073709551615", '"18446744073709551615"' } do
      local most = ask("sch_hash", 'filter: [{ column: "value", value: ' .. value .. " }]")
      assert.equal(41, cell(most, 1, 1))
    end
    for _, value in ipairs { "9007199254740993.0", "9007199254740993" } do
      local one = ask("sch_hash", 'filter: [{ column: "value", value: ' .. value .. " }]")
      assert.equal(42, cell(one, 1, 1))
    end
    local exact = ask("sch_hash", 'filter: [{ column: "value", value: "9007199254740993" }]')
    assert.equal(42, cell(exact, 1, 1))
    local text = ask("sch_points",
      'filter: [{ column: "value", op: CONTAINS, value: "ELL" }]')
    assert.equal(1, #text.rows)
    assert.equal(0, #ask("sch_points", 'filter: [{ column: "value", value: "hell" }]').rows)
  end)

  it("show per-CPU values summed, each, or both", function()
    local sum = ask("sch_percpu", 'sort: { column: "value" }')
    assert.equal("key value", column_names(sum))
    assert.same({ "zsh", 70 }, { cell(sum, 1, 1), cell(sum, 1, 2) })
    local each = ask("sch_percpu", 'cpus: EACH, sort: { column: "value@1" }')
    assert.equal("key value@0 value@1", column_names(each):sub(1, 19))
    assert.same({ "zsh", 30, 40 }, { cell(each, 1, 1), cell(each, 1, 2), cell(each, 1, 3) })
    assert.equal(1, each.columns[3].cpu)
    assert.equal("CPU", each.columns[3].part)
    local both = ask("sch_percpu", "cpus: BOTH")
    assert.equal("key value value@0 value@1", column_names(both):sub(1, 25))
  end)

  it("write keys and values in a format, whatever the decoder", function()
    local found = ask("sch_percpu", "keyFormat: HEX, valueFormat: NUMBER, "
      .. 'filter: [{ column: "key", op: MATCHES, value: "^62617368" }]')
    assert.same({ "62617368" .. ("00"):rep(12), 7 }, { cell(found, 1, 1), cell(found, 1, 2) })
    local hex = ask("sch_array", "valueFormat: HEX, first: 1")
    assert.equal("00", cell(hex, 1, 2))
  end)

  it("show the next element of a queue, and leave it there", function()
    assert.equal("It is empty.", ask("sch_queue").note)
    object:map("sch_queue"):push(u32(7))
    for _ = 1, 2 do
      local found = ask("sch_queue")
      assert.equal(7, cell(found, 1, 1))
      assert.truthy(found.note:find("next element", 1, true))
    end
    object:map("sch_queue"):pop()
  end)

  it("show a ring buffer's waiting records", function()
    local found = ask("sch_ring")
    assert.equal("record state size data", column_names(found))
    assert.equal("0 of 4096 bytes wait to be read.", found.note)
    assert.same({}, found.rows)
  end)

  it("name the maps and programs that maps hold", function()
    assert.truthy(cell(ask("sch_outer"), 1, 2):find("sch_inner", 1, true))
    assert.truthy(cell(ask("sch_progs"), 1, 2):find("sch_next", 1, true))
    local data = support.ask(([[{ outer: map(id: %d) { innerMaps { key map { id name } } }
      inner: map(id: %d) { outerMaps { id } }
      main: program(id: %d) { tailCalls { index via { id } program { name } } } }]])
      :format(ids.sch_outer, ids.sch_inner, object:prog("sch_main"):info().id))
    assert.equal(ids.sch_inner, data.outer.innerMaps[1].map.id)
    assert.equal(ids.sch_outer, data.inner.outerMaps[1].id)
    assert.equal("sch_next", data.main.tailCalls[1].program.name)
    assert.equal(1, data.main.tailCalls[1].index)
  end)

  it("tell slots as histograms", function()
    local hist = object:map("sch_hist")
    local slots = { 3, 0, 5 }
    hist:update(u32(7), ("<I4I4I4"):pack(table.unpack(slots)) .. ("\0"):rep(52))
    local function ask_histogram(id)
      return support.ask(("{ map(id: %d) { histogram { label column total buckets "
        .. "{ from to count } } } }"):format(id)).map.histogram
    end
    local found = ask_histogram(hist:info().id)
    assert.same({ column = "slots", total = 8, buckets = {
      { from = 0.0, to = 2.0, count = 3 }, { from = 2.0, to = 4.0, count = 0 },
      { from = 4.0, to = 8.0, count = 5 },
    } }, { column = found[1].column, total = found[1].total, buckets = found[1].buckets })
    hist:update(u32(8), ("<I4"):pack(1) .. ("\0"):rep(60))
    local labels = {}
    for _, one in ipairs(ask_histogram(hist:info().id)) do labels[one.label] = one.total end
    assert.same({ ["7"] = 8, ["8"] = 1 }, labels)
    assert.is_nil(ask_histogram(ids.sch_hash))
  end)

  it("refuse what makes no sense, by name", function()
    assert.equal("first: 0 to 10000, got 10001", refusal("sch_hash", "first: 10001"))
    assert.equal("first: 0 to 10000, got -1", refusal("sch_hash", "first: -1"))
    assert.equal("sort: no column 'x'; there are key, value",
      refusal("sch_hash", 'sort: { column: "x" }'))
    assert.equal("after: 'zz' is not a valid cursor for an unsorted table",
      refusal("sch_hash", 'after: "zz"'))
    assert.equal("after: 'zz' is not a valid cursor for a sorted table",
      refusal("sch_hash", 'after: "zz", sort: { column: "key" }'))
    for _, text in ipairs { "", "00" } do
      assert.equal(("after: '%s' is not a valid cursor for an unsorted table"):format(text),
        refusal("sch_hash", ('after: "%s"'):format(text)))
    end
  end)

  it("know how full maps are", function()
    local data = support.ask(([[{ hash: map(id: %d) { fill { entries capacity ratio unit why } }
      array: map(id: %d) { fill { entries ratio } } ring: map(id: %d) { fill { entries unit } }
      queue: map(id: %d) { fill { entries ratio } }
      outer: map(id: %d) { fill { entries capacity why } } }]])
      :format(ids.sch_hash, ids.sch_array, ids.sch_ring, ids.sch_queue, ids.sch_outer))
    assert.equal(42, data.hash.fill.entries)
    assert.equal(256, data.hash.fill.capacity)
    assert.equal(42 / 256, data.hash.fill.ratio)
    assert.equal("entries", data.hash.fill.unit)
    assert.equal(1, data.array.fill.ratio)
    assert.same({ 0, "bytes" }, { data.ring.fill.entries, data.ring.fill.unit })
    assert.same({ 0, 0 }, { data.queue.fill.entries, data.queue.fill.ratio })
    assert.same({ 1, 2, "counted by walking its keys" },
      { data.outer.fill.entries, data.outer.fill.capacity, data.outer.fill.why })
  end)
end)
