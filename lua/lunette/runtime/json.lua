-- JSON: written by our own writer (ordered, u64 exact, UTF-8 checked), read by lua-cjson.
--
--   json.encode(value) -> text; json.decode(text) -> value | nil, err
--
-- Lua integers are written as decimal digits, floats as the shortest text that reads back.
-- A table is written as a list when it has items or is marked by json.array, as an object
-- with sorted keys otherwise. json.shape fixes the order of an object's fields, and writes
-- those that are nil as null.

local cjson = require("cjson").new()
local has_core, core = pcall(require, "lunette.core.json")

cjson.decode_invalid_numbers(false)
cjson.decode_max_depth(100)

local json = { null = cjson.null }

local list = { json_list = true }

--- Marks a table as a list: an empty one is written as [].
---@param t table
---@return table
function json.array(t) return setmetatable(t, list) end

--- A metatable for objects whose fields are written in this order, nil ones as null.
---@param order string[]
---@return table
function json.shape(order) return { order = order } end

--- Gives one object its order of fields.
---@param t table
---@param order string[]
---@return table
function json.object(t, order) return setmetatable(t, { order = order }) end

--- Reads JSON. Numbers are floats, null is json.null.
---@param text string
---@return any|nil value, string? err
function json.decode(text)
  local ok, value = pcall(cjson.decode, text)
  if ok then return value end
  return nil, (tostring(value):gsub("^.-:%d+: ", ""))
end

--- Writes a value; raises on what JSON can't hold (functions, mixed tables, depth over 200).
---@param value any
---@return string
function json.encode(value)
  return core.encode(value)
end

if not has_core then
  -- Outside the binary (plain lua5.4, for tests of pure Lua): good enough, and not exact.
  json.encode = function(value) return cjson.encode(value) end
end

return json
