-- Rules on variables: of input types, defined once, used, defined where used, and of a fitting
-- type.

local arguments = require("lunette.graphql.rules.arguments")
local printer = require("lunette.graphql.printer")
local type_of = require("lunette.graphql.variables").type_of
local types = require("lunette.graphql.types")

local variables = {}

--- VariablesAreInputTypes: the type of a definition; nil when it is no input type.
function variables.input_type(ctx, node)
  local t = type_of(ctx.schema, node.type)
  if not t or types.is_input(t) then return t end
  ctx:fault("VariablesAreInputTypes",
    ('Variable "$%s" cannot be non-input type "%s".'):format(node.name,
      printer.print(node.type)), { node.type.at }, node.at)
end

--- UniqueVariableNames
function variables.unique(ctx, operation)
  local nodes = {}
  for i, node in ipairs(operation.variables or {}) do
    nodes[i] = { name = node.name, at = node.variable.name_at }
  end
  arguments.report_twice(ctx, "UniqueVariableNames", operation, nodes,
    'There can be only one variable named "$%s".')
end

-- Calls fn for every use of a variable in an operation and in the fragments it reaches.
local function each_use(scope, scopes, fn)
  for _, use in ipairs(scope.uses) do fn(use) end
  for _, name in ipairs(scope.reached) do
    for _, use in ipairs(scopes[name].uses) do fn(use) end
  end
end

local function of_operation(operation)
  return operation.name and (' %s operation "%s"'):format("%s", operation.name) or ""
end

-- NoUndefinedVariables
local function undefined(ctx, operation, name, use)
  ctx:fault("NoUndefinedVariables", ('Variable "$%s" is not defined%s.'):format(name,
    of_operation(operation):format("by")), { use.node.at, operation.at }, operation.at)
end

-- NoUnusedVariables
local function unused(ctx, operation, node)
  ctx:fault("NoUnusedVariables", ('Variable "$%s" is never used%s.'):format(node.name,
    of_operation(operation):format("in")), { node.at }, operation.at)
end

local function allowed(schema, t, node, use)
  local place = use.type
  if place.kind == "NON_NULL" and t.kind ~= "NON_NULL" then
    local own = node.default and node.default.kind ~= "NullValue"
    if not own and not use.default then return false end
    place = place.of
  end
  return types.is_subtype(schema, t, place)
end

-- VariablesInAllowedPosition
local function position(ctx, operation, node, use)
  local t = use.type and type_of(ctx.schema, node.type)
  if not t then return end
  if not allowed(ctx.schema, t, node, use) then
    ctx:fault("VariablesInAllowedPosition",
      ('Variable "$%s" of type "%s" used in position expecting type "%s".'):format(
        node.name, t.text, use.type.text), { node.at, use.node.at }, operation)
  end
  local parent = use.parent
  if parent and parent.kind == "INPUT_OBJECT" and parent.one_of and t.kind ~= "NON_NULL" then
    ctx:fault("VariablesInAllowedPosition",
      ('Variable "$%s" is of type "%s" but must be non-nullable to be used for OneOf '
        .. 'Input Object "%s".'):format(node.name, t.text, parent.text),
      { node.at, use.node.at }, operation)
  end
end

--- Checks the variables of an operation.
---@param ctx table
---@param operation table
---@param scopes table the uses in each definition, by operation node or fragment name
function variables.check(ctx, operation, scopes)
  local defined, used = {}, {}
  for _, node in ipairs(operation.variables or {}) do defined[node.name] = node end
  each_use(scopes[operation], scopes, function(use)
    local name = use.node.name
    used[name] = true
    if defined[name] then
      position(ctx, operation, defined[name], use)
    else
      undefined(ctx, operation, name, use)
    end
  end)
  for _, node in ipairs(operation.variables or {}) do
    if not used[node.name] then unused(ctx, operation, node) end
  end
end

return variables
