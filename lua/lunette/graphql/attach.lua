-- Attaches scripts' functions to a schema:
--
--   { Type = { field = fn | { resolve = fn, subscribe = fn, wide = true, given = true } },
--     Interface = { __resolve_type = fn }, Object = { __is_type_of = fn },
--     Enum = { NAME = value }, Scalar = { serialize = fn, parse_value = fn, parse_literal = fn } }

local enum = require("lunette.graphql.enum")
local scalars = require("lunette.graphql.scalars")

local attach = {}

local function names(t, list)
  local found = {}
  for i, item in ipairs(list) do found[i] = item.name end
  table.sort(found)
  return ("%s has %s"):format(t.name, #found > 0 and table.concat(found, ", ") or "none")
end

-- True for a function, or a value with __call.
local function callable(value)
  if type(value) == "function" then return true end
  local meta = getmetatable(value)
  return meta ~= nil and meta.__call ~= nil
end

-- `given`: the resolver's value is the answer, below which nothing is resolved: json.text.
local OPTIONS = { resolve = true, subscribe = true, wide = true, given = true }

local function resolver(t, field, given)
  if callable(given) then
    field.resolve = given
    return
  end
  if type(given) ~= "table" then
    error(("%s.%s: a resolver is a function or a table, got %s"):format(t.name, field.name,
      type(given)), 0)
  end
  for key in pairs(given) do
    if not OPTIONS[key] then
      error(("%s.%s: a resolver's table has resolve, subscribe, wide and given, not %s"):format(
        t.name, field.name, tostring(key)), 0)
    end
  end
  field.resolve = given.resolve or field.resolve
  field.subscribe = given.subscribe or field.subscribe
  if given.wide ~= nil then field.wide = given.wide end
  if given.given ~= nil then field.given = given.given end
end

local SPECIAL = { __resolve_type = "resolve_type", __is_type_of = "is_type_of" }

local function fields(t, given)
  for name, value in pairs(given) do
    local field = t.field[name]
    if SPECIAL[name] then
      t[SPECIAL[name]] = value
    elseif field then
      resolver(t, field, value)
    else
      error(("%s.%s: there is no such field (%s)"):format(t.name, tostring(name),
        names(t, t.fields)), 0)
    end
  end
end

local attachers = { OBJECT = fields, INTERFACE = fields }

function attachers.UNION(t, given)
  for name, value in pairs(given) do
    if name ~= "__resolve_type" then
      error(("%s: a union has __resolve_type and no %s"):format(t.name, tostring(name)), 0)
    end
    t.resolve_type = value
  end
end

function attachers.ENUM(t, given)
  for name, value in pairs(given) do
    if not t.value[name] then
      error(("%s.%s: there is no such value (%s)"):format(t.name, tostring(name),
        names(t, t.values)), 0)
    end
    t.value[name].value = value
  end
  enum.attach(t)
end

function attachers.SCALAR(t, given)
  for name in pairs(given) do
    if name ~= "serialize" and name ~= "parse_value" and name ~= "parse_literal" then
      error(("%s: a scalar has serialize, parse_value and parse_literal, not %s"):format(t.name,
        tostring(name)), 0)
    end
  end
  scalars.attach(t, given)
end

--- Attaches resolvers to a schema. Raises when a type, field or enum value does not exist.
---@param schema table
---@param resolvers table
function attach.resolvers(schema, resolvers)
  for name, given in pairs(resolvers) do
    local t = schema.types[name]
    if not t then error(("%s: there is no such type"):format(tostring(name)), 0) end
    local to = attachers[t.kind]
    if not to or t.introspection or scalars.specified[name] then
      error(("%s: this type has no resolvers"):format(name), 0)
    end
    to(t, given)
  end
end

return attach
