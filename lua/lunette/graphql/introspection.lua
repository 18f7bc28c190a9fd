-- Introspection: the types behind __schema, __type and __typename.

local build = require("lunette.graphql.build")
local literals = require("lunette.graphql.literals")
local parser = require("lunette.graphql.parser")
local printer = require("lunette.graphql.printer")
local scalars = require("lunette.graphql.scalars").specified
local sdl = require("lunette.graphql.introspection_sdl")
local types = require("lunette.graphql.types")

local introspection = {}

local function without_deprecated(list, args)
  if args.includeDeprecated or not list then return list end
  local kept = {}
  for _, item in ipairs(list) do
    if not item.deprecation then kept[#kept + 1] = item end
  end
  return kept
end

-- A resolver for a list that leaves out deprecated items unless includeDeprecated is true.
local function kept(key)
  return function(object, args) return without_deprecated(object[key], args) end
end

local function of_kinds(key, ...)
  local kinds = {}
  for _, kind in ipairs({ ... }) do kinds[kind] = true end
  return function(t, args)
    return kinds[t.kind] and without_deprecated(t[key], args) or nil
  end
end

local function is_deprecated(object) return object.deprecation ~= nil end
local function reason(object) return object.deprecation end

local function default_value(input)
  if input.default == nil then return nil end
  if input.default.kind ~= "GivenValue" then return printer.print(input.default) end
  return printer.print(literals.of(input.default.value, input.type))
end

local resolvers = {
  __Schema = {
    types = function(schema) return schema.list end,
    queryType = function(schema) return schema.query end,
    mutationType = function(schema) return schema.mutation end,
    subscriptionType = function(schema) return schema.subscription end,
    directives = kept("directives"),
  },
  __Directive = {
    isRepeatable = function(directive) return directive.repeatable end,
    args = kept("args"), isDeprecated = is_deprecated, deprecationReason = reason,
  },
  __Type = {
    specifiedByURL = function(t) return t.specified_by end,
    fields = of_kinds("fields", "OBJECT", "INTERFACE"),
    interfaces = function(t) return t.interfaces end,
    possibleTypes = function(t, _, _, info)
      return types.is_abstract(t) and info.schema:possible_types(t) or nil
    end,
    enumValues = of_kinds("values", "ENUM"),
    inputFields = of_kinds("fields", "INPUT_OBJECT"),
    ofType = function(t) return t.of end,
    isOneOf = function(t) return t.one_of end,
  },
  __Field = { args = kept("args"), isDeprecated = is_deprecated, deprecationReason = reason },
  __InputValue = {
    defaultValue = default_value, isDeprecated = is_deprecated, deprecationReason = reason,
  },
  __EnumValue = { isDeprecated = is_deprecated, deprecationReason = reason },
}

local made = build.types(assert(parser.parse(sdl)))
for name, fields in pairs(resolvers) do
  for field, resolve in pairs(fields) do made[name].field[field].resolve = resolve end
end
for name, t in pairs(made) do
  t.introspection = true
  build.meta_types[name] = t
end

local function field(name, t, description, args, resolve)
  local by_name = {}
  for _, arg in ipairs(args) do by_name[arg.name] = arg end
  return { name = name, type = t, description = description, args = args, arg = by_name,
    resolve = resolve }
end

--- The introspection fields, which no type defines.
introspection.meta = {
  __typename = field("__typename", types.non_null(scalars.String),
    "The name of the current Object type at runtime.", {},
    function(_, _, _, info) return info.parent_type.name end),
  __schema = field("__schema", types.non_null(made.__Schema),
    "Access the current type schema of this server.", {},
    function(_, _, _, info) return info.schema end),
  __type = field("__type", made.__Type, "Request the type information of a single type.",
    { { name = "name", type = types.non_null(scalars.String) } },
    function(_, args, _, info) return info.schema.types[args.name] end),
}
introspection.meta.__typename.is_typename = true

return introspection
