-- The rules of SDL: checks of definitions and extensions before types are made from them.

local arguments = require("lunette.graphql.rules.arguments")
local directives = require("lunette.graphql.rules.directives")
local explain = require("lunette.graphql.explain")
local printer = require("lunette.graphql.printer")
local suggest = require("lunette.runtime.suggest")

local sdl = {}

-- Checks the arguments of @deprecated and @specifiedBy. The types of other directives do not exist
-- yet.
local function check_value(ctx, node, input, def)
  if not (def and def.specified and input) then return end
  explain.literal(node, input.type, function(message, path)
    ctx:report(('Argument "@%s(%s:)" has invalid value%s: %s'):format(def.name, input.name,
      explain.path(path), message), { node.at })
  end, nil, {})
end

local function check_directives(ctx, node, location, seen)
  directives.check(ctx, node, location, seen, function(...) check_value(ctx, ...) end)
end

local KIND_TEXT = {
  SCALAR = "scalar", OBJECT = "object", INTERFACE = "interface", UNION = "union", ENUM = "enum",
  INPUT_OBJECT = "input object",
}

-- LoneSchemaDefinition, UniqueOperationTypes
local function schemas(ctx, definitions)
  local count, seen = 0, {}
  for _, node in ipairs(definitions) do
    if node.kind == "SchemaDefinition" then
      count = count + 1
      if count > 1 then
        ctx:fault("LoneSchemaDefinition", "Must provide only one schema definition.", { node.at })
      end
    end
    for _, root in ipairs(node.operations or {}) do
      local name = root.operation
      if seen[name] then
        ctx:fault("UniqueOperationTypes",
          ("There can be only one %s type in schema."):format(name),
          { seen[name].at, root.at }, node.at)
      else
        seen[name] = root
      end
    end
  end
end

-- UniqueTypeNames, UniqueDirectiveNames
local function unique_names(ctx, rule, definitions, kind, text)
  local seen = {}
  for _, node in ipairs(definitions) do
    if node.kind == kind then
      if seen[node.name] then
        ctx:fault(rule, text:format(node.name), { seen[node.name], node.name_at }, node.at)
      else
        seen[node.name] = node.name_at
      end
    end
  end
end

-- UniqueEnumValueNames and UniqueFieldDefinitionNames, over a definition and its extensions
local function unique_members(ctx, rule, known, node, key, what)
  local seen = known[node.name] or {}
  known[node.name] = seen
  for _, member in ipairs(node[key] or {}) do
    if seen[member.name] then
      ctx:fault(rule,
        ('%s "%s.%s" can only be defined once.'):format(what, node.name, member.name),
        { seen[member.name], member.name_at }, node.at)
    else
      seen[member.name] = member.name_at
    end
  end
end

-- UniqueArgumentDefinitionNames
local function unique_arguments(ctx, node, list, owner)
  arguments.report_twice(ctx, "UniqueArgumentDefinitionNames", node, list or {},
    'Argument "' .. owner:gsub("%%", "%%%%") .. '(%s:)" can only be defined once.')
end

-- PossibleTypeExtensions
local function possible_extension(ctx, node, defined)
  local definition = defined[node.name]
  if not definition then
    local names = {}
    for name in pairs(defined) do names[#names + 1] = name end
    table.sort(names)
    ctx:fault("PossibleTypeExtensions",
      ('Cannot extend type "%s" because it is not defined.%s'):format(node.name,
        suggest.did_you_mean(node.name, names)), { node.name_at }, node.at)
  elseif definition.type_kind ~= node.type_kind then
    ctx:fault("PossibleTypeExtensions",
      ('Cannot extend non-%s type "%s".'):format(KIND_TEXT[node.type_kind], node.name),
      { definition.at, node.at }, node.at)
  end
end

-- KnownTypeNames
local function known_type(ctx, node, state)
  while node.type do node = node.type end
  if state.defined[node.name] or state.standard[node.name] then return end
  local names = {}
  for name in pairs(state.standard) do names[#names + 1] = name end
  for name in pairs(state.defined) do names[#names + 1] = name end
  table.sort(names)
  ctx:fault("KnownTypeNames", ('Unknown type "%s".%s'):format(node.name,
    suggest.did_you_mean(node.name, names)), { node.at })
end

local function input(ctx, node, state, location)
  known_type(ctx, node.type, state)
  if node.default and node.default.kind ~= "GivenValue" then
    arguments.unique_fields(ctx, node.default)
  end
  check_directives(ctx, node, location)
end

local function field(ctx, node, state)
  for _, arg in ipairs(node.arguments or {}) do input(ctx, arg, state, "ARGUMENT_DEFINITION") end
  known_type(ctx, node.type, state)
  check_directives(ctx, node, "FIELD_DEFINITION")
end

-- The directives of a definition and of its extensions count together.
local function place(places, node)
  local name = node.kind:find("^Schema") and "schema"
    or (node.kind:find("^Directive") and "@" or "") .. node.name
  places[name] = places[name] or {}
  return places[name]
end

local function type_node(ctx, node, state)
  if node.kind == "TypeExtension" then possible_extension(ctx, node, state.defined) end
  unique_members(ctx, "UniqueEnumValueNames", state.values, node, "values", "Enum value")
  unique_members(ctx, "UniqueFieldDefinitionNames", state.fields, node, "fields", "Field")
  check_directives(ctx, node, node.type_kind, place(state.places, node))
  for _, list in ipairs({ node.interfaces or {}, node.types or {} }) do
    for _, named in ipairs(list) do known_type(ctx, named, state) end
  end
  for _, value in ipairs(node.values or {}) do
    check_directives(ctx, value, "ENUM_VALUE")
  end
  for _, member in ipairs(node.fields or {}) do
    if node.type_kind == "INPUT_OBJECT" then
      input(ctx, member, state, "INPUT_FIELD_DEFINITION")
    else
      unique_arguments(ctx, node, member.arguments, node.name .. "." .. member.name)
      field(ctx, member, state)
    end
  end
end

local function directive_node(ctx, node, state)
  unique_arguments(ctx, node, node.arguments, "@" .. node.name)
  check_directives(ctx, node, "DIRECTIVE_DEFINITION", place(state.places, node))
  for _, arg in ipairs(node.arguments or {}) do input(ctx, arg, state, "ARGUMENT_DEFINITION") end
end

local function schema_node(ctx, node, state)
  check_directives(ctx, node, "SCHEMA", place(state.places, node))
  for _, root in ipairs(node.operations or {}) do known_type(ctx, root.type, state) end
end

local checks = {
  TypeDefinition = type_node, TypeExtension = type_node, DirectiveDefinition = directive_node,
  DirectiveExtension = directive_node, SchemaDefinition = schema_node,
  SchemaExtension = schema_node,
}

--- A document's directive in the form that rules need; `required` comes from the text of its types.
---@param node table
---@return table
function sdl.directive(node)
  local args, by_name = {}, {}
  for i, arg in ipairs(node.arguments or {}) do
    local required = arg.type.kind == "NonNullType"
    args[i] = { name = arg.name, default = arg.default, type = {
      kind = required and "NON_NULL" or "SCALAR", text = printer.print(arg.type) } }
    by_name[arg.name] = args[i]
  end
  return { name = node.name, locations = node.locations, args = args, arg = by_name,
    repeatable = node.repeatable }
end

--- Checks the definitions of a document.
---@param ctx table
---@param standard table<string, any> types that need no definition
function sdl.check(ctx, standard)
  local definitions = ctx.document.definitions
  local state = { defined = {}, standard = standard, values = {}, fields = {}, places = {} }
  for _, node in ipairs(definitions) do
    if node.kind == "TypeDefinition" then state.defined[node.name] = node end
  end
  schemas(ctx, definitions)
  unique_names(ctx, "UniqueTypeNames", definitions, "TypeDefinition",
    'There can be only one type named "%s".')
  unique_names(ctx, "UniqueDirectiveNames", definitions, "DirectiveDefinition",
    'There can be only one directive named "@%s".')
  for _, node in ipairs(definitions) do
    local check = checks[node.kind]
    if check then
      check(ctx, node, state)
    else
      ctx:report(("A schema has no %s."):format(node.operation or "fragment"), { node.at })
    end
  end
end

return sdl
