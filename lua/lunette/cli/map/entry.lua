-- Rows of a map's table as the entries that a whole-map stream writes: { key, value } or, where
-- each CPU is shown, { key, cpuValues }; objects where key or value have fields.

local cells = require("lunette.schema.cells")
local exit = require("lunette.cli.exit")
local json = require("lunette.runtime.json")

local entry = {}

local SHAPES = {
  value = json.shape { "key", "value" },
  cpus = json.shape { "key", "cpuValues" },
  both = json.shape { "key", "value", "cpuValues" },
}

-- An object grows field by field, in the columns' order.
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

-- The cells of one part (and one CPU) of a row; a part without fields is its only cell.
local function part_of(row, columns, has_fields)
  if not has_fields then return cells.digits(row.cells[columns[1].at], columns[1].wide) end
  local object = json.object({}, {})
  for _, column in ipairs(columns) do
    put(object, column.path, cells.digits(row.cells[column.at], column.wide))
  end
  return object
end

-- Columns by part, those of CPUs by CPU.
local function group(columns)
  local groups = { KEY = {}, VALUE = {}, CPU = {} }
  for i, column in ipairs(columns) do
    local list = groups[column.part]
    if column.part == "CPU" then
      list[column.cpu + 1] = list[column.cpu + 1] or {}
      list = list[column.cpu + 1]
    end
    list[#list + 1] = { at = i, wide = column.wide, path = column.path }
  end
  return groups
end

--- A function that makes entries of a table's rows.
---@param columns table[] of the table, as GraphQL gives them
---@param fields { key: boolean, value: boolean } have they fields?
---@param only_cpus boolean? leave out the sum where each CPU is shown
---@return fun(row: table): table
function entry.writer(columns, fields, only_cpus)
  local groups = group(columns)
  if only_cpus and #groups.CPU > 0 then groups.VALUE = {} end
  local shape = #groups.CPU == 0 and SHAPES.value or #groups.VALUE == 0 and SHAPES.cpus
    or SHAPES.both
  return function(row)
    local cpus = json.array({})
    for i, cpu in ipairs(groups.CPU) do cpus[i] = part_of(row, cpu, fields.value) end
    return setmetatable({
      key = groups.KEY[1] and part_of(row, groups.KEY, fields.key or #groups.KEY > 1),
      value = groups.VALUE[1] and part_of(row, groups.VALUE, fields.value or #groups.VALUE > 1),
      cpuValues = cpus,
    }, shape)
  end
end

-- Whether what a plan reads has fields, told by what it makes of zeros.
local function has_fields(plan, size)
  local value = plan:decode(("\0"):rep(size))
  return type(value) == "table" and #value == 0
end

--- Have a map's key and value fields, by the decoder in force?
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
