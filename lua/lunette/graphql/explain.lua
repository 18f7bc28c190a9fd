-- Explains why an input could not be coerced: gives the messages for values for which coerce.lua
-- returned nil.
-- Each function reports by on_error(message, path, node); path is the place within the value.

local coerce = require("lunette.graphql.coerce")
local inspect = require("lunette.graphql.inspect").value
local json = require("lunette.runtime.json")
local printer = require("lunette.graphql.printer")
local suggest = require("lunette.runtime.suggest")
local types = require("lunette.graphql.types")

local null = json.null

local explain = {}

local function extended(path, key)
  local longer = table.move(path, 1, #path, 1, {})
  longer[#longer + 1] = key
  return longer
end

local function one_of_message(t)
  return ('Within OneOf Input Object type "%s", exactly one field must be specified, '
    .. "and the value for that field must be non-null."):format(t.text)
end

local function names_of(fields)
  local names = {}
  for i, field in ipairs(fields) do names[i] = field.name end
  return names
end

local function unknown_field(t, name, shown)
  local suggestion = suggest.did_you_mean(name, names_of(t.fields))
  return ('Expected value of type "%s" not to include unknown field "%s"%s: %s.'):format(t.text,
    name, suggestion ~= "" and "." .. suggestion .. " Found" or ", found", shown)
end

-- Formats a value when it is first needed: one value may have many errors.
local function once(show, value)
  local shown
  return function()
    shown = shown or show(value)
    return shown
  end
end

local function missing_field(t, name, shown)
  return ('Expected value of type "%s" to include required field "%s", found: %s.'):format(
    t.text, name, shown)
end

local function not_null(t)
  return ('Expected value of non-null type "%s" not to be null.'):format(t.text)
end

local function object_value(value, t, on_error, path)
  if not coerce.is_object(value) then
    return on_error(('Expected value of type "%s" to be an object, found: %s.'):format(t.text,
      inspect(value)), path)
  end
  local shown = once(inspect, value)
  for _, field in ipairs(t.fields) do
    if value[field.name] ~= nil then
      explain.value(value[field.name], field.type, on_error, extended(path, field.name))
    elseif types.is_required(field) then
      on_error(missing_field(t, field.name, shown()), path)
    end
  end
  local known, unknown = {}, {}
  for name in pairs(value) do
    local list = t.field[name] and known or unknown
    list[#list + 1] = name
  end
  table.sort(unknown)
  for _, name in ipairs(unknown) do on_error(unknown_field(t, name, shown()), path) end
  if not t.one_of then return end
  if #known ~= 1 then
    on_error(one_of_message(t), path)
  end
  if known[1] and value[known[1]] == null then
    on_error(one_of_message(t), extended(path, known[1]))
  end
end

--- Explains why a variable's value does not match its type.
---@param value any
---@param t table
---@param on_error fun(message: string, path: any[], node: table?)
---@param path any[]
function explain.value(value, t, on_error, path)
  if t.kind == "NON_NULL" then
    if value == nil then
      return on_error(('Expected a value of non-null type "%s" to be provided.'):format(t.text),
        path)
    elseif value == null then
      return on_error(not_null(t), path)
    end
    t = t.of
  end
  if value == nil or value == null then return end
  if t.kind == "LIST" then
    if not coerce.as_list(value) then
      return explain.value(value, t.of, on_error, path)
    end
    local count = 0
    for _ in next, value do count = count + 1 end
    if count ~= #value then
      return on_error("Expected a list without holes or named fields.", path)
    end
    for i, item in ipairs(value) do
      explain.value(item, t.of, on_error, extended(path, i - 1))
    end
  elseif t.kind == "INPUT_OBJECT" then
    object_value(value, t, on_error, path)
  elseif t.parse_value then -- a type that is no input type is reported elsewhere
    local result, message = t.parse_value(value)
    if result == nil then on_error(message, path) end
  end
end

-- Checks a variable in place of a value. Without variables' values nothing can be checked.
local function variable(node, t, on_error, variables, path)
  if not variables or t.kind ~= "NON_NULL" then return end
  local value = variables[node.name]
  if value == nil then
    on_error(('Expected variable "$%s" provided to type "%s" to provide a runtime value.'):format(
      node.name, t.text), path, node)
  elseif value == null then
    on_error(('Expected variable "$%s" provided to non-null type "%s" not to be null.'):format(
      node.name, t.text), path, node)
  end
end

-- Checks a variable as a field of an input object; true when it needs no further check.
local function variable_field(value, field, t, on_error, variables, path, node)
  local given = variables[value.name]
  if t.one_of then
    local text = ('Expected variable "$%s" provided to field "%s" for OneOf Input Object type '
      .. '"%s" %s.')
    if given == nil then
      on_error(text:format(value.name, field.name, t.text, "to provide a runtime value"), path,
        node)
    elseif given == null then
      on_error(text:format(value.name, field.name, t.text, "not to be null"), path, node)
    end
    return false
  end
  return given == nil and not types.is_required(field)
end

local function one_of_literal(known, node, t, on_error, path)
  if #known ~= 1 then return on_error(one_of_message(t), path, node) end
  if known[1].value.kind == "NullValue" then
    on_error(one_of_message(t), extended(path, known[1].name), node)
  end
end

local function object_literal(node, t, on_error, variables, path)
  if node.kind ~= "ObjectValue" then
    return on_error(('Expected value of type "%s" to be an object, found: %s.'):format(t.text,
      printer.short(node)), path, node)
  end
  local given, known, shown = {}, {}, once(printer.short, node)
  for _, field in ipairs(node.fields) do given[field.name] = field end
  for _, field in ipairs(t.fields) do
    local field_node = given[field.name]
    if not field_node then
      if types.is_required(field) then
        on_error(missing_field(t, field.name, shown()), path, node)
      end
    else
      local value = field_node.value
      local done = value.kind == "Variable" and variables
        and variable_field(value, field, t, on_error, variables, path, node)
      if not done then
        explain.literal(value, field.type, on_error, variables, extended(path, field.name))
      end
    end
  end
  for _, field in ipairs(node.fields) do
    if t.field[field.name] then
      known[#known + 1] = field
    else
      on_error(unknown_field(t, field.name, shown()), path, field)
    end
  end
  if t.one_of then one_of_literal(known, node, t, on_error, path) end
end

--- Explains why a literal does not match its type. Without variables' values the document alone is
--- checked, and a variable may have any value.
---@param node table
---@param t table
---@param on_error fun(message: string, path: any[], node: table)
---@param variables table|nil
---@param path any[]
function explain.literal(node, t, on_error, variables, path)
  if node.kind == "Variable" then return variable(node, t, on_error, variables, path) end
  if t.kind == "NON_NULL" then
    if node.kind == "NullValue" then return on_error(not_null(t), path, node) end
    t = t.of
  end
  if node.kind == "NullValue" then return end
  if t.kind == "LIST" then
    if node.kind ~= "ListValue" then
      return explain.literal(node, t.of, on_error, variables, path)
    end
    for i, item in ipairs(node.values) do
      explain.literal(item, t.of, on_error, variables, extended(path, i - 1))
    end
  elseif t.kind == "INPUT_OBJECT" then
    object_literal(node, t, on_error, variables, path)
  elseif t.parse_literal then
    local result, message = t.parse_literal(coerce.without_variables(node, variables or {}))
    if result == nil then on_error(message, path, node) end
  end
end

--- A path as messages show it: " at .a[0]"; "" for an empty one.
---@param path any[]
---@return string
function explain.path(path)
  if #path == 0 then return "" end
  local parts = {}
  for i, key in ipairs(path) do
    parts[i] = type(key) == "number" and "[" .. key .. "]" or "." .. key
  end
  return " at " .. table.concat(parts)
end

return explain
