-- Conditions and orders on cells of every kind.

local cells = require("lunette.table.cells")
local decode = require("lunette.decode")
local pages = require("lunette.table.pages")
local shapes = require("tests.lua.support.shapes")

local d = decode

local loaded

-- The first field of the entries that pass a condition, in an order.
local function chosen(name, args)
  local map = loaded.maps[name]
  local decoder = map:decoder()
  local reader = cells.reader(map:info(), decoder, {})
  local filter = { { column = args[1], op = args[2], value = args[3] } }
  local page = pages.read(map, reader, { first = 100, filter = args[1] and filter or nil,
    sort = args.sort and { column = args.sort, order = args.order } })
  local keys = {}
  for i, row in ipairs(page.rows) do
    keys[i] = tostring(cells.json(row[1], reader.columns[1].wide))
  end
  if not args.sort then table.sort(keys) end
  return table.concat(keys, " ")
end

local A, B, C, D = "000102030405", "000102030406", "000102030407", "abc"

-- A (first) to D are in support/shapes.lua.
local CONDITIONS = {
  { "address", "EQ", "0xffff888000001000", A },
  { "address", "GT", 0, ("%s %s %s"):format(A, B, D) },
  { "address", "EQ", "18446612682070036479", D }, { "address", "LT", "0xffff888000001000",
    ("%s %s %s"):format(B, C, D) }, { "address", "EQ", 4096, B },
  { "wide", "GT", 5, ("%s %s"):format(A, D) }, { "wide", "EQ", "9", A },
  { "wide", "EQ", "340282366920938463463374607431768211455", D },
  { "wide", "LE", 5, ("%s %s"):format(B, C) },
  { "wide", "GT", -1, table.concat({ A, B, C, D }, " ") },
  { "balance", "LT", 0, ("%s %s"):format(A, C) }, { "balance", "GE", "2", ("%s %s"):format(B, D) },
  { "level", "EQ", "LEVEL_HIGH", A }, { "level", "GT", "LEVEL_HIGH", D }, { "level", "GE", 7,
    ("%s %s"):format(A, D) }, { "level", "EQ", -1, B }, { "level", "CONTAINS", "low", B },
  { "mask", "GT", "9223372036854775807", ("%s %s"):format(A, D) },
  { "mask", "EQ", "9223372036854775808", A }, { "mask", "EQ", "0xffffffffffffffff", D },
  { "mac", "EQ", "000102030405", A }, { "mac", "EQ", "abc", D }, { "mac", "STARTS", "0001",
    ("%s %s %s"):format(A, B, C) },
}

local REFUSED = {
  { "address", "zz", "filter: column address: holds numbers, not 'zz'" },
  { "wide", "1.5", "filter: column wide: holds whole numbers, not '1.5'" },
  { "level", "HIGH", "filter: column level: is none of its names" },
  { "mask", "many", "filter: column mask: holds numbers, not 'many'" },
}

local ORDERS = {
  { "address", "ASC", table.concat({ C, B, D, A }, " ") },
  { "wide", "DESC", table.concat({ D, A, B, C }, " ") },
  { "balance", "ASC", table.concat({ C, A, B, D }, " ") },
  { "level", "ASC", table.concat({ B, C, A, D }, " ") },
  { "mask", "DESC", table.concat({ D, A, C, B }, " ") },
}

describe("cells are compared", function()
  setup(function() loaded = shapes.load() end)
  teardown(function() loaded:close() end)

  it("by their worth in conditions", function()
    for _, case in ipairs(CONDITIONS) do
      local what = table.concat({ case[1], case[2], tostring(case[3]) }, " ")
      assert.equal(case[4], chosen("sh_stations", case), what)
    end
  end)

  it("in one way only, or refused by name", function()
    for _, case in ipairs(REFUSED) do
      local ok, err = pcall(chosen, "sh_stations", { case[1], "EQ", case[2] })
      assert.is_false(ok)
      assert.equal(case[3], err)
    end
  end)

  it("by their worth for an order", function()
    for _, case in ipairs(ORDERS) do
      assert.equal(case[3], chosen("sh_stations", { sort = case[1], order = case[2] }), case[1])
    end
  end)

  it("by number where they are keys of 128 bits", function()
    assert.equal("2 5 9 18446744073709551616", chosen("sh_wide", { sort = "key", order = "ASC" }))
    assert.equal("9", chosen("sh_wide", { "key", "EQ", 9 }))
  end)

  it("by their bytes where they are addresses", function()
    local node = d.struct { d.ipv4():as("v4"), d.ipv6():as("v6"), d.mac():as("mac"),
      d.pid():as("process"), d.hex(2):as("bytes") }
    local plan = decode.compile(node, node.size)
    assert.same({ "t\10\0\0\2", "order" }, { plan:compared(1, "10.0.0.2") })
    assert.is_true(plan:compared(1, "10.0.0.2") < plan:compared(1, "10.0.0.10"))
    assert.equal("t" .. ("\0"):rep(15) .. "\1", (plan:compared(2, "::1")))
    assert.equal("t\222\173\190\239\0\1", (plan:compared(3, "DE:AD:BE:EF:00:01")))
    assert.same({ "u7", "number" }, { plan:compared(4, "7") })
    assert.same({ "tinit (1)", "text" }, { plan:compared(4, "init (1)") })
    assert.same({ "t\171\1", "order" }, { plan:compared(5, "AB01") })
    assert.same({ nil, "'10.0.0' is not an IPv4 address" }, { plan:compared(1, "10.0.0") })
    assert.same({ nil, "holds bytes in hex, not 'x'" }, { plan:compared(5, "x") })
  end)
end)
