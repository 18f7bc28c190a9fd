-- Coerces input (variables, arguments, defaults) into the values that resolvers get. Here null is
-- json.null and a missing value nil. A value that can't be coerced gives nil, too; explain.lua then
-- gives the reason.

local json = require("lunette.runtime.json")
local json_text = require("lunette.graphql.json_text")
local types = require("lunette.graphql.types")

local null = json.null

local coerce = {}

local value_of, literal_of -- defined below

--- True for a list, false for an object.
local function is_list(value)
  if type(value) ~= "table" then return false end
  local meta = getmetatable(value)
  return #value > 0 or (meta and meta.json_list) or false
end
coerce.is_list = is_list

--- True when a value counts as a list where a list is expected. An empty table does, unless its
--- metatable marks it as an object.
function coerce.as_list(value)
  if is_list(value) then return true end
  return type(value) == "table" and next(value) == nil and not json_text.is_empty_object(value)
end

--- True for an object; false for a list or a big number.
function coerce.is_object(value)
  return type(value) == "table" and not is_list(value) and not json_text.digits(value)
end

local function shallow(t)
  local copy = {}
  for key, value in pairs(t) do copy[key] = value end
  return copy
end

local function copied(value)
  if type(value) ~= "table" then return value end
  local copy = {}
  for key, item in pairs(value) do copy[key] = copied(item) end
  return setmetatable(copy, getmetatable(value))
end

--- The value of an argument or input field that isn't given: its default, or nil.
---@param input table its definition
function coerce.default(input)
  local node = input.default
  if node == nil then return nil end
  if input.default_value == nil then
    if node.kind == "GivenValue" then
      input.default_value = value_of(node.value, input.type)
    else
      input.default_value = literal_of(node, input.type, {})
    end
  end
  return copied(input.default_value)
end

-- Adds the defaults of missing fields to an input object; false when a required field is missing.
local function fill(t, object, name_of_given)
  for _, field in ipairs(t.fields) do
    if name_of_given[field.name] == nil then
      if types.is_required(field) then return false end
      object[field.name] = coerce.default(field)
    end
  end
  if not t.one_of then return true end
  local name, value = next(object)
  return name ~= nil and value ~= null and next(object, name) == nil
end

local function list_value(value, t)
  local items = json.array {}
  if not coerce.as_list(value) then
    local item = value_of(value, t.of)
    if item == nil then return nil end
    return json.array { item }
  end
  local count = 0
  for at, item in next, value do
    local coerced = value_of(item, t.of)
    if coerced == nil or not math.type(at) then return nil end
    items[at], count = coerced, count + 1
  end
  return count == #items and items or nil
end

local function object_value(value, t)
  if not coerce.is_object(value) then return nil end
  local object, given, count = {}, value, 0
  for name, item in pairs(value) do
    local field = t.field[name]
    if not field then return nil end
    local coerced = value_of(item, field.type)
    if coerced == nil then return nil end
    object[name], count = coerced, count + 1
  end
  if t.one_of and count ~= 1 then return nil end
  return fill(t, object, given) and object or nil
end

--- Coerces the value of a variable.
function value_of(value, t)
  if t.kind == "NON_NULL" then
    if value == nil or value == null then return nil end
    t = t.of
  elseif value == nil or value == null then
    return null
  end
  if t.kind == "LIST" then return list_value(value, t) end
  if t.kind == "INPUT_OBJECT" then return object_value(value, t) end
  return (t.parse_value(value))
end
coerce.value = value_of

local function list_literal(node, t, variables)
  if node.kind ~= "ListValue" then
    local item = literal_of(node, t.of, variables)
    if item == nil then return nil end
    return json.array { item }
  end
  local items = json.array {}
  for i, item in ipairs(node.values) do
    local coerced = literal_of(item, t.of, variables)
    if coerced == nil then
      if item.kind ~= "Variable" or t.of.kind == "NON_NULL" then return nil end
      coerced = null
    end
    items[i] = coerced
  end
  return items
end

local function object_literal(node, t, variables)
  if node.kind ~= "ObjectValue" then return nil end
  local object, given = {}, {}
  for _, field in ipairs(node.fields) do
    local def = t.field[field.name]
    if not def then return nil end
    local missing = field.value.kind == "Variable" and variables[field.value.name] == nil
    if not missing then
      local coerced = literal_of(field.value, def.type, variables)
      if coerced == nil then return nil end
      object[field.name], given[field.name] = coerced, true
    end
  end
  if t.one_of and #node.fields ~= 1 then return nil end
  return fill(t, object, given) and object or nil
end

-- A copy of a literal with variables replaced by their values.
local function replaced(node, variables)
  if node.kind == "Variable" then
    local value = variables[node.name]
    if value == nil then value = null end
    return { kind = "GivenValue", at = node.at, value = value }
  elseif node.kind == "ListValue" then
    local items = {}
    for i, item in ipairs(node.values) do items[i] = replaced(item, variables) end
    return { kind = "ListValue", at = node.at, values = items }
  elseif node.kind == "ObjectValue" then
    local fields = {}
    for _, field in ipairs(node.fields) do
      if field.value.kind ~= "Variable" or variables[field.value.name] ~= nil then
        fields[#fields + 1] = { kind = "ObjectField", at = field.at, name = field.name,
          value = replaced(field.value, variables) }
      end
    end
    return { kind = "ObjectValue", at = node.at, fields = fields }
  end
  return node
end

--- Coerces a literal of a custom scalar, for its parse_literal.
---@param node table
---@param variables table
function coerce.without_variables(node, variables)
  if node.kind == "ListValue" or node.kind == "ObjectValue" then
    return replaced(node, variables)
  end
  return node
end

--- Coerces a literal of the document.
---@param node table
---@param t table
---@param variables table coerced values by name
function literal_of(node, t, variables)
  if node.kind == "Variable" then
    local value = variables[node.name]
    if value == null and t.kind == "NON_NULL" then return nil end
    return value
  end
  if t.kind == "NON_NULL" then
    if node.kind == "NullValue" then return nil end
    t = t.of
  elseif node.kind == "NullValue" then
    return null
  end
  if t.kind == "LIST" then return list_literal(node, t, variables) end
  if t.kind == "INPUT_OBJECT" then return object_literal(node, t, variables) end
  return (t.parse_literal(coerce.without_variables(node, variables)))
end
coerce.literal = literal_of

-- Converts nulls for resolvers: to nil, but in lists and scalars' values to null's default. A value
-- without nulls is returned unchanged.
local function plain(value, t)
  t = types.nullable(t)
  if type(value) ~= "table" or types.is_leaf(t) then return value end
  if t.kind == "INPUT_OBJECT" then return coerce.plain(value, t.fields) end
  local result = value
  for i, item in ipairs(value) do
    local changed = plain(item, t.of)
    if changed ~= item then
      if result == value then result = json.array(table.move(value, 1, #value, 1, {})) end
      result[i] = changed
    end
  end
  return result
end

--- The arguments or input object without nulls.
---@param values table
---@param inputs table[] their definitions
---@return table
function coerce.plain(values, inputs)
  local result = values
  for _, input in ipairs(inputs) do
    local value, changed = values[input.name], nil
    if value == null then value = coerce.default(input) end
    if value ~= null then changed = plain(value, input.type) end
    if changed ~= values[input.name] then
      if result == values then result = shallow(values) end
      result[input.name] = changed
    end
  end
  return result
end

return coerce
