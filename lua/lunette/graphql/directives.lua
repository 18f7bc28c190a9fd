-- The directives of the specification, and their values on definitions.

local coerce = require("lunette.graphql.coerce")
local scalars = require("lunette.graphql.scalars").specified
local types = require("lunette.graphql.types")

local directives = {}

local function argument(name, t, description, default)
  return { name = name, type = t, description = description,
    default = default and { kind = "StringValue", at = 0, value = default } }
end

local function directive(name, locations, args, description)
  local words, by_name = {}, {}
  for word in locations:gmatch("%S+") do words[#words + 1] = word end
  for _, arg in ipairs(args) do by_name[arg.name] = arg end
  return { name = name, locations = words, args = args, arg = by_name,
    description = description, repeatable = false, specified = true }
end

--- Directives that every schema has.
directives.specified = {
  directive("include", "FIELD FRAGMENT_SPREAD INLINE_FRAGMENT",
    { argument("if", types.non_null(scalars.Boolean), "Included when true.") },
    "Directs the executor to include this field or fragment only when the `if` argument is true."),
  directive("skip", "FIELD FRAGMENT_SPREAD INLINE_FRAGMENT",
    { argument("if", types.non_null(scalars.Boolean), "Skipped when true.") },
    "Directs the executor to skip this field or fragment when the `if` argument is true."),
  directive("deprecated", "FIELD_DEFINITION ARGUMENT_DEFINITION INPUT_FIELD_DEFINITION ENUM_VALUE "
    .. "DIRECTIVE_DEFINITION", { argument("reason", types.non_null(scalars.String),
    "Explains why this element was deprecated, usually also including a suggestion for how to "
      .. "access supported similar data. Formatted using the Markdown syntax, as specified by "
      .. "[CommonMark](https://commonmark.org/).", "No longer supported") },
    "Marks an element of a GraphQL schema as no longer supported."),
  directive("specifiedBy", "SCALAR", { argument("url", types.non_null(scalars.String),
    "The URL that specifies the behavior of this scalar.") },
    "Exposes a URL that specifies the behavior of this scalar."),
  directive("oneOf", "INPUT_OBJECT", {},
    "Indicates exactly one field must be supplied and this field must not be `null`."),
}

--- The directive of that name on a definition, or nil.
---@param list table[]|nil nodes
---@param name string
function directives.find(list, name)
  for _, node in ipairs(list or {}) do
    if node.name == name then return node end
  end
end

-- The string argument of a specified directive: its value, its default, or nil.
local function text_argument(list, name, argument_name, default)
  local node = directives.find(list, name)
  if not node then return nil end
  for _, arg in ipairs(node.arguments or {}) do
    if arg.name == argument_name then
      local value = coerce.literal(arg.value, scalars.String, {})
      return type(value) == "string" and value or default
    end
  end
  return default
end

--- The reason why a definition is deprecated; nil when it isn't.
function directives.deprecation(node)
  return text_argument(node.directives, "deprecated", "reason", "No longer supported")
end

--- The URL of a scalar's specification, or nil.
function directives.specified_by(nodes)
  local url
  for _, node in ipairs(nodes) do
    url = text_argument(node.directives, "specifiedBy", "url") or url
  end
  return url
end

--- True for an input object with @oneOf.
function directives.is_one_of(nodes)
  for _, node in ipairs(nodes) do
    if directives.find(node.directives, "oneOf") then return true end
  end
  return false
end

return directives
