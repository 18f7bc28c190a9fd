-- Makes types from definitions. The rules of SDL and the validity of the schema are checked
-- elsewhere: see assemble.lua for the order.

local directives = require("lunette.graphql.directives")
local enum = require("lunette.graphql.enum")
local scalars = require("lunette.graphql.scalars")
local schema = require("lunette.graphql.schema")
local types = require("lunette.graphql.types")

local build = {}

-- A builder keeps the types made so far, by name.
local Builder = {}
Builder.__index = Builder

function Builder:type(node)
  if node.kind == "ListType" then return types.list(self:type(node.type)) end
  if node.kind == "NonNullType" then return types.non_null(self:type(node.type)) end
  local t = self.types[node.name] or scalars.specified[node.name] or build.meta_types[node.name]
  if not t then error(('Unknown type: "%s".'):format(node.name), 0) end
  return t
end

local function index(list)
  local by_name = {}
  for _, item in ipairs(list) do by_name[item.name] = item end
  return by_name
end

-- A list in which a later item replaces an earlier one of the same name.
local function unique(list)
  local kept, place = {}, {}
  for _, item in ipairs(list) do
    local at = place[item.name] or #kept + 1
    kept[at], place[item.name] = item, at
  end
  return kept
end

function Builder:inputs(nodes)
  local inputs = {}
  for i, node in ipairs(nodes or {}) do
    inputs[i] = {
      name = node.name, description = node.description, type = self:type(node.type),
      default = node.default, deprecation = directives.deprecation(node), node = node,
    }
  end
  return unique(inputs)
end

function Builder:fields(nodes, owner)
  local fields = {}
  for _, part in ipairs(nodes) do
    for _, node in ipairs(part.fields or {}) do
      local args = self:inputs(node.arguments)
      fields[#fields + 1] = {
        name = node.name, description = node.description, type = self:type(node.type),
        args = args, arg = index(args), deprecation = directives.deprecation(node),
        node = node, owner = owner, resolve = node.resolve, subscribe = node.subscribe,
      }
    end
  end
  return unique(fields)
end

function Builder:named(nodes, key)
  local list = {}
  for _, part in ipairs(nodes) do
    for _, node in ipairs(part[key] or {}) do list[#list + 1] = self:type(node) end
  end
  return list
end

local fillers = {}

function fillers.SCALAR(_, t, nodes)
  t.specified_by = directives.specified_by(nodes)
  scalars.attach(t)
end

function fillers.OBJECT(builder, t, nodes)
  t.interfaces = builder:named(nodes, "interfaces")
  t.fields = builder:fields(nodes, t)
  t.field = index(t.fields)
end
fillers.INTERFACE = fillers.OBJECT

function fillers.UNION(builder, t, nodes) t.types = builder:named(nodes, "types") end

function fillers.ENUM(_, t, nodes)
  local values = {}
  for _, part in ipairs(nodes) do
    for _, node in ipairs(part.values or {}) do
      values[#values + 1] = { name = node.name, description = node.description, node = node,
        deprecation = directives.deprecation(node) }
    end
  end
  t.values = unique(values)
  enum.attach(t)
end

function fillers.INPUT_OBJECT(builder, t, nodes)
  local all = {}
  for _, part in ipairs(nodes) do
    for _, node in ipairs(part.fields or {}) do all[#all + 1] = node end
  end
  t.fields = builder:inputs(all)
  t.field = index(t.fields)
  t.one_of = directives.is_one_of(nodes)
end

-- Groups definitions and extensions by the type, schema or directive that they define.
local function sort(definitions)
  local found = { types = {}, parts = {}, directives = {}, directive_parts = {}, schemas = {} }
  for _, node in ipairs(definitions) do
    if node.kind == "TypeDefinition" then
      found.types[#found.types + 1] = node
    elseif node.kind == "TypeExtension" then
      found.parts[node.name] = found.parts[node.name] or {}
      table.insert(found.parts[node.name], node)
    elseif node.kind == "DirectiveDefinition" then
      found.directives[#found.directives + 1] = node
    elseif node.kind == "DirectiveExtension" then
      found.directive_parts[node.name] = found.directive_parts[node.name] or {}
      table.insert(found.directive_parts[node.name], node)
    elseif node.kind == "SchemaDefinition" then
      found.description = node.description
      found.defined = true
      table.insert(found.schemas, 1, node)
    elseif node.kind == "SchemaExtension" then
      found.schemas[#found.schemas + 1] = node
    end
  end
  return found
end

function Builder:make_types(found)
  local list = {}
  for _, node in ipairs(found.types) do
    local own = scalars.specified[node.name] or build.meta_types[node.name]
    local t = own or types.new { kind = node.type_kind, name = node.name,
      description = node.description, node = node, extensions = found.parts[node.name] or {} }
    self.types[t.name] = t
    list[#list + 1] = t
  end
  for _, t in ipairs(list) do
    if t.node then
      local nodes = { t.node }
      table.move(t.extensions, 1, #t.extensions, 2, nodes)
      fillers[t.kind](self, t, nodes)
    end
  end
  return list
end

function Builder:make_directives(found)
  local list, named = {}, {}
  for _, node in ipairs(found.directives) do
    local args = self:inputs(node.arguments)
    local directive = {
      name = node.name, description = node.description, locations = node.locations,
      args = args, arg = index(args), repeatable = node.repeatable or false, node = node,
      deprecation = directives.deprecation(node),
    }
    for _, part in ipairs(found.directive_parts[node.name] or {}) do
      directive.deprecation = directives.deprecation(part) or directive.deprecation
    end
    named[node.name] = true
    list[#list + 1] = directive
  end
  for _, directive in ipairs(directives.specified) do
    if not named[directive.name] then list[#list + 1] = directive end
  end
  return list
end

local ROOTS = { Query = "query", Mutation = "mutation", Subscription = "subscription" }

function Builder:roots(found, spec)
  for _, node in ipairs(found.schemas) do
    for _, root in ipairs(node.operations or {}) do spec[root.operation] = self:type(root.type) end
  end
  if found.defined then return end
  for name, operation in pairs(ROOTS) do
    spec[operation] = self.types[name] or spec[operation]
  end
end

--- Introspection's types: definitions may use them without defining them.
build.meta_types = {}

--- Makes a schema from a document's definitions.
---@param document table
---@param meta table the fields that every type or query root has
---@return table schema
function build.schema(document, meta)
  local builder = setmetatable({ types = {} }, Builder)
  local found = sort(document.definitions)
  local spec = { types = builder:make_types(found), sources = document.sources,
    description = found.description, nodes = found.schemas }
  spec.directives = builder:make_directives(found)
  builder:roots(found, spec)
  return schema.new(spec, meta)
end

--- Makes types without a schema, for introspection.
---@param document table
---@return table by name
function build.types(document)
  local builder = setmetatable({ types = {} }, Builder)
  builder:make_types(sort(document.definitions))
  return builder.types
end

return build
