-- JSON, read and written by C (src/vm/json.c, src/vm/json_read.c):
--
--   json.encode(value) -> text; json.decode(text) -> value | nil, err
--
-- Writing. Integers become decimal digits, floats the shortest text that reads back; NaN and the
-- infinities become the strings "NaN", "Infinity" and "-Infinity". A table whose keys are 1 to n
-- is a list, one whose keys are strings is an object with sorted keys, any other table is an
-- error. json.array marks a list that may be empty. json.shape fixes the order of an object's
-- fields: nil is written as null, a field outside the order is left out.
--
-- Reading. Numbers without a fraction become integers; of more than 64 signed bits they become
-- their digits as a string (lunette.u64 reads those up to 2^64). A list is marked, so that it is
-- written as a list again, even when it is empty.

local core = require("lunette.core.json")

local json = {}

local LIST = { json_list = true }
local TEXT = { json_text = true }

--- JSON's null as a Lua value.
json.null = core.decode("null", LIST)

--- Marks a table as a list: when empty it is written as [].
---@param t table
---@return table
function json.array(t) return setmetatable(t, LIST) end

--- A metatable for objects with a fixed order of fields; nil fields are written as null.
---@param order string[]
---@return table
function json.shape(order) return { order = order } end

--- Fixes the order of one object's fields.
---@param t table
---@param order string[]
---@return table
function json.object(t, order) return setmetatable(t, { order = order }) end

--- Text that is JSON already, written as it is. It must be checked: json.members does.
---@param text string
---@return table
function json.text(text) return setmetatable({ text }, TEXT) end

--- The text of such a value; nil for any other value.
---@param value any
---@return string|nil
function json.text_of(value) return getmetatable(value) == TEXT and value[1] or nil end

--- The members of a JSON object, each as the text of its value; nil when the text is no object.
---@param text string
---@return table<string, string>|nil
function json.members(text) return core.members(text) end

--- Reads JSON by the rules above.
---@param text string
---@return any|nil value, string? err
function json.decode(text)
  local ok, value = pcall(core.decode, text, LIST)
  if ok then return value end
  return nil, value
end

--- Writes a value. Raises when JSON can't hold it (functions, mixed tables, depth over 200).
---@param value any
---@return string
function json.encode(value) return core.encode(value) end

return json
