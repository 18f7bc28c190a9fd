-- lua/meta/table.lua against the module: every function is documented, and every documented one
-- exists; and its example.

local bpf = require("bpf")
local lunette = require("lunette")
local support = require("tests.lua.schema.support")

local function documented()
  local names = {}
  for line in io.lines("lua/meta/table.lua") do
    local name = line:match("^function table%.([%w_]+)%(")
    if name then names[name] = true end
  end
  return names
end

describe("lua/meta/table.lua", function()
  it("documents what is there, and nothing else", function()
    local have = {}
    for name in pairs(lunette.table) do have[name] = true end
    assert.same(have, documented())
  end)
end)

describe("lunette.table", function()
  local object, map

  setup(function()
    object = support.load()
    map = object:map("sch_hash")
    for i = 1, 200 do map:update(("<I4"):pack(i), ("<I8"):pack(i * 10)) end
  end)

  teardown(function() object:close() end)

  it("reads pages of 100 rows, in an order, by conditions", function()
    local page = lunette.table.read(map:info())
    assert.equal(100, #page.rows)
    assert.is_true(page.pageInfo.hasNextPage)
    page = lunette.table.read(map:info(), { first = 2, sort = { column = "value" },
      filter = { { column = "key", op = "LT", value = 50 } } })
    assert.same({ { 49, 490 }, { 48, 480 } },
      { { table.unpack(page.rows[1].cells) }, { table.unpack(page.rows[2].cells) } })
    assert.equal(49, page.matched)
    assert.equal("key", page.columns[1].name)
  end)

  it("gives C conditions and orders, and makes rows of entries", function()
    local reader = lunette.table.reader(map:info())
    local where = lunette.table.where(reader, { { column = "value", op = "GE", value = 1990 } })
    local cell, descending = lunette.table.order(reader, { column = "value", order = "ASC" })
    local selection <close> = assert(map:select { limit = 10, where = where, sort = cell,
      descending = descending })
    repeat until not selection:step()
    local rows = {}
    for i, row in ipairs(selection:rows()) do
      rows[i] = lunette.table.shown(reader, reader:row(row[1], row[2])).cells[2]
    end
    assert.same({ 1990, 2000 }, rows)
  end)

  it("writes what it encodes", function()
    local info = map:info()
    local bytes = lunette.table.encode("value", 7,
      lunette.decode.for_map(info).columns.value, info.value_size)
    assert.equal(("<I8"):pack(7), bytes)
    assert.is_true(lunette.table.write(map, info, { key = 1000, value = 7 }).written)
    assert.equal(bytes, map:lookup(("<I4"):pack(1000)))
    map:delete(("<I4"):pack(1000))
  end)

  it("raises in words", function()
    assert.error_matches(function() lunette.table.read(map:info(), { top = 5 }) end,
      "^top: needs a sort$")
    assert.error_matches(function()
      lunette.table.read(map:info(), { sort = { column = "none" } })
    end, "no column 'none'")
    assert.equal("map 0", (select(2, bpf.map_info(0)) or ""):match("map %d+"))
  end)
end)
