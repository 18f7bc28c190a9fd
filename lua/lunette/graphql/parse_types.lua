-- Parses the definitions and extensions of a schema.

local tokens = require("lunette.graphql.tokens")

local types = {}

--- The set of directive locations.
types.LOCATIONS = {}
for word in ([[QUERY MUTATION SUBSCRIPTION FIELD FRAGMENT_DEFINITION FRAGMENT_SPREAD
  INLINE_FRAGMENT VARIABLE_DEFINITION SCHEMA SCALAR OBJECT FIELD_DEFINITION ARGUMENT_DEFINITION
  INTERFACE UNION ENUM ENUM_VALUE INPUT_OBJECT INPUT_FIELD_DEFINITION
  DIRECTIVE_DEFINITION]]):gmatch("%S+") do
  types.LOCATIONS[word] = true
end

-- Items with a separator between them; a leading separator is allowed.
local function delimited(p, separator, item)
  tokens.skip(p, separator)
  local list = {}
  repeat list[#list + 1] = item(p) until not tokens.skip(p, separator)
  return list
end

local function operation_type(p)
  local i = p.i
  local node = { kind = "OperationTypeDefinition", at = p.starts[i], operation = tokens.name(p) }
  local word = node.operation
  if word ~= "query" and word ~= "mutation" and word ~= "subscription" then
    tokens.unexpected(p, i)
  end
  tokens.expect(p, ":")
  node.type = tokens.named_type(p)
  return node
end

local function input_value(p)
  local at, description = p.starts[p.i], tokens.description(p)
  local node = { kind = "InputValueDefinition", at = at, description = description }
  node.name, node.name_at = tokens.name(p)
  tokens.expect(p, ":")
  node.type = tokens.type_reference(p)
  if tokens.skip(p, "=") then node.default = tokens.value(p, true) end
  node.directives = tokens.directives(p, true)
  return node
end

local function field(p)
  local at, description = p.starts[p.i], tokens.description(p)
  local node = { kind = "FieldDefinition", at = at, description = description }
  node.name, node.name_at = tokens.name(p)
  node.arguments = tokens.optional_many(p, "(", input_value, ")")
  tokens.expect(p, ":")
  node.type = tokens.type_reference(p)
  node.directives = tokens.directives(p, true)
  return node
end

local RESERVED = { ["true"] = true, ["false"] = true, null = true }

local function enum_value(p)
  local at, description = p.starts[p.i], tokens.description(p)
  local node = { kind = "EnumValueDefinition", at = at, description = description }
  if p.kind == "Name" and RESERVED[p.values[p.i]] then
    tokens.fail(p, p.starts[p.i],
      ('Name "%s" is reserved and cannot be used for an enum value.'):format(p.values[p.i]))
  end
  node.name, node.name_at = tokens.name(p)
  node.directives = tokens.directives(p, true)
  return node
end

local function directive_location(p)
  if p.kind ~= "Name" then tokens.expect(p, "Name") end
  if not types.LOCATIONS[p.values[p.i]] then tokens.unexpected(p) end
  return (tokens.name(p))
end

local function interfaces(p)
  if p.kind ~= "Name" or p.values[p.i] ~= "implements" then return nil end
  tokens.advance(p)
  return delimited(p, "&", tokens.named_type)
end

-- Parses the rest of a type after its name, by kind. Each returns true when there was something: an
-- extension must extend something.
local bodies = {}

function bodies.scalar(p, node)
  node.directives = tokens.directives(p, true)
  return node.directives
end

function bodies.type(p, node)
  node.interfaces = interfaces(p)
  node.directives = tokens.directives(p, true)
  node.fields = tokens.optional_many(p, "{", field, "}")
  return node.interfaces or node.directives or node.fields
end
bodies.interface = bodies.type

function bodies.union(p, node)
  node.directives = tokens.directives(p, true)
  if tokens.skip(p, "=") then node.types = delimited(p, "|", tokens.named_type) end
  return node.directives or node.types
end

function bodies.enum(p, node)
  node.directives = tokens.directives(p, true)
  node.values = tokens.optional_many(p, "{", enum_value, "}")
  return node.directives or node.values
end

function bodies.input(p, node)
  node.directives = tokens.directives(p, true)
  node.fields = tokens.optional_many(p, "{", input_value, "}")
  return node.directives or node.fields
end

local KINDS = {
  scalar = "SCALAR", type = "OBJECT", interface = "INTERFACE", union = "UNION", enum = "ENUM",
  input = "INPUT_OBJECT",
}

--- Parsers of definitions by keyword: functions (p, at, description).
types.DEFINITIONS = {}

for word, kind in pairs(KINDS) do
  types.DEFINITIONS[word] = function(p, at, description)
    local node = { kind = "TypeDefinition", type_kind = kind, at = at, description = description }
    tokens.advance(p)
    node.name, node.name_at = tokens.name(p)
    bodies[word](p, node)
    return node
  end
end

function types.DEFINITIONS.schema(p, at, description)
  local node = { kind = "SchemaDefinition", at = at, description = description }
  tokens.advance(p)
  node.directives = tokens.directives(p, true)
  if p.kind ~= "{" then tokens.expect(p, "{") end
  node.operations = tokens.optional_many(p, "{", operation_type, "}")
  return node
end

function types.DEFINITIONS.directive(p, at, description)
  local node = { kind = "DirectiveDefinition", at = at, description = description }
  tokens.advance(p)
  tokens.expect(p, "@")
  node.name, node.name_at = tokens.name(p)
  node.arguments = tokens.optional_many(p, "(", input_value, ")")
  node.directives = tokens.directives(p, true)
  if p.kind == "Name" and p.values[p.i] == "repeatable" then
    tokens.advance(p)
    node.repeatable = true
  end
  tokens.keyword(p, "on")
  node.locations = delimited(p, "|", directive_location)
  return node
end

local function extend_schema(p, at)
  local node = { kind = "SchemaExtension", at = at }
  node.directives = tokens.directives(p, true)
  node.operations = tokens.optional_many(p, "{", operation_type, "}")
  if not node.directives and not node.operations then tokens.unexpected(p) end
  return node
end

local function extend_directive(p, at)
  tokens.expect(p, "@")
  local node = { kind = "DirectiveExtension", at = at }
  node.name, node.name_at = tokens.name(p)
  node.directives = tokens.directives(p, true)
  if not node.directives then tokens.unexpected(p) end
  return node
end

--- extend …
function types.extension(p)
  local at = p.starts[p.i]
  local kind, word = tokens.peek(p)
  tokens.advance(p)
  if kind ~= "Name" then tokens.unexpected(p) end
  if not KINDS[word] and word ~= "schema" and word ~= "directive" then tokens.unexpected(p) end
  tokens.advance(p)
  if word == "schema" then return extend_schema(p, at) end
  if word == "directive" then return extend_directive(p, at) end
  local node = { kind = "TypeExtension", type_kind = KINDS[word], at = at }
  node.name, node.name_at = tokens.name(p)
  if not bodies[word](p, node) then tokens.unexpected(p) end
  return node
end

return types
