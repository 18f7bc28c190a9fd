-- A plan: a selection compiled for an object type. It lists the fields in order, each with its
-- resolver and completion function, and has a function that makes an empty result table with room
-- for them, whose metatable keeps the field order (json.shape). Plans are cached with the document.

local collect = require("lunette.graphql.collect")
local complete = require("lunette.graphql.complete")
local json = require("lunette.runtime.json")
local scalars = require("lunette.graphql.scalars").specified
local types = require("lunette.graphql.types")

local plan = {}

local KEPT <const> = 1000 -- cached result makers, and cached plans of a document

local makers, kept = {}, 0

-- The result table is made with room for all fields, because growing it field by field is the
-- largest cost of an execution. Constant fields are already set in it.
local function maker_of(keys, constants)
  local parts = {}
  for i, key in ipairs(keys) do parts[i] = ('["%s"]=%s'):format(key, constants[key] or "nil") end
  local name = table.concat(parts, ",")
  local maker = makers[name]
  if maker then return maker end
  if kept >= KEPT then makers, kept = {}, 0 end
  local source = "local setmetatable, shape = ... return function() return setmetatable({"
    .. name .. "}, shape) end"
  maker = assert(load(source, "=shape", "t", {}))(setmetatable, json.shape(keys))
  makers[name], kept = maker, kept + 1
  return maker
end

-- How execution.lua converts a value inline, by its type: see there.
local QUICK = {
  [scalars.String] = { string = "text" }, [scalars.ID] = { string = "text", number = "id" },
  [scalars.Int] = { number = "int" }, [scalars.Float] = { number = "float" },
  [scalars.Boolean] = { boolean = "same" },
}

local function field_of(key, nodes, def, parent, outer, depth)
  local at = {}
  for i, node in ipairs(nodes) do at[i] = node.at end
  local field = {
    key = key, name = def.name, def = def, parent = parent, nodes = nodes, at = at,
    outer = outer, depth = depth, resolve = def.resolve, wide = def.wide,
    asks = def.resolve ~= nil or #def.args > 0, required = def.type.kind == "NON_NULL",
  }
  if not field.asks then field.quick = QUICK[types.nullable(def.type)] end
  if def.is_typename then
    field.constant = parent.name
  elseif def.given then
    field.complete = complete.given
  else
    field.complete = complete.position(def.type, field, depth)
  end
  return field
end

--- Compiles the selections of nodes on an object type. Raises when a condition has no value.
---@param request table schema, document, variables, sources
---@param nodes table[] operations or fields
---@param t table
---@param outer table|nil the field that gives the object
---@param depth integer keys in the path down to the object
---@return table
function plan.compile(request, nodes, t, outer, depth)
  local groups = collect.fields(nodes, t, request)
  local made, keys, constants, weight = { depth = depth + 1, type = t }, {}, {}, 2
  for _, key in ipairs(groups) do
    local def = request.schema:field(t, groups[key][1].name)
    if def then
      if def.is_typename and outer then
        constants[key] = ("%q"):format(t.name)
      else
        made[#made + 1] = field_of(key, groups[key], def, t, outer, depth + 1)
      end
      keys[#keys + 1] = key
      weight = weight + #key + 8
    end
  end
  made.n, made.weight, made.new = #made, weight, maker_of(keys, constants)
  return made
end

-- The values of the variables that conditions depend on, as a string.
local function signature(request)
  local text = ""
  for _, name in ipairs(request.document.conditions) do
    text = text .. tostring(request.variables[name])
  end
  return text
end

--- The plan of an operation, compiled once for each combination of condition values.
---@param request table
---@param operation table
---@param root table
---@return table
function plan.of(request, operation, root)
  local document = request.document
  local by_schema = document.plans[request.schema]
  if not by_schema or by_schema.count >= KEPT then
    by_schema = { count = 0 }
    document.plans[request.schema] = by_schema
  end
  local of_operation = by_schema[operation] or {}
  by_schema[operation] = of_operation
  local name = signature(request)
  if not of_operation[name] then
    of_operation[name] = plan.compile(request, { operation }, root, nil, 0)
    of_operation[name].serial = operation.operation == "mutation"
    by_schema.count = by_schema.count + 1
  end
  return of_operation[name]
end

--- For each depth of the path to a field (and its lists): true when the position may be null.
---@param field table
---@return boolean[]
function plan.nullable(field)
  if field.nullable then return field.nullable end
  local flags = field.outer and table.move(plan.nullable(field.outer), 1, field.depth - 1, 1, {})
    or {}
  local t, depth = field.def.type, field.depth
  repeat
    flags[depth] = t.kind ~= "NON_NULL"
    t = t.kind == "NON_NULL" and t.of or t
    depth, t = depth + 1, t.of
  until not t
  field.nullable = flags
  return flags
end

return plan
