-- Validates executable documents: walks over a document once and applies the rules of the
-- specification (rules/); then applies the rules that need more than one definition.

local arguments = require("lunette.graphql.rules.arguments")
local collect = require("lunette.graphql.collect")
local context = require("lunette.graphql.rules.context")
local directives = require("lunette.graphql.rules.directives")
local explain = require("lunette.graphql.explain")
local fields = require("lunette.graphql.rules.fields")
local fragments = require("lunette.graphql.rules.fragments")
local introspection = require("lunette.graphql.rules.introspection")
local operations = require("lunette.graphql.rules.operations")
local overlap = require("lunette.graphql.rules.overlap")
local types = require("lunette.graphql.types")
local variables = require("lunette.graphql.rules.variables")

local validate = {}

-- Collects the variables in a value, each with the expected type.
local function note_uses(scope, node, t, default, parent)
  if node.kind == "Variable" then
    scope.uses[#scope.uses + 1] = { node = node, type = t, default = default, parent = parent }
  elseif node.kind == "ListValue" then
    local list = t and types.nullable(t)
    local item = list and list.kind == "LIST" and list.of or nil
    for _, value in ipairs(node.values) do note_uses(scope, value, item, nil, t) end
  elseif node.kind == "ObjectValue" then
    local object = t and types.named(t)
    local known = object and object.kind == "INPUT_OBJECT" and object.field or {}
    for _, field in ipairs(node.fields) do
      local input = known[field.name]
      note_uses(scope, field.value, input and input.type, input and input.default ~= nil, t)
    end
  end
end

-- ValuesOfCorrectType
local function check_value(ctx, node, t)
  explain.literal(node, t, function(message, _, at_node)
    ctx:fault("ValuesOfCorrectType", message, { at_node.at }, node.at)
  end, nil, {})
end

local function value_of(ctx, scope, node, input)
  local t = input and types.is_input(input.type) and input.type or nil
  if t and node.kind ~= "Variable" then check_value(ctx, node, t) end
  note_uses(scope, node, t, input and input.default ~= nil)
end

-- Arguments of an unknown directive are looked up in the enclosing field.
local function check_directives(ctx, scope, node, location, field)
  if not node.directives then return end
  directives.check(ctx, node, location, nil, function(value, input)
    value_of(ctx, scope, value, input)
  end, field)
end

local function check_arguments(ctx, scope, node, def)
  arguments.unique(ctx, node)
  if def then arguments.known(ctx, def, node) end
  for _, arg in ipairs(node.arguments) do
    arguments.unique_fields(ctx, arg.value)
    value_of(ctx, scope, arg.value, def and def.arg[arg.name])
  end
end

local selections -- defined below

local function field(ctx, scope, node, parent)
  local def = parent and ctx.schema:field(parent, node.name)
  if def then
    fields.leaf(ctx, node, def)
    if #def.args > 0 then arguments.required(ctx, def, node) end
  elseif parent then
    fields.unknown(ctx, node, parent)
  end
  if node.name == "__schema" or node.name == "__type" then introspection.check(ctx, node) end
  if node.arguments then check_arguments(ctx, scope, node, def) end
  if node.directives then check_directives(ctx, scope, node, "FIELD", def) end
  if node.selections then
    local t = def and types.named(def.type)
    t = t and types.is_composite(t) and t or nil
    overlap.check(ctx, t, node.selections)
    selections(ctx, scope, node.selections, t, def)
  end
end

local function spread(ctx, scope, node, parent, outer)
  local fragment = fragments.known(ctx, node)
  if fragment then
    local t = ctx.schema.types[fragment.condition.name]
    if t and parent and types.is_composite(t) then fragments.possible(ctx, node, t, parent) end
  end
  check_directives(ctx, scope, node, "FRAGMENT_SPREAD", outer)
end

local function inline(ctx, scope, node, parent, outer)
  local t = parent
  if node.condition then
    t = fragments.known_type(ctx, node.condition)
    if t then fragments.on_composite(ctx, node, t) end
    t = t and types.is_composite(t) and t or nil
    if t and parent then fragments.possible(ctx, node, t, parent) end
  end
  check_directives(ctx, scope, node, "INLINE_FRAGMENT", outer)
  selections(ctx, scope, node.selections, t, outer)
end

function selections(ctx, scope, list, parent, outer)
  for i = 1, #list do
    local node = list[i]
    if node.kind == "Field" then
      field(ctx, scope, node, parent)
    elseif node.kind == "FragmentSpread" then
      spread(ctx, scope, node, parent, outer)
    else
      inline(ctx, scope, node, parent, outer)
    end
  end
end

local function named_type(node)
  while node.type do node = node.type end
  return node
end

local function variable_definition(ctx, node)
  fragments.known_type(ctx, named_type(node.type))
  local t = variables.input_type(ctx, node)
  if node.default then
    arguments.unique_fields(ctx, node.default)
    if t then check_value(ctx, node.default, t) end
  end
  check_directives(ctx, { uses = {} }, node, "VARIABLE_DEFINITION")
end

-- The uses of variables in a definition, and the fragments that it spreads.
local function new_scope(ctx, node)
  return { uses = {}, spreads = next(ctx.fragments) and fragments.spreads(node) or {} }
end

local function operation(ctx, node)
  local scope = new_scope(ctx, node)
  local root = operations.root(ctx, node)
  root = root and root.kind == "OBJECT" and root or nil
  if root and node.operation == "subscription" then operations.single_field(ctx, node, root) end
  variables.unique(ctx, node)
  for _, variable in ipairs(node.variables or {}) do variable_definition(ctx, variable) end
  check_directives(ctx, scope, node, node.operation:upper())
  overlap.check(ctx, root, node.selections)
  selections(ctx, scope, node.selections, root)
  return scope
end

local function fragment_definition(ctx, node)
  local scope = new_scope(ctx, node)
  local t = fragments.known_type(ctx, node.condition)
  if t then fragments.on_composite(ctx, node, t) end
  t = t and types.is_composite(t) and t or nil
  check_directives(ctx, scope, node, "FRAGMENT_DEFINITION")
  overlap.check(ctx, t, node.selections)
  selections(ctx, scope, node.selections, t)
  return scope
end

-- Lists for each operation the fragments that it reaches. Returns the names of all reached ones.
local function reach(ctx, scopes)
  local used = {}
  for _, node in ipairs(ctx.document.operations) do
    local reached, seen, scope, i = {}, {}, scopes[node], 0
    while scope do
      for _, spread_node in ipairs(scope.spreads) do
        local name = spread_node.name
        if scopes[name] and not seen[name] then
          seen[name], used[name] = true, true
          reached[#reached + 1] = name
        end
      end
      i = i + 1
      scope = scopes[reached[i]]
    end
    scopes[node].reached = reached
  end
  return used
end

local function all(ctx)
  local scopes = {}
  operations.names(ctx)
  for _, node in ipairs(ctx.document.definitions) do
    if node.kind == "OperationDefinition" then
      scopes[node] = operation(ctx, node)
    elseif node.kind == "FragmentDefinition" then
      local scope = fragment_definition(ctx, node)
      if ctx.fragments[node.name] == node then scopes[node.name] = scope end
    else
      operations.executable(ctx, node)
    end
  end
  if next(ctx.fragments) then fragments.cycles(ctx) end
  local used = reach(ctx, scopes)
  fragments.unused(ctx, used)
  for _, node in ipairs(ctx.document.operations) do variables.check(ctx, node, scopes) end
end

--- Validates a document against a schema.
---@param schema table
---@param document table
---@param opts { introspection: boolean? }|nil
---@return table[] errors none when it is valid
function validate.document(schema, document, opts)
  collect.prepare(document)
  local ctx = context.new(schema, document)
  ctx.no_introspection = opts ~= nil and opts.introspection == false
  return context.run(ctx, function() all(ctx) end)
end

return validate
