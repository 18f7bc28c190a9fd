-- Converts schemas written as Lua tables to the definitions that SDL is parsed to:
--
--   { Query = { hello = { type = "String!", args = { name = "String" }, resolve = fn } },
--     Color = { kind = "enum", values = { "RED", GREEN = { value = 2, deprecated = "why" } } } }
--
-- A type is a table with `kind` (object, interface, union, enum, input, scalar), or just the
-- fields of an object. Items keyed by name are sorted by name; a list of tables that have a `name`
-- keeps its order.

local parser = require("lunette.graphql.parser")
local source = require("lunette.graphql.source")

local tables = {}

local KINDS = {
  object = "OBJECT", interface = "INTERFACE", union = "UNION", enum = "ENUM",
  input = "INPUT_OBJECT", scalar = "SCALAR",
}

local function wrong(where, text, ...)
  error(where .. ": " .. text:format(...), 0)
end

-- Items with their names, in order: the list part first, then the keyed ones by name.
local function items(where, list)
  if type(list) ~= "table" then wrong(where, "a table is expected, got %s", type(list)) end
  local found, names = {}, {}
  for i, item in ipairs(list) do
    local name = type(item) == "table" and item.name or item
    if type(name) ~= "string" then wrong(where, "item %d has no name", i) end
    found[i] = { name = name, spec = type(item) == "table" and item or {} }
  end
  for name in pairs(list) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do found[#found + 1] = { name = name, spec = list[name] } end
  for _, item in ipairs(found) do
    if not item.name:find("^[_%a][_%w]*$") then wrong(where, "%q is no name", item.name) end
  end
  return found
end

local function type_node(where, text)
  if type(text) ~= "string" then
    wrong(where, "type: a text such as \"[Int!]\" is expected, got %s", type(text))
  end
  local node, err = parser.parse_type(text)
  if not node then wrong(where, "type %q: %s", text, err.message) end
  return node
end

local function directive(name, argument, value)
  return { kind = "Directive", at = 1, name = name, arguments = argument and {
    { kind = "Argument", at = 1, name = argument,
      value = { kind = "StringValue", at = 1, value = value } } } }
end

-- `deprecated` of a definition: a reason, or true.
local function deprecated(where, spec)
  local reason = spec.deprecated
  if not reason then return nil end
  if reason == true then return { directive("deprecated") } end
  if type(reason) ~= "string" then
    wrong(where, "deprecated: a text or true is expected, got %s", type(reason))
  end
  return { directive("deprecated", "reason", reason) }
end

local function inputs(where, list)
  local nodes = {}
  for i, item in ipairs(items(where, list)) do
    local spec = type(item.spec) == "string" and { type = item.spec } or item.spec
    local place = where .. "." .. item.name
    nodes[i] = {
      kind = "InputValueDefinition", at = 1, name = item.name, name_at = 1,
      description = spec.description, type = type_node(place, spec.type),
      directives = deprecated(place, spec),
    }
    if spec.default ~= nil then
      nodes[i].default = { kind = "GivenValue", at = 1, value = spec.default }
    end
  end
  return nodes
end

local FIELD = {
  name = true, type = true, description = true, args = true, deprecated = true, resolve = true,
  subscribe = true, wide = true,
}

local function fields(where, list, resolvers)
  local nodes = {}
  for i, item in ipairs(items(where, list)) do
    local spec = type(item.spec) == "string" and { type = item.spec } or item.spec
    local place = where .. "." .. item.name
    if type(spec) ~= "table" then wrong(place, "a type or a table is expected") end
    for key in pairs(spec) do
      if not FIELD[key] then wrong(place, "a field has no %q", tostring(key)) end
    end
    nodes[i] = {
      kind = "FieldDefinition", at = 1, name = item.name, name_at = 1,
      description = spec.description, type = type_node(place, spec.type),
      arguments = spec.args and inputs(place, spec.args), directives = deprecated(place, spec),
    }
    if spec.resolve or spec.subscribe or spec.wide then
      resolvers[item.name] = { resolve = spec.resolve, subscribe = spec.subscribe,
        wide = spec.wide }
    end
  end
  return nodes
end

local function named(where, list)
  local nodes = {}
  for i, item in ipairs(items(where, list)) do
    nodes[i] = { kind = "NamedType", at = 1, name = item.name }
  end
  return nodes
end

local fill = {}

function fill.OBJECT(where, node, spec, resolvers)
  node.interfaces = spec.interfaces and named(where, spec.interfaces)
  node.fields = fields(where, spec.fields or {}, resolvers)
  resolvers.__is_type_of, resolvers.__resolve_type = spec.is_type_of, spec.resolve_type
end
fill.INTERFACE = fill.OBJECT

function fill.UNION(where, node, spec, resolvers)
  node.types = named(where, spec.types or {})
  resolvers.__resolve_type = spec.resolve_type
end

function fill.ENUM(where, node, spec, resolvers)
  node.values = {}
  for i, item in ipairs(items(where, spec.values or {})) do
    local value = type(item.spec) == "table" and item.spec or { value = item.spec }
    node.values[i] = { kind = "EnumValueDefinition", at = 1, name = item.name, name_at = 1,
      description = value.description, directives = deprecated(where .. "." .. item.name, value) }
    resolvers[item.name] = value.value
  end
end

function fill.INPUT_OBJECT(where, node, spec)
  node.fields = inputs(where, spec.fields or {})
  if spec.one_of then node.directives = { directive("oneOf") } end
end

function fill.SCALAR(where, node, spec, resolvers)
  if spec.specified_by then
    if type(spec.specified_by) ~= "string" then
      wrong(where, "specified_by: a URL is expected, got %s", type(spec.specified_by))
    end
    node.directives = { directive("specifiedBy", "url", spec.specified_by) }
  end
  resolvers.serialize, resolvers.parse_value, resolvers.parse_literal =
    spec.serialize, spec.parse_value, spec.parse_literal
end

local function type_definition(name, spec, extends, resolvers)
  if type(spec) ~= "table" then wrong(name, "a table is expected, got %s", type(spec)) end
  local kind = type(spec.kind) == "string" and spec.kind or nil
  if not kind then spec = { fields = spec } end
  local type_kind = KINDS[kind or "object"]
  if not type_kind then wrong(name, "%q is no kind of type", kind) end
  local node = { kind = extends and "TypeExtension" or "TypeDefinition", type_kind = type_kind,
    at = 1, name = name, name_at = 1, description = spec.description, by_table = true }
  local own = {}
  fill[type_kind](name, node, spec, own)
  if next(own) ~= nil then resolvers[name] = own end
  return node
end

local function document(definitions, text)
  return { kind = "Document", definitions = definitions, sources = { text } }
end

-- A source without text for definitions by table: messages then name the place only.
local function no_text(where)
  local text = source.new(" ", where)
  text.no_text = true
  return text
end

--- Types as tables by name.
---@param definitions table
---@return table document, table resolvers
function tables.schema(definitions)
  local nodes, resolvers = {}, {}
  for i, item in ipairs(items("schema", definitions)) do
    nodes[i] = type_definition(item.name, item.spec, false, resolvers)
  end
  return document(nodes, no_text("schema")), resolvers
end

--- Fields that extend a type. The kind of the extended type is filled in when it is known.
---@param name string
---@param list table fields by name
---@return table document, table resolvers
function tables.extension(name, list)
  local resolvers = {}
  local node = type_definition(name, list, true, resolvers)
  return document({ node }, no_text("extension")), resolvers
end

return tables
