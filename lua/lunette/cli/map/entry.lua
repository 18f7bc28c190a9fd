-- Converts a map table's rows to the entries that a whole-map stream writes: { key, value }, or {
-- key, cpuValues } with each CPU's value. key and value are objects when they have fields.

local tables = require("lunette.table")
local exit = require("lunette.cli.exit")
local inspect = require("lunette.runtime.inspect")
local json = require("lunette.runtime.json")
local page = require("lunette.cli.map.page")

local entry = {}

local SHAPES = {
  value = json.shape { "key", "value" },
  cpus = json.shape { "key", "cpuValues" },
  both = json.shape { "key", "value", "cpuValues" },
}

-- Adds a cell to an object, creating nested objects in column order.
local function put(object, path, value)
  for i, name in ipairs(path) do
    local order = getmetatable(object).order
    if object[name] == nil then order[#order + 1] = name end
    if i == #path then
      object[name] = value
    else
      object[name] = object[name] or json.object({}, {})
      object = object[name]
    end
  end
end

local IDS = { map = true, prog = true }

-- The ids in cells that read "name (id)".
local function ids(cell)
  if type(cell) == "string" then return tonumber(cell:match("%((%d+)%)$")) or cell end
  if type(cell) ~= "table" then return cell end
  local list = json.array({})
  for i, one in ipairs(cell) do list[i] = ids(one) end
  return list
end

-- A cell as a whole-map stream writes it.
local function exact(cell, column)
  if IDS[column.type] then return ids(cell) end
  return tables.digits(cell, column.wide)
end

-- The value of one part (and one CPU) of a row; a part without fields is its only cell.
local function part_of(row, columns, numbers, has_fields)
  if not has_fields then return exact(row.cells[numbers[1]], columns[numbers[1]]) end
  local object = json.object({}, {})
  for _, at in ipairs(numbers) do
    put(object, columns[at].path, exact(row.cells[at], columns[at]))
  end
  return object
end

--- Makes the function that converts a row.
---@param columns table[] of the table, as GraphQL gives them
---@param fields { key: boolean, value: boolean } have they fields?
---@param only_cpus boolean? leave out the sum where each CPU is shown
---@return fun(row: table): table
function entry.writer(columns, fields, only_cpus)
  local parts = page.parts(columns)
  if only_cpus and #parts.CPU > 0 then parts.VALUE = {} end
  local shape = #parts.CPU == 0 and SHAPES.value or #parts.VALUE == 0 and SHAPES.cpus
    or SHAPES.both
  local function side(row, numbers, has_fields)
    return numbers[1] and part_of(row, columns, numbers, has_fields or #numbers > 1)
  end
  return function(row)
    local cpus = json.array({})
    for i, cpu in ipairs(parts.CPU) do cpus[i] = part_of(row, columns, cpu, fields.value) end
    return setmetatable({
      key = side(row, parts.KEY, fields.key), value = side(row, parts.VALUE, fields.value),
      cpuValues = cpus,
    }, shape)
  end
end

-- Which integers of a value are "u64" or "i64": by field, or one word when it has no fields.
local function wide_of(columns)
  local wide = {}
  for _, column in ipairs(columns) do
    if column.whole then return column.wide end
    local at, path = wide, column.path
    for i = 1, #path - 1 do
      at[path[i]] = type(at[path[i]]) == "table" and at[path[i]] or {}
      at = at[path[i]]
    end
    at[path[#path]] = column.wide
  end
  return wide
end

--- A decoded value, from its bytes or from the CPUs' bytes, which are merged.
---@param decoder table
---@param value string|string[]
---@return string
function entry.text(decoder, value)
  local decoded = decoder.value_plan:decode(value, decoder.reduce or "sum")
  return inspect(decoded, { wide = wide_of(decoder.columns.value) })
end

-- True when a plan's result has fields: decodes zeros to find out.
local function has_fields(plan, size)
  local value = plan:decode(("\0"):rep(size))
  return type(value) == "table" and #value == 0
end

--- True when a map's key and its value have fields, by the decoder in force.
---@param map bpf.Map
---@param info bpf.MapInfo
---@param format string|nil what shows them as text instead
---@return { key: boolean, value: boolean }
function entry.fields(map, info, format)
  if format then return { key = false, value = false } end
  local decoder = exit.check(map:decoder())
  return {
    key = info.key_size > 0 and has_fields(decoder.key_plan, info.key_size),
    value = info.value_size > 0 and has_fields(decoder.value_plan, info.value_size),
  }
end

return entry
