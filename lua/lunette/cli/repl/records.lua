-- Prints a list of similar records, such as bpf.maps() returns, as a table that fits the terminal.
-- Fields without room, or equally empty in every record, are named below it.

local escape = require("lunette.runtime.escape")
local inspect = require("lunette.runtime.inspect")
local tables = require("lunette.cli.table")

local records = {}

local FIRST = { id = 1, name = 2, type = 3 }
local WIDEST = 32
local GAP = 2
local MOST = 500 -- rows

local function keys_of(record)
  local keys = {}
  for key in next, record do
    if type(key) ~= "string" then return nil end
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    local first_a, first_b = FIRST[a] or 9, FIRST[b] or 9
    if first_a ~= first_b then return first_a < first_b end
    if #a ~= #b then return #a < #b end -- fields with short names are usually the important ones
    return a < b
  end)
  return keys
end

local function text_of(value)
  if type(value) == "string" and escape.terminal(value) == value then return value end
  return value == nil and "" or inspect.format(value, { width = math.huge, depth = 2, text = 40 })
end

--- True for a list of at least two records that share fields.
---@param value any
---@return boolean
function records.are(value)
  if type(value) ~= "table" or rawlen(value) < 2 then return false end
  local first = rawget(value, 1)
  if type(first) ~= "table" or rawlen(first) > 0 then return false end
  local keys = keys_of(first)
  if not keys or #keys < 2 then return false end
  for i = 2, math.min(rawlen(value), MOST) do
    local record = rawget(value, i)
    if type(record) ~= "table" or record[keys[1]] == nil then return false end
  end
  return true
end

local function is_nothing(value)
  return value == nil or value == 0 or value == false or value == ""
    or (type(value) == "table" and next(value) == nil)
end

local function column_of(list, key, count)
  local column = { title = key, width = #key, empty = true, align = "right" }
  column.value = function(record) return tables.cut(text_of(record[key]), WIDEST) end
  for i = 1, count do
    local value = list[i][key]
    if not is_nothing(value) then column.empty = false end
    if type(value) ~= "number" then column.align = nil end
    column.width = math.max(column.width, tables.length(column.value(list[i])))
  end
  return column
end

--- The lines of the table.
---@param list table[]
---@param room integer columns of the terminal
---@return string[]
function records.lines(list, room)
  local count = math.min(#list, MOST)
  local columns, hidden, used = {}, {}, 0
  for _, key in ipairs(keys_of(list[1])) do
    local column = column_of(list, key, count)
    if column.empty or used + column.width > room then
      hidden[#hidden + 1] = key
    else
      used = used + column.width + GAP
      columns[#columns + 1] = column
    end
  end
  local lines = tables.lines(columns, table.move(list, 1, count, 1, {}), room)
  if #list > count then lines[#lines + 1] = ("… %d more"):format(#list - count) end
  if #hidden > 0 then
    lines[#lines + 1] = ("(%d records; also: %s)"):format(#list, table.concat(hidden, ", "))
  end
  return lines
end

return records
