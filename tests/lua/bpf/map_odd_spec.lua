-- Reading maps with unusual content: keys and values of the largest sizes, prefixes of odd lengths,
-- types nested as deeply as the kernel allows, maps that are frozen, full of holes, removed, or
-- written while they are read.

local bpf = require("bpf")
local decode = require("lunette.decode")
local fixture = require("tests.lua.support.fixture")
local json = require("lunette.runtime.json")
local support = require("tests.lua.schema.support")
local tables = require("lunette.schema.table")

local function rows_of(map, more)
  local args = { first = 1000, cpus = "SUM" }
  for name, value in pairs(more or {}) do args[name] = value end
  return tables.page(map:info(), args, {})
end

local function streamed(map, format)
  local parts = {}
  local stream <close> = assert(map:stream { format = format })
  for chunk in function() return stream:read() end do parts[#parts + 1] = chunk end
  return table.concat(parts)
end

describe("odd maps", function()
  local object

  setup(function() object = assert(bpf.load(fixture.object("odd"))) end)
  teardown(function() object:close() end)

  it("with the largest keys that a hash takes", function()
    local map <close> = object:map("od_key")
    local key = ("k"):rep(511) .. "\0"
    assert(map:update(key, ("<I4"):pack(7)))
    assert.equal(("<I4"):pack(7), map:lookup(key))
    local page = rows_of(map, { sort = { column = "key", order = "ASC" } })
    assert.equal(1, #page.rows)
    assert.equal(decode.format(key, "HEX"), page.rows[1].key)
    assert.equal(0, #rows_of(map, { sort = { column = "key", order = "ASC" },
      after = page.pageInfo.endCursor }).rows)
  end)

  it("with values of a megabyte", function()
    local map <close> = object:map("od_value")
    assert(map:update(("<I4"):pack(1), ("\xab"):rep(1048576)))
    local list = assert(json.decode(streamed(map, "json")))
    assert.equal(2, #list)
    assert.equal(2 * 1048576, #list[2].value)
    assert.equal(2, select(2, streamed(map, "csv"):gsub("\n", "")) - 1)
    assert.equal(1048576, #map:lookup(("<I4"):pack(1)))
  end)

  it("with prefixes that are no address and end within a byte", function()
    local map <close> = object:map("od_lpm")
    assert(map:update(("<I4c3"):pack(13, "\x0a\xf8\0"), ("<I4"):pack(1)))
    assert(map:update(("<I4c3"):pack(0, "\0\0\0"), ("<I4"):pack(2)))
    assert(map:update(("<I4c3"):pack(24, "\x0a\xf8\1"), ("<I4"):pack(3)))
    local found = {}
    for key, value in map:each() do found[key] = value end
    assert.same({ ["0af800/13"] = 1, ["000000/0"] = 2, ["0af801/24"] = 3 }, found)
    local page = rows_of(map, { filter = { { column = "prefix", op = "STARTS", value = "0AF8" } } })
    assert.equal(2, #page.rows)
  end)

  it("with structs in structs, 30 deep", function()
    local map <close> = object:map("od_deep")
    assert(map:update(("<I4"):pack(0), ("<I4"):pack(42)))
    local column = map:decoder().columns.value[1]
    assert.equal(("in."):rep(29) .. "leaf", column.name)
    local page = rows_of(map, { sort = { column = column.name, order = "DESC" } })
    assert.equal(42, page.rows[1].cells[2])
    local text = streamed(map, "json")
    assert.truthy(text:find('"leaf":42', 1, true), text)
    local cursor <close> = assert(map:cursor())
    local key, value = cursor:next()
    local entry = json.object({ key = key, value = value }, { "key", "value" })
    assert.equal(text, ("[%s]\n"):format(json.encode(entry)))
  end)

  it("with tags and qualifiers on their types", function()
    local map <close> = object:map("od_tagged")
    assert(map:update(("<I4"):pack(0), ("<I8i8I4I4"):pack(16, -1, 5, 3)))
    assert.equal('[{"key":0,"value":{"pointer":"0x10","level":"LOW","count":5,"flags":3}}]\n',
      streamed(map, "json"))
  end)

  it("that are frozen or read-only for programs, like any other", function()
    local map <close> = object:map("od_rdonly")
    assert(map:update(("<I4"):pack(0), ("<I8"):pack(9)))
    assert(map:freeze())
    assert.is_true(map:info().frozen)
    assert.equal(9, rows_of(map).rows[1].cells[2])
    local ok, err = map:update(("<I4"):pack(0), ("<I8"):pack(1))
    assert.is_nil(ok)
    assert.matches("Operation not permitted", err)
    assert.truthy(streamed(map, "ndjson"):find('"9"', 1, true))
  end)

  it("whose entries come and go: each is told once, and what stays is told", function()
    local map <close> = object:map("od_moving")
    local function key(n) return ("<I4"):pack(n) end
    for i = 1, 1000 do assert(map:update(key(i), key(i))) end
    local cursor <close> = assert(map:cursor { raw = true })
    local seen, n = {}, 0
    for bytes in cursor.next, cursor do
      local number = ("<I4"):unpack(bytes)
      n = n + 1
      seen[number] = (seen[number] or 0) + 1
      -- Removes odd keys and adds missing ones all the time.
      map:delete(key(2 * (n % 500) + 1))
      map:update(key(100000 + n), key(n))
      assert.is_true(n <= 10000, "it ends")
    end
    for i = 2, 1000, 2 do assert.is_true((seen[i] or 0) >= 1, i .. " is there all the while") end
    local page = rows_of(map, { sort = { column = "key", order = "ASC" } })
    local keys = {}
    for _, row in ipairs(page.rows) do
      assert.is_nil(keys[row.key])
      keys[row.key] = true
    end
  end)

  it("that went since they were listed are a sentence, no error", function()
    local short = assert(bpf.load(fixture.object("odd")))
    local map = short:map("od_moving")
    local info, id = map:info(), map:id()
    local stream <close> = assert(map:stream { format = "ndjson" })
    map:close()
    short:close()
    assert.is_nil((stream:read())) -- the stream keeps its map alive: empty, but there
    stream:close()
    local page
    for _ = 1, 6000 do
      page = tables.page(info, { first = 10 }, {})
      if page.note ~= "It is empty." then break end
      os.execute("sleep 0.01")
    end
    assert.matches("map " .. id .. ": No such file or directory", page.note)
    assert.same({}, page.rows)
    assert.matches("map with ID " .. id, support.refusal(("{ map(id: %d) { id } }"):format(id)))
  end)

  it("with a decoder that fails on one entry: it is marked, and the others are told", function()
    local map <close> = object:map("od_moving")
    for key in map:each { raw = true } do map:delete(key) end
    for i = 1, 10 do map:update(("<I4"):pack(i), ("<I4"):pack(i)) end
    local high = decode.func(2, function(bytes)
      if bytes ~= "\0\0" then error("odd one") end
      return "fine"
    end)
    map:update(("<I4"):pack(5), ("<I2I2"):pack(5, 1))
    map:use { key_plan = decode.compile(decode.u32():as("n"), 4), value_plan = decode.compile(
      decode.struct { decode.u16():as("low"), high:as("high") }, 4) }
    local told = 0
    for line in streamed(map, "ndjson"):gmatch("[^\n]+") do
      local entry = assert(json.decode(line))
      told = told + 1
      assert.equal(entry.key, entry.value.low)
      if entry.key == 5 then assert.matches("odd one", entry.value.high.error)
      else assert.equal("fine", entry.value.high) end
    end
    assert.equal(10, told)
  end)
end)
