-- Parses operations, fragments and selections.

local tokens = require("lunette.graphql.tokens")

local executable = {}

local selection_set -- defined below

local function field(p)
  local i = p.i
  if p.kind ~= "Name" then tokens.expect(p, "Name") end
  local name, alias = p.values[i], nil
  tokens.advance(p)
  if p.kind == ":" then
    tokens.advance(p)
    alias, name = name, tokens.name(p)
  end
  local node = { kind = "Field", at = p.starts[i], name = name, key = alias or name,
    alias = alias }
  if p.kind == "(" then node.arguments = tokens.arguments(p) end
  if p.kind == "@" then node.directives = tokens.directives(p) end
  if p.kind == "{" then node.selections, node.set_at = selection_set(p) end
  return node
end

local function spread(p)
  local at, condition = p.starts[p.i], nil
  tokens.advance(p)
  if p.kind == "Name" then
    local name, name_at = tokens.name(p)
    if name ~= "on" then
      return { kind = "FragmentSpread", at = at, name = name, name_at = name_at,
        directives = tokens.directives(p) }
    end
    condition = tokens.named_type(p)
  end
  local node = { kind = "InlineFragment", at = at, condition = condition,
    directives = tokens.directives(p) }
  node.selections = selection_set(p)
  return node
end

function selection_set(p)
  local at, list, n = p.starts[p.i], {}, 0
  tokens.deeper(p)
  tokens.expect(p, "{")
  repeat
    n = n + 1
    list[n] = p.kind == "..." and spread(p) or field(p)
  until p.kind == "}"
  tokens.advance(p)
  p.depth = p.depth - 1
  return list, at
end

local function variable_definition(p)
  local at, description = p.starts[p.i], tokens.description(p)
  local variable = tokens.variable(p)
  tokens.expect(p, ":")
  local node = {
    kind = "VariableDefinition", at = at, description = description, name = variable.name,
    variable = variable, type = tokens.type_reference(p),
  }
  if tokens.skip(p, "=") then node.default = tokens.value(p, true) end
  node.directives = tokens.directives(p, true)
  return node
end

--- An operation that is only a selection: a query without the keyword.
function executable.shorthand(p)
  local node = { kind = "OperationDefinition", at = p.starts[p.i], operation = "query" }
  node.selections = selection_set(p)
  return node
end

--- An operation: query, mutation or subscription.
function executable.operation(p, at, description)
  local node = { kind = "OperationDefinition", at = at, description = description,
    operation = tokens.name(p) }
  if p.kind == "Name" then node.name, node.name_at = tokens.name(p) end
  node.variables = tokens.optional_many(p, "(", variable_definition, ")")
  node.directives = tokens.directives(p)
  node.selections = selection_set(p)
  return node
end

--- A named fragment.
function executable.fragment(p, at, description)
  tokens.advance(p)
  if p.kind == "Name" and p.values[p.i] == "on" then tokens.unexpected(p) end
  local node = { kind = "FragmentDefinition", at = at, description = description }
  node.name, node.name_at = tokens.name(p)
  tokens.keyword(p, "on")
  node.condition = tokens.named_type(p)
  node.directives = tokens.directives(p)
  node.selections = selection_set(p)
  return node
end

return executable
