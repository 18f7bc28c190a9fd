-- Which rows of a table are wanted, in which order: filters over typed cells, sorting, and
-- the first so many of any number of rows in bounded memory.

local select = {}

local function number_of(value)
  if type(value) == "number" then return value end
  return type(value) == "string" and tonumber(value) or nil
end

-- A cell as it is shown, to compare as text.
local function text_of(cell)
  if type(cell) == "table" then
    local parts = {}
    for i, item in ipairs(cell) do parts[i] = text_of(item) end
    return table.concat(parts, ",")
  end
  if math.type(cell) == "float" then return ("%.17g"):format(cell) end
  return tostring(cell)
end

-- A number of a column that counts from zero, turned so that signed comparison orders it.
local function ordered(column, cell)
  if column.unsigned and math.type(cell) == "integer" then return cell ~ math.mininteger end
  return cell
end

-- The wanted number exactly as the cells hold it: digits beyond 2^53 arrive as text.
local function wanted_number(column, value)
  if type(value) == "string" and value:match("^%-?%d+$") then
    local exact = math.tointeger(tonumber(value))
    if not exact and column.unsigned then exact = require("lunette.runtime.u64").parse(value) end
    return exact or tonumber(value)
  end
  local number = number_of(value)
  return number and (math.tointeger(number) or number)
end

local function compared(test)
  return function(column, value)
    if column.numeric then
      local number = wanted_number(column, value)
      if not number then
        local text = tostring(value)
        error(("filter: column %s holds numbers, not '%s'"):format(column.name, text), 0)
      end
      number = ordered(column, number)
      return function(cell)
        if type(cell) ~= "number" then return false end
        return test(ordered(column, cell), number)
      end
    end
    local text = text_of(value)
    return function(cell) return cell ~= nil and test(text_of(cell), text) end
  end
end

local function pattern_test(_, value)
  local pattern = text_of(value)
  local ok, err = pcall(string.find, "", pattern)
  if not ok then
    error("filter: bad pattern: " .. tostring(err):gsub("^.-:%d+: ", ""), 0)
  end
  return function(cell) return cell ~= nil and text_of(cell):find(pattern) ~= nil end
end

local function contains_test(_, value)
  local text = text_of(value):lower()
  return function(cell) return cell ~= nil and text_of(cell):lower():find(text, 1, true) ~= nil end
end

local OPS = {
  EQ = compared(function(a, b) return a == b end),
  NE = compared(function(a, b) return a ~= b end),
  LT = compared(function(a, b) return a < b end),
  LE = compared(function(a, b) return a <= b end),
  GT = compared(function(a, b) return a > b end),
  GE = compared(function(a, b) return a >= b end),
  CONTAINS = contains_test,
  MATCHES = pattern_test,
}

-- The number of the column of that name.
local function find(columns, name, what)
  local known = {}
  for i, column in ipairs(columns) do
    if column.name == name then return i end
    known[i] = column.name
  end
  error(("%s: no column '%s'; there are %s"):format(what, name, table.concat(known, ", ")), 0)
end

--- A test of rows: all conditions hold. nil when there are none.
---@param columns table[]
---@param conditions table[]|nil { column, op, value }
---@return nil|fun(row: table): boolean passes, integer[] columns that it looks at
function select.filter(columns, conditions)
  if not conditions or #conditions == 0 then return nil, {} end
  local tests, looks = {}, {}
  for i, condition in ipairs(conditions) do
    local at = find(columns, condition.column, "filter")
    looks[i] = at
    tests[i] = { at = at, test = OPS[condition.op](columns[at], condition.value) }
  end
  return function(row)
    for _, one in ipairs(tests) do
      if not one.test(row[one.at]) then return false end
    end
    return true
  end, looks
end

-- Rank of what can't be compared with each other: nothing, numbers, texts.
local function rank(cell)
  if cell == nil then return 0 end
  return type(cell) == "number" and 1 or 2
end

--- An order of rows by one column; equal ones by their key's bytes.
---@param columns table[]
---@param sort { column: string, order: string }
---@return fun(a: table, b: table): boolean before, integer[] columns that it looks at
function select.order(columns, sort)
  local at = find(columns, sort.column, "sort")
  local column, descending = columns[at], sort.order ~= "ASC"
  return function(a, b)
    local x, y = a[at], b[at]
    local rank_x, rank_y = rank(x), rank(y)
    if rank_x ~= rank_y then
      if rank_x == 0 or rank_y == 0 then return rank_y == 0 end -- nothing comes last
      return (rank_x < rank_y) ~= descending
    end
    if rank_x == 1 then x, y = ordered(column, x), ordered(column, y)
    elseif rank_x == 2 then x, y = text_of(x), text_of(y) end
    if x == y then return a.bytes < b.bytes end
    if descending then return x > y end
    return x < y
  end, { at }
end

--- Keeps the first so many rows of any number, in an order.
---@param count integer
---@param before fun(a: table, b: table): boolean
---@return { add: (fun(row: table): boolean), rows: fun(): table[] } add tells whether it was kept
function select.first(count, before)
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

return select
