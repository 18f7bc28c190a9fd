-- Conditions and orders of a table. Of a map's entries C tests and sorts the bytes: choose.where
-- and Reader:cell() prepare it. The rest is for rows that Lua makes: of maps without keys, and of
-- tools.

local decode = require("lunette.decode")
local float = require("lunette.runtime.float")
local json = require("lunette.runtime.json")
local numbers = require("lunette.table.numbers")

local choose = {}

local TEXT = 256 -- bytes of a text that count for the order

-- A cell as text, for comparing: items of a list or struct separated by commas.
local function text_of(cell)
  if type(cell) == "table" then
    local parts, order = {}, (getmetatable(cell) or {}).order
    for i, name in ipairs(order or cell) do parts[i] = text_of(order and cell[name] or name) end
    return table.concat(parts, ",")
  end
  return math.type(cell) == "float" and float.text(cell) or tostring(cell)
end

-- A cell's value for comparing; NaN counts as no value.
local function something(cell) return cell ~= nil and cell == cell end

-- A value in error messages.
local function shown(value)
  return type(value) == "string" and ("'%s'"):format(value) or json.encode(value)
end

local function refuse(column, why, ...)
  error(("filter: column %s: "):format(column.name) .. why:format(...), 0)
end

-- The value to compare a column's cells with, and the comparison: see Plan:compared.
local function wanted(column, value)
  if type(value) == "table" then value = text_of(value) end
  if value == json.null then refuse(column, "needs a value, not null") end
  local rank, by = column.plan:compared(column.index, value)
  return rank or refuse(column, "%s", by), by
end

-- -1, 0 or 1 when the first rank is less than, equal to or greater than the second.
local function compare_ranks(a, b)
  if a == b then return 0 end
  local text = a:sub(1, 1) == "t"
  if text ~= (b:sub(1, 1) == "t") then return text and 1 or -1 end
  if text then return decode.format(a, "HEX") < decode.format(b, "HEX") and -1 or 1 end
  local x, x_unsigned = numbers.read(a)
  local y, y_unsigned = numbers.read(b)
  return numbers.compare(x, x_unsigned, y, y_unsigned)
end

-- A cell's rank, when C defines it for the column.
local function rank_of(column, cell)
  if type(cell) == "table" or type(cell) == "userdata" then cell = text_of(cell) end
  if column.unsigned and math.type(cell) == "integer" then cell = ("%u"):format(cell) end
  local rank = column.plan:compared(column.index, cell)
  return rank or "t" .. text_of(cell)
end

-- The number in a cell that shows a name and a number, "bash (12)"; else nil.
local function number_of(cell)
  if type(cell) ~= "string" then return cell end
  return math.tointeger(tonumber(cell:match("%((%d+)%)$") or cell:match("^%d+$")))
end

-- Compares a plan's cells with a condition's value.
local function compared_by_plan(test, column, value)
  local rank, by = wanted(column, value)
  if by == "order" then
    return function(cell) return test(compare_ranks(rank_of(column, cell), rank), 0) end
  elseif by == "text" then
    local text = rank:sub(2)
    return function(cell) return test(text_of(cell), text) end
  end
  local number, unsigned = numbers.read(rank)
  return function(cell)
    local own = number_of(cell)
    return own ~= nil and test(numbers.compare(own, true, number, unsigned), 0)
  end
end

local function wanted_number(column, value)
  local number, unsigned = numbers.parse(value)
  if number then return number, unsigned end
  return refuse(column, "%s", unsigned or ("holds numbers, not %s"):format(shown(value)))
end

-- The same for a column of any values: nil for what is no number.
local function numbers_of(_, value)
  local number, unsigned = numbers.parse(value)
  if number then return number, unsigned end
end

local function compared(test)
  return function(column, value)
    if column.plan and not column.lua then return compared_by_plan(test, column, value) end
    local read, text = column.numeric and wanted_number or numbers_of, text_of(value)
    local number, unsigned = read(column, value)
    return function(cell)
      if number and type(cell) == "number" then
        return test(numbers.compare(cell, column.unsigned, number, unsigned), 0)
      end
      return not column.numeric and test(text_of(cell), text)
    end
  end
end

local function pattern_test(_, value)
  local pattern = text_of(value)
  local ok, err = pcall(string.find, "", pattern)
  if not ok then
    error("filter: bad pattern: " .. tostring(err):gsub("^.-:%d+: ", ""), 0)
  end
  return function(cell) return text_of(cell):find(pattern) ~= nil end
end

local function contains_test(_, value)
  local text = text_of(value):lower()
  return function(cell) return text_of(cell):lower():find(text, 1, true) ~= nil end
end

local function starts_test(_, value)
  local text = text_of(value):lower()
  return function(cell) return text_of(cell):sub(1, #text):lower() == text end
end

local OPS = {
  EQ = compared(function(a, b) return a == b end),
  NE = compared(function(a, b) return a ~= b end),
  LT = compared(function(a, b) return a < b end),
  LE = compared(function(a, b) return a <= b end),
  GT = compared(function(a, b) return a > b end),
  GE = compared(function(a, b) return a >= b end),
  CONTAINS = contains_test,
  STARTS = starts_test,
  MATCHES = pattern_test,
}

local COMPARES = { EQ = true, NE = true, LT = true, LE = true, GT = true, GE = true }

--- The number of the column with that name; raises when there is none.
---@param columns table[]
---@param name string
---@param what string what asks for it
---@return integer
function choose.column(columns, name, what)
  local known = {}
  for i, column in ipairs(columns) do
    if column.name == name then return i end
    known[i] = column.name
  end
  error(("%s: no column '%s'; there are %s"):format(what, name, table.concat(known, ", ")), 0)
end

-- For a group of conditions: how it joins them, and the conditions.
local function group_of(condition)
  local how
  for _, name in ipairs { "all", "any", "none" } do
    if condition[name] then how = how and "" or name end
  end
  if condition.column and not how then
    if condition.value == nil then
      error(("filter: column %s: a value is missing"):format(condition.column), 0)
    end
    return nil
  end
  if not how or how == "" or condition.column then
    error("filter: a condition is one of column, all, any and none", 0)
  end
  return how, condition[how]
end

local test_of

local function tests_of(columns, conditions)
  local tests = {}
  for i, condition in ipairs(conditions) do tests[i] = test_of(columns, condition) end
  return tests
end

local function grouped(how, tests)
  local decides = how ~= "all" -- the first result equal to it decides
  return function(row)
    for _, test in ipairs(tests) do
      if test(row) == decides then return how == "any" end
    end
    return how ~= "any"
  end
end

function test_of(columns, condition)
  local how, inside = group_of(condition)
  if how then return grouped(how, tests_of(columns, inside)) end
  local at = choose.column(columns, condition.column, "filter")
  local test = OPS[condition.op or "EQ"](columns[at], condition.value)
  return function(row) return something(row[at]) and test(row[at]) end
end

--- A function that tests a row: true when all conditions hold. nil without conditions.
---@param columns table[]
---@param conditions table[]|nil { column, op, value } or { all | any | none = conditions }
---@return nil|fun(row: table): boolean passes
function choose.filter(columns, conditions)
  if not conditions or #conditions == 0 then return nil end
  return grouped("all", tests_of(columns, conditions))
end

-- A condition for C.
local function compiled(reader, condition)
  local how, inside = group_of(condition)
  if how then
    local node = { op = how }
    for i, one in ipairs(inside) do node[i] = compiled(reader, one) end
    return node
  end
  local at = choose.column(reader.columns, condition.column, "filter")
  local column, op = reader.columns[at], condition.op or "EQ"
  local node = { op = op:lower(), cell = reader:cell(at) }
  if op == "MATCHES" then node.test = pattern_test(column, condition.value)
  elseif COMPARES[op] then node.rank, node.by = wanted(column, condition.value)
  else node.text = text_of(condition.value) end
  return node
end

--- The conditions for map:cursor(), map:select(), map:stream() and map:snapshot().
---@param reader table of cells
---@param conditions table[]
---@return bpf.Where
function choose.where(reader, conditions) return compiled(reader, { all = conditions }) end

-- Cells that sort as they are: plain numbers and texts.
local PLAIN = {
  cstring = true, func = true, u8 = true, u16 = true, u32 = true, u64 = true, i8 = true, i16 = true,
  i32 = true, i64 = true, be16 = true, be32 = true, be64 = true, f32 = true, f64 = true,
  bits = true, duration = true,
}

-- A cell's value for comparing, and its class: no value, number, text. Classes are not comparable
-- with each other.
local function ordered(cell)
  if not something(cell) then return nil, 0 end
  if type(cell) == "number" then return cell, 1 end
  return text_of(cell):sub(1, TEXT), 2
end

-- -1, 0 or 1; true as well when one of the cells has no value.
local function compare_cells(a, b, column)
  local x, rank_x = ordered(a)
  local y, rank_y = ordered(b)
  if rank_x ~= rank_y then
    return rank_x < rank_y and -1 or 1, rank_x == 0 or rank_y == 0
  end
  if rank_x == 0 then return 0 end
  if column.plan and not column.lua and not PLAIN[column.type] then
    return compare_ranks(rank_of(column, a), rank_of(column, b))
  end
  if rank_x == 1 then return numbers.compare(x, column.unsigned, y, column.unsigned) end
  return x == y and 0 or x < y and -1 or 1
end

--- An order of rows by one column; rows with equal cells are ordered by their key's bytes.
---@param columns table[]
---@param sort { column: string, order: string }
---@return fun(a: table, b: table): boolean before
function choose.order(columns, sort)
  local at = choose.column(columns, sort.column, "sort")
  local column, descending = columns[at], sort.order ~= "ASC"
  return function(a, b)
    local order, nothing = compare_cells(a[at], b[at], column)
    if order == 0 then return a.bytes < b.bytes end
    if nothing then return order > 0 end -- cells without a value come last
    return (order < 0) ~= descending
  end
end

--- Keeps the first `count` of any number of rows, in an order.
---@param count integer
---@param before fun(a: table, b: table): boolean
---@return { add: (fun(row: table): boolean), rows: fun(): table[] } add tells whether it was kept
function choose.first(count, before)
  local kept, worst = {}, nil
  local function cut()
    table.sort(kept, before)
    for i = #kept, count + 1, -1 do kept[i] = nil end
    worst = #kept == count and kept[count] or nil
  end
  local function add(row)
    if worst and not before(row, worst) then return false end
    kept[#kept + 1] = row
    if #kept >= 2 * count + 64 then cut() end
    return true
  end
  return {
    add = add,
    rows = function()
      cut()
      return kept
    end,
  }
end

return choose
