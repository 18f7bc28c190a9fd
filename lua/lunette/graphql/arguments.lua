-- Coerces the arguments of a field or directive, and reports missing and invalid ones.

local coerce = require("lunette.graphql.coerce")
local errors = require("lunette.graphql.error")
local explain = require("lunette.graphql.explain")
local types = require("lunette.graphql.types")

local arguments = {}

-- An argument's name in messages: Type.field(name:) or @directive(name:).
local function coordinate(def, input)
  if def.locations then return ("@%s(%s:)"):format(def.name, input.name) end
  local owner = def.owner and def.owner.name .. "." or "<meta>."
  return ("%s%s(%s:)"):format(owner, def.name, input.name)
end
arguments.coordinate = coordinate

local function missing(def, input, at, sources)
  return errors.at(sources, ('Argument "%s" of required type "%s" was not provided.'):format(
    coordinate(def, input), input.type.text), { at })
end

-- The first error of a value.
local function invalid(def, input, node, variables, sources)
  local found
  explain.literal(node, input.type, function(message, path, at_node)
    found = found or errors.at(sources, ('Argument "%s" has invalid value%s: %s'):format(
      coordinate(def, input), explain.path(path), message), { at_node.at })
  end, variables, {})
  return found
end

-- The last node of that name; in a valid document it is the only one.
local function given(list, name)
  for i = list and #list or 0, 1, -1 do
    if list[i].name == name then return list[i] end
  end
end

--- Coerces the arguments of a node. In the result null is json.null.
---@param def table a field or a directive
---@param node table
---@param variables table coerced values by name
---@param sources table[]
---@return table|nil values, table? err
function arguments.coerce(def, node, variables, sources)
  local values = {}
  for _, input in ipairs(def.args) do
    local arg = given(node.arguments, input.name)
    local value = arg and arg.value
    if value and value.kind == "Variable" and variables[value.name] == nil
      and not types.is_required(input) then
      value = nil
    end
    if value then
      local coerced = coerce.literal(value, input.type, variables)
      if coerced == nil then
        return nil, invalid(def, input, value, variables, sources)
      end
      values[input.name] = coerced
    elseif not arg and types.is_required(input) then
      return nil, missing(def, input, node.at, sources)
    else
      values[input.name] = coerce.default(input)
    end
  end
  return values
end

return arguments
