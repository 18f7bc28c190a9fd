-- Sorted and filtered pages of maps, compared with a plain sort of all rows: random maps, orders,
-- filters and pages. SORTED_SEED sets the seed; a failure prints its own.

local bpf = require("bpf")
local cells = require("lunette.table.cells")
local d = require("lunette.decode")
local json = require("lunette.runtime.json")
local numbers = require("lunette.table.numbers")
local pages = require("lunette.table.pages")
local choose = require("lunette.table.choose")
local support = require("tests.lua.schema.support")

local build = os.getenv("LUNETTE_BUILD") or "build"

local VALUE = d.struct {
  d.u64():as("u64"), d.i64():as("i64"), d.u32():as("u32"), d.i16():as("i16"), d.be16():as("be16"),
  d.f64():as("f64"), d.f32():as("f32"), d.bool():as("bool"), d.cstring(6):as("text"),
  d.enum({ [0] = "IDLE", [1] = "BUSY", [7] = "GONE" }, 4):as("state"), d.hex(2):as("hex"),
  d.array(d.u8(), 3):as("list"), d.duration():as("time"),
}

local STATES = { IDLE = 0, BUSY = 1, GONE = 7 }

-- Values that columns of other types than numbers and texts are compared with.
local WANTED = {
  enum = { "IDLE", "GONE", 1, 9 }, bool = { "true", "false", 1 }, bytes = { "0001", "FF00", "61" },
}

local U64 = { 0, 1, 2, 77, 1 << 53, (1 << 53) + 1, math.maxinteger, math.mininteger, -1, -2 }
local FLOATS = { 0.0, -0.0, 1.5, -1.5, 1e300, -1e300, math.huge, -math.huge, 0 / 0, 3.0 }
local TEXTS = { "", "a", "ab", "abc", "ABC", "b", "zz", "\xff\xfe", "a b", "10", "9" }

local function any(list) return list[math.random(#list)] end

-- The bytes of these values in the declared layout, with natural alignment.
local LAYOUT = "!8<I8i8I4i2>I2<!8d!4f!1Bc6!4I4!1c2c3!8I8"

local function random_value()
  local text = any(TEXTS)
  local packed = LAYOUT:pack(any(U64), any(U64), math.random(0, 3), math.random(-3, 3),
    math.random(0, 3), any(FLOATS), any(FLOATS), math.random(0, 1),
    text .. ("\0"):rep(6 - #text), any { 0, 1, 7, 9 }, any { "\0\1", "\xff\0", "ab" },
    string.char(math.random(0, 2), math.random(0, 2), math.random(0, 20)), any(U64))
  return packed .. ("\0"):rep(64 - #packed)
end

local COLUMNS = {
  "key", "u64", "i64", "u32", "i16", "be16", "f64", "f32", "bool", "text", "state", "hex", "time",
}

-- A cell's comparison value: nil, a number, or text. Names and booleans count as numbers.
local function compared(cell, column)
  if type(cell) == "boolean" then return cell and 1 or 0 end
  if column.type == "enum" then return STATES[cell] or cell end
  if cell ~= cell then return nil end
  return cell
end

local function less(a, b, unsigned)
  if unsigned and math.type(a) == "integer" and math.type(b) == "integer" then
    return math.ult(a, b)
  end
  return a < b
end

-- The order as documented, implemented a second time.
local function order(at, column, descending)
  local unsigned = column.unsigned
  local function rank(x) return x == nil and 0 or type(x) == "number" and 1 or 2 end
  return function(a, b)
    local x, y = compared(a[at], column), compared(b[at], column)
    if rank(x) ~= rank(y) then
      if rank(x) == 0 or rank(y) == 0 then return rank(y) == 0 end
      if descending then return rank(x) > rank(y) end
      return rank(x) < rank(y)
    end
    if x ~= nil and less(x, y, unsigned) then return not descending end
    if x ~= nil and less(y, x, unsigned) then return descending end
    return a.bytes < b.bytes
  end
end

local function keys(rows)
  local list = {}
  for i, row in ipairs(rows) do list[i] = ("%016x"):format((">I8"):unpack(row.bytes)) end
  return table.concat(list, " ")
end

-- All pages of a table, one after the other; in a run, from one selection.
local function all_pages(map, reader, args, run)
  local rows, matched = {}, nil
  args.after, args.run = nil, run
  repeat
    local page = pages.read(map, reader, args)
    assert.is_true(#page.rows <= args.first)
    table.move(page.rows, 1, #page.rows, #rows + 1, rows)
    matched = matched or page.matched
    args.after = page.pageInfo.endCursor
  until not page.pageInfo.hasNextPage
  if run and run.selection then run.selection:close() end
  args.run = nil
  return rows, matched
end

-- The keys that a stream with the same condition and order writes.
local function streamed(map, reader, decoder, args, at)
  local stream <close> = assert(map:stream {
    format = "ndjson", decoder = decoder, limit = args.top,
    where = args.filter and choose.where(reader, args.filter),
    sort = args.sort and reader:cell(at), descending = args.sort and args.sort.order == "DESC",
  })
  local rows, text = {}, {}
  for chunk in function() return stream:read() end do text[#text + 1] = chunk end
  for line in table.concat(text):gmatch("[^\n]+") do
    local key = line:match('^{"key":"(%d+)"')
    rows[#rows + 1] = { bytes = ("<i8"):pack((numbers.parse(key))) }
  end
  assert.is_nil(stream:note())
  return rows
end

local function index_of(reader, name)
  for i, column in ipairs(reader.columns) do
    if column.name == name then return i, column end
  end
end

-- A random condition, and its test of a row.
local function random_condition(reader)
  local name = any(COLUMNS)
  local at, column = index_of(reader, name)
  if not at then at, column = index_of(reader, name .. "@0") end
  if not column.numeric then
    local op, text = any { "EQ", "NE", "CONTAINS", "STARTS", "LT", "GE", "MATCHES" }, any(TEXTS)
    local compares = op == "EQ" or op == "NE" or op == "LT" or op == "GE"
    if text:find("[^%w ]") then text = "a" end
    local value = compares and WANTED[column.type] and any(WANTED[column.type]) or text
    local wanted = compared(value, column)
    if compares and column.type == "bool" then wanted = value == "false" and 0 or 1 end
    if column.type == "bytes" then wanted = wanted:lower() end
    return { column = column.name, op = op, value = value }, function(row)
      local shown, cell = tostring(row[at]), compared(row[at], column)
      if cell == nil then return false end
      if op == "EQ" then return cell == wanted elseif op == "NE" then return cell ~= wanted
      elseif op == "CONTAINS" then return shown:lower():find(text:lower(), 1, true) ~= nil
      elseif op == "STARTS" then return shown:lower():sub(1, #text) == text:lower()
      elseif op == "LT" then return cell < wanted elseif op == "GE" then return cell >= wanted end
      return shown:find(text) ~= nil
    end
  end
  local op, value = any { "EQ", "NE", "LT", "LE", "GT", "GE" }, any { 0, 1, 2, 3, 77, 1.5, -1.5 }
  return { column = column.name, op = op, value = value }, function(row)
    local cell = compared(row[at], column)
    if cell == nil then return false end
    if column.unsigned and math.type(cell) == "integer" and cell < 0 then
      return op == "NE" or op == "GT" or op == "GE" -- beyond 2^63
    end
    if op == "EQ" then return cell == value elseif op == "NE" then return cell ~= value
    elseif op == "LT" then return cell < value elseif op == "LE" then return cell <= value
    elseif op == "GT" then return cell > value end
    return cell >= value
  end
end

local function random_filter(reader)
  local list, tests = {}, {}
  for i = 1, math.random(0, 3) do list[i], tests[i] = random_condition(reader) end
  local how = any { "all", "any", "none" }
  if #list == 0 then return nil, function() return true end end
  local function passes(row)
    local held = 0
    for _, test in ipairs(tests) do held = held + (test(row) and 1 or 0) end
    if how == "all" then return held == #tests elseif how == "any" then return held > 0 end
    return held == 0
  end
  return how == "all" and list or { { [how] = list } }, passes
end

describe("sorted pages", function()
  local object
  local key_plan, value_plan = d.compile(d.u64():as("key"), 8), d.compile(VALUE, 64)
  local cpus = bpf.cpus()
  local seed = tonumber(os.getenv("SORTED_SEED")) or 2026

  setup(function()
    object = assert(bpf.load(build .. "/tests/bpf/sorted.bpf.o"))
    math.randomseed(seed)
  end)
  teardown(function() object:close() end)

  local function fill(name, count)
    local map = object:map(name)
    for _, old in ipairs((function()
      local list = {}
      for key in map:each { raw = true } do list[#list + 1] = key end
      return list
    end)()) do map:delete(old) end
    for _ = 1, count do
      local value = random_value()
      if name == "so_percpu" then
        local all = {}
        for cpu = 1, cpus do all[cpu] = random_value() end
        value = all
      end
      assert(map:update((">I8"):pack(math.random(0, 100000)), value))
    end
    return map
  end

  local function every_row(map, reader)
    local rows = {}
    for key, value in map:each { raw = true } do rows[#rows + 1] = reader:row(key, value) end
    return rows
  end

  local function one_case(name, reduce, show)
    local map <close> = fill(name, math.random(0, 150))
    local decoder = { key_plan = key_plan, value_plan = value_plan, reduce = reduce }
    local reader = cells.reader(map:info(), decoder, { cpus = show })
    local rows = every_row(map, reader)
    for _ = 1, 4 do
      local at = math.random(#reader.columns)
      local column, descending = reader.columns[at], any { true, false }
      local filter, passes = random_filter(reader)
      local top = any { false, 10, 1000 } or nil
      local args = { first = any { 1, 7, 100, 10000 }, filter = filter, top = top,
        sort = { column = column.name, order = descending and "DESC" or "ASC" } }
      if column.type == "array" then args.sort.column, at = "key", 1 end
      local wanted = {}
      for _, row in ipairs(rows) do
        if passes(row) then wanted[#wanted + 1] = row end
      end
      local matched_wanted = #wanted
      table.sort(wanted, order(at, reader.columns[at], descending))
      for i = #wanted, (top or #wanted) + 1, -1 do wanted[i] = nil end
      local what = ("seed %d, %s by %s %s, filter %s"):format(seed, name, args.sort.column,
        args.sort.order, json.encode(filter or {}))
      local found, matched = all_pages(map, reader, args)
      assert.equal(keys(wanted), keys(found), what)
      assert.equal(matched_wanted, matched, what)
      assert.equal(keys(wanted), keys((all_pages(map, reader, args, {}))), what .. ", in a run")
      assert.equal(keys(wanted), keys(streamed(map, reader, decoder, args, at)),
        what .. ", as a stream")
      args.sort, args.top = nil, nil
      local unsorted = all_pages(map, reader, args)
      table.sort(unsorted, function(a, b) return a.bytes < b.bytes end)
      local plain = {}
      for _, row in ipairs(rows) do
        if passes(row) then plain[#plain + 1] = row end
      end
      table.sort(plain, function(a, b) return a.bytes < b.bytes end)
      assert.equal(keys(plain), keys(unsorted), what .. ", in the map's order")
      local stream = streamed(map, reader, decoder, args)
      table.sort(stream, function(a, b) return a.bytes < b.bytes end)
      assert.equal(keys(plain), keys(stream), what .. ", as a stream in the map's order")
    end
  end

  it("of plain values", function()
    for _ = 1, 25 do one_case("so_plain", nil, "SUM") end
  end)

  it("of per-CPU values, made one and each", function()
    for _, reduce in ipairs { "sum", "min", "max", "avg", "last" } do
      for _ = 1, 3 do one_case("so_percpu", reduce, any { "SUM", "BOTH" }) end
    end
  end)

  it("by lists, as their text", function()
    local map <close> = fill("so_plain", 100)
    local reader = cells.reader(map:info(), { key_plan = key_plan, value_plan = value_plan }, {})
    local args = { first = 1000, sort = { column = "list", order = "ASC" } }
    local at, rows = index_of(reader, "list"), every_row(map, reader)
    table.sort(rows, function(a, b)
      local x, y = table.concat(a[at], ","), table.concat(b[at], ",")
      if x == y then return a.bytes < b.bytes end
      return x < y
    end)
    assert.equal(keys(rows), keys((all_pages(map, reader, args))))
  end)

  it("in formats, whatever the decoder says", function()
    local map <close> = fill("so_plain", 100)
    for _, format in ipairs { "HEX", "STRING", "NUMBER" } do
      local reader = cells.reader(map:info(), {}, { keyFormat = format, valueFormat = "HEX" })
      for key, value in map:each { raw = true } do
        local row = reader:row(key, value)
        assert.equal(d.format(key, format), tostring(row[1]))
        assert.equal(d.format(value, "HEX"), row[2])
      end
      local args = { first = 11, sort = { column = "key", order = "DESC" } }
      local at, rows = index_of(reader, "key"), every_row(map, reader)
      table.sort(rows, order(at, reader.columns[at], true))
      assert.equal(keys(rows), keys((all_pages(map, reader, args))))
    end
  end)

  -- What the functions below make: numbers, texts, lists, nothing, errors.
  local MADE = {
    function(n) return n end, function(n) return "t" .. n end, function(n) return { n, "x" } end,
    function(n) return n + 0.5 end, function(n) return n % 2 == 0 end, function() return nil end,
    function() error("no such thing") end,
  }

  local function made_of(bytes)
    local n = ("<I4"):unpack(bytes)
    return MADE[n % #MADE + 1](n)
  end

  -- The cell as it is compared, by the documentation: nil, a number or a text.
  local function compared_made(bytes)
    local ok, cell = pcall(made_of, bytes)
    if not ok or cell == nil then return nil end
    if type(cell) == "table" then return table.concat(cell, ",") end
    return type(cell) == "number" and cell or tostring(cell)
  end

  local function filled_with_numbers()
    local map = fill("so_plain", 0)
    for i = 1, 300 do
      assert(map:update((">I8"):pack(i), ("<I4"):pack(math.random(0, 200)) .. ("\0"):rep(60)))
    end
    return map
  end

  local function holds(op, cell, value)
    if type(cell) == "number" and type(value) == "string" then cell = tostring(cell) end
    if type(cell) == "string" then value = tostring(value) end
    if op == "EQ" then return cell == value elseif op == "NE" then return cell ~= value
    elseif op == "LT" then return cell < value elseif op == "GE" then return cell >= value end
    return tostring(cell):find(value, 1, true) ~= nil
  end

  it("of cells that Lua functions make", function()
    local map <close> = filled_with_numbers()
    local made = d.compile(d.struct { d.func(4, made_of):as("made"), d.skip(60) }, 64)
    local decoder = { key_plan = d.compile(d.u64():as("key"), 8), value_plan = made }
    local reader = cells.reader(map:info(), decoder, {})
    local all = {}
    for key, value in map:each { raw = true } do
      all[#all + 1] = { compared_made(value:sub(1, 4)), bytes = key }
    end
    local column, at = { type = "func" }, index_of(reader, "made")
    for _, asked in ipairs { { "GE", 100 }, { "LT", 7.5 }, { "EQ", "true" }, { "NE", "t8" },
      { "CONTAINS", ",x" }, { "GE", "t1" } } do
      local rows = {}
      for _, row in ipairs(all) do
        if row[1] ~= nil and holds(asked[1], row[1], asked[2]) then rows[#rows + 1] = row end
      end
      assert.is_true(#rows > 0 and #rows < #all)
      for _, way in ipairs { "ASC", "DESC" } do
        table.sort(rows, order(1, column, way == "DESC"))
        local args = { first = 40, sort = { column = "made", order = way },
          filter = { { column = "made", op = asked[1], value = asked[2] } } }
        assert.equal(keys(rows), keys((all_pages(map, reader, args))))
        assert.equal(keys(rows), keys((all_pages(map, reader, args, {}))))
        assert.equal(keys(rows), keys(streamed(map, reader, decoder, args, at)))
      end
    end
    table.sort(all, order(1, column, true))
    assert.equal(keys(all), keys((all_pages(map, reader,
      { first = 77, sort = { column = "made", order = "DESC" } }))))
  end)

  it("go on where rows came and went meanwhile", function()
    local map <close> = fill("so_plain", 0)
    for i = 1, 200 do
      assert(map:update((">I8"):pack(i), ("<I8"):pack(i // 10) .. ("\0"):rep(56)))
    end
    local reader = cells.reader(map:info(), { key_plan = key_plan, value_plan = value_plan }, {})
    local args = { first = 50, sort = { column = "u64", order = "ASC" } }
    local page = pages.read(map, reader, args)
    assert(map:delete(page.rows[50].bytes)) -- the row at which the page ended
    assert(map:update((">I8"):pack(1000), ("\0"):rep(64))) -- before it
    args.after = page.pageInfo.endCursor
    local more = pages.read(map, reader, args)
    assert.equal(50, #more.rows)
    assert.equal(51, (">I8"):unpack(more.rows[1].bytes))
  end)

  it("hold what fits memory of huge values, and go on", function()
    local huge <close> = assert(bpf.load(build .. "/tests/bpf/huge.bpf.o"))
    local map <close> = huge:map("hu_array")
    local plan = d.compile(d.struct { d.u32():as("n"), d.skip(1048572) }, 1048576)
    local key = d.compile(d.u32():as("key"), 4)
    for i = 0, 99 do
      assert(map:update(("<I4"):pack(i), ("<I4"):pack(99 - i) .. ("\0"):rep(1048572)))
    end
    local reader = cells.reader(map:info(), { key_plan = key, value_plan = plan }, {})
    local args = { first = 100, sort = { column = "n", order = "ASC" } }
    local page = pages.read(map, reader, args)
    assert.is_true(#page.rows > 32 and #page.rows < 100)
    assert.is_true(page.pageInfo.hasNextPage)
    local rows = all_pages(map, reader, args)
    assert.equal(100, #rows)
    for i, row in ipairs(rows) do assert.equal(100 - i, (("<I4"):unpack(row.bytes))) end
    local last = support.ask(("{ map(id: %d) { entries(offset: 95, limit: 10) { key } } }")
      :format(map:id())).map.entries
    assert.same({ "5f000000", "60000000", "61000000", "62000000", "63000000" },
      { last[1].key, last[2].key, last[3].key, last[4].key, last[5].key })
    assert.equal(5, #last)
  end)

  it("refuse cursors that are none", function()
    local map <close> = fill("so_plain", 3)
    local reader = cells.reader(map:info(), { key_plan = key_plan, value_plan = value_plan }, {})
    for _, bad in ipairs { "", "@", "@1", "@1:6e", "@1:6e:00", "@1::0000000000000000",
      "@1:6935zz:0000000000000000", "@1:7175:0000000000000000", "@1:75:0000000000000000",
      "@1:752d35:0000000000000000", "@1:690031:0000000000000000", "0011" } do
      local ok, err = pcall(pages.read, map, reader,
        { first = 3, after = bad, sort = { column = "u64", order = "ASC" } })
      assert.is_false(ok, bad)
      assert.matches("after: ", err)
    end
  end)
end)
