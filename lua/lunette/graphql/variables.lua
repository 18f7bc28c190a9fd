-- Coerces the variables of an operation from the values in the request.

local coerce = require("lunette.graphql.coerce")
local errors = require("lunette.graphql.error")
local explain = require("lunette.graphql.explain")
local printer = require("lunette.graphql.printer")
local types = require("lunette.graphql.types")

local variables = {}

local MOST <const> = 50 -- errors reported
local ENOUGH = {} -- raised when the limit of errors is reached

--- The type that a type reference refers to; nil when it is unknown.
---@param schema table
---@param node table
function variables.type_of(schema, node)
  if node.kind == "NamedType" then return schema.types[node.name] end
  local of = variables.type_of(schema, node.type)
  if not of then return nil end
  if node.kind == "ListType" then return types.list(of) end
  return of.kind == "NON_NULL" and of or types.non_null(of)
end

local function not_input(node)
  return ('Variable "$%s" expected value of type "%s" which cannot be used as an input type.')
    :format(node.name, printer.print(node.type))
end

-- Adds an error for each fault of a value, up to the limit.
local function complain(list, node, sources, text, explained)
  local ok, err = pcall(explained, function(message, path)
    list[#list + 1] = errors.at(sources, (text .. "%s: %s"):format(node.name,
      explain.path(path), message), { node.at })
    if #list > MOST then error(ENOUGH, 0) end
  end)
  if not ok and err ~= ENOUGH then error(err, 0) end
end

local function from_default(list, node, t, sources)
  local value = coerce.literal(node.default, t, {})
  if value ~= nil then return value end
  complain(list, node, sources, 'Variable "$%s" has invalid default value', function(on_error)
    explain.literal(node.default, t, on_error, nil, {})
  end)
end

local function from_input(list, node, t, value, sources)
  local coerced = coerce.value(value, t)
  if coerced ~= nil then return coerced end
  complain(list, node, sources, 'Variable "$%s" has invalid value', function(on_error)
    explain.value(value, t, on_error, {})
  end)
end

local function one(list, node, schema, given, sources)
  local t = variables.type_of(schema, node.type)
  if not t or not types.is_input(t) then
    list[#list + 1] = errors.at(sources, not_input(node), { node.type.at })
  elseif given == nil and node.default then
    return from_default(list, node, t, sources)
  elseif given ~= nil or t.kind == "NON_NULL" then
    return from_input(list, node, t, given, sources)
  end
end

--- Coerces the variables of an operation.
---@param schema table
---@param operation table
---@param inputs table by name
---@param sources table[]
---@return table|nil values by name, table[]? errors
function variables.coerce(schema, operation, inputs, sources)
  local values, list = {}, {}
  local nodes = operation.variables
  if not nodes then return values end
  for i = 1, #nodes do
    local node = nodes[i]
    values[node.name] = one(list, node, schema, inputs[node.name], sources)
    if #list > MOST then break end
  end
  if #list == 0 then return values end
  if #list > MOST then
    list = table.move(list, 1, MOST, 1, {})
    list[MOST + 1] = errors.new { message = "Too many errors processing variables, error limit "
      .. "reached. Execution aborted." }
  end
  return nil, list
end

return variables
