-- Finds the object type of a value of an interface or union: by the type's own resolver, else by
-- the value's __typename, else the first possible type whose is_type_of accepts the value.

local errors = require("lunette.graphql.error")

local function first_of(exec, field, t, value)
  for _, possible in ipairs(exec.schema:possible_types(t)) do
    if possible.is_type_of and possible.is_type_of(value, exec.context, exec:info(field)) then
      return possible.name
    end
  end
end

local function name_of(exec, field, t, value)
  if type(value) == "table" and type(value.__typename) == "string" then return value.__typename end
  return first_of(exec, field, t, value)
end

local function refuse(text, ...) return nil, errors.new { message = text:format(...) } end

local function type_of(exec, field, t, name)
  if name == nil then
    local place = field.parent.name .. "." .. field.name
    return refuse('Abstract type "%s" must resolve to an Object type at runtime for field "%s". '
      .. 'Either the "%s" type should provide a "resolveType" function or each possible type '
      .. 'should provide an "isTypeOf" function.', t.name, place, t.name)
  end
  local found = exec.schema.types[name]
  if not found then
    return refuse('Abstract type "%s" was resolved to a type "%s" that does not exist inside '
      .. "the schema.", t.name, tostring(name))
  elseif found.kind ~= "OBJECT" then
    return refuse('Abstract type "%s" was resolved to a non-object type "%s".', t.name, name)
  elseif not exec.schema:implements(found, t) then
    return refuse('Runtime Object type "%s" is not a possible type for "%s".', name, t.name)
  end
  return found
end

--- Makes the function that returns the object type of a position's values.
---@param t table the abstract type
---@param field table of the plan
---@return fun(exec: table, value: any): table|nil, any type, or nil and err
return function(t, field)
  local known = {}
  local resolve = t.resolve_type
  return function(exec, value)
    local ok, name
    if resolve then
      ok, name = pcall(resolve, value, exec.context, exec.infos[field] or exec:info(field))
    else
      ok, name = pcall(name_of, exec, field, t, value)
    end
    if not ok then return nil, name end
    local found, err = known[name], nil
    if not found then
      found, err = type_of(exec, field, t, name)
      if found then known[name] = found end
    end
    return found, err
  end
end
