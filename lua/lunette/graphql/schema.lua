-- A schema: types by name, root types, directives, and the possible types of abstract types.

local types = require("lunette.graphql.types")

local schema = {}

local Schema = {}
Schema.__index = Schema

--- True when `sub` implements the interface `abstract`, or is a member of the union.
function Schema:implements(sub, abstract)
  local set = self.subtypes[abstract]
  return set ~= nil and set[sub] == true
end

--- The object types that a composite type can be.
function Schema:possible_types(t)
  if t.kind == "OBJECT" then return { t } end
  return self.possible[t] or {}
end

--- The root type of query, mutation or subscription.
function Schema:root(operation) return self[operation] end

--- The field of a type by name, including __schema, __type and __typename.
---@param parent table
---@param name string
---@return table|nil
function Schema:field(parent, name)
  local field = parent.field and parent.field[name]
  if field or name:byte(1) ~= 95 then return field end
  if name == "__typename" then
    return types.is_composite(parent) and self.meta.__typename or nil
  end
  return parent == self.query and self.meta[name] or nil
end

local function note(self, abstract, t)
  self.subtypes[abstract] = self.subtypes[abstract] or {}
  self.subtypes[abstract][t] = true
  if t.kind ~= "OBJECT" then return end
  local list = self.possible[abstract] or {}
  self.possible[abstract] = list
  list[#list + 1] = t
end

local collect -- defined below

-- Collects the types that a type refers to.
local function collect_references(t, seen, list)
  for _, member in ipairs(t.types or {}) do collect(member, seen, list) end
  for _, interface in ipairs(t.interfaces or {}) do collect(interface, seen, list) end
  for _, field in ipairs(t.fields or {}) do
    collect(field.type, seen, list)
    for _, argument in ipairs(field.args or {}) do collect(argument.type, seen, list) end
  end
end

function collect(t, seen, list)
  t = types.named(t)
  if seen[t] then return end
  seen[t] = true
  list[#list + 1] = t
  collect_references(t, seen, list)
end

-- All reachable types in graphql-js's order: as defined; built-in types follow the first type that
-- refers to them.
local function all_types(spec, meta)
  local seen, list = {}, {}
  for _, t in ipairs(spec.types) do seen[t] = true end
  for _, t in ipairs(spec.types) do
    list[#list + 1] = t
    collect_references(t, seen, list)
  end
  for _, root in ipairs({ "query", "mutation", "subscription" }) do
    if spec[root] then collect(spec[root], seen, list) end
  end
  for _, directive in ipairs(spec.directives) do
    for _, argument in ipairs(directive.args) do collect(argument.type, seen, list) end
  end
  collect(meta.__schema.type, seen, list)
  return list
end

--- Makes a schema.
---@param spec table types, directives, query, mutation, subscription, description, sources
---@param meta table the fields __typename, __schema and __type
---@return table
function schema.new(spec, meta)
  local self = setmetatable({
    description = spec.description, query = spec.query, mutation = spec.mutation,
    subscription = spec.subscription, directives = spec.directives, directive = {},
    list = all_types(spec, meta), types = {}, possible = {}, subtypes = {}, meta = meta,
    sources = spec.sources, nodes = spec.nodes,
  }, Schema)
  for _, t in ipairs(self.list) do
    self.types[t.name] = self.types[t.name] or t
    for _, interface in ipairs(t.interfaces or {}) do note(self, interface, t) end
    for _, member in ipairs(t.kind == "UNION" and t.types or {}) do note(self, t, member) end
  end
  for _, directive in ipairs(spec.directives) do self.directive[directive.name] = directive end
  return self
end

return schema
