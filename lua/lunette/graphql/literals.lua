-- Prints Lua values as literals: for defaults that a script gives as values.

local json = require("lunette.runtime.json")
local inspect = require("lunette.graphql.inspect")
local types = require("lunette.graphql.types")

local literals = {}

local function list(value, t)
  if type(value) ~= "table" then return literals.of(value, t.of) end
  local items = {}
  for i, item in ipairs(value) do items[i] = literals.of(item, t.of) end
  return { kind = "ListValue", values = items }
end

local function object(value, t)
  local fields = {}
  for _, field in ipairs(t.fields) do
    if value[field.name] ~= nil then
      fields[#fields + 1] = { kind = "ObjectField", name = field.name,
        value = literals.of(value[field.name], field.type) }
    end
  end
  return { kind = "ObjectValue", fields = fields }
end

local function untyped_table(value)
  if #value > 0 or (getmetatable(value) or {}).json_list then
    local items = {}
    for i, item in ipairs(value) do items[i] = literals.untyped(item) end
    return { kind = "ListValue", values = items }
  end
  local names, fields = {}, {}
  for name in pairs(value) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do
    fields[i] = { kind = "ObjectField", name = name, value = literals.untyped(value[name]) }
  end
  return { kind = "ObjectValue", fields = fields }
end

--- The literal of a value without a type.
function literals.untyped(value)
  if value == nil or value == json.null then return { kind = "NullValue" } end
  if type(value) == "boolean" then return { kind = "BooleanValue", value = value } end
  if type(value) == "table" then return untyped_table(value) end
  if type(value) == "number" then
    local text = inspect.number(value)
    return { kind = text:find("[.e]") and "FloatValue" or "IntValue", value = text }
  end
  return { kind = "StringValue", value = tostring(value) }
end

--- The literal of a value of a type; the value has the form that a variable would have.
---@param value any
---@param t table
---@return table node
function literals.of(value, t)
  t = types.nullable(t)
  if value == nil or value == json.null then return { kind = "NullValue" } end
  if t.kind == "LIST" then return list(value, t) end
  if t.kind == "INPUT_OBJECT" and type(value) == "table" then return object(value, t) end
  if t.kind == "ENUM" then return { kind = "EnumValue", value = tostring(value) } end
  if t.name == "ID" and type(value) == "number" then
    return { kind = "IntValue", value = inspect.number(value) }
  end
  return literals.untyped(value)
end

return literals
