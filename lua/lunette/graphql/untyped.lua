-- Converts literals to Lua values without a type: for JSON and scripts' scalars. A whole number
-- outside signed 64 bits becomes a string of its digits.

local json = require("lunette.runtime.json")
local json_text = require("lunette.graphql.json_text")

local untyped = {}

local function list(node)
  local items = {}
  for i, item in ipairs(node.values) do items[i] = untyped.value(item) end
  return json.array(items)
end

local function object(node)
  local fields = {}
  for _, field in ipairs(node.fields) do fields[field.name] = untyped.value(field.value) end
  return fields
end

local function as_written(node) return node.value end
local function number(node) return json_text.number(node.value) end

local readers = {
  IntValue = number, FloatValue = number, StringValue = as_written, EnumValue = as_written,
  BooleanValue = as_written, NullValue = function() return json.null end,
  ListValue = list, ObjectValue = object, GivenValue = as_written,
}

--- The Lua value of a literal without variables: a variable's value is in it as a node of kind
--- GivenValue (see coerce.lua).
---@param node table
---@return any
function untyped.value(node) return readers[node.kind](node) end

return untyped
