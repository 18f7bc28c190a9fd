-- Completion: converts a resolver's result to the value in the response. Each position (a field,
-- an item of a list) has a function, made once when the selection is compiled:
--
--   complete(exec, value) -> result | nil (null) | FAIL
--
-- FAIL means that an error was added and the position can't be null: the enclosing position
-- becomes null instead. exec.path holds the keys down to the position; its depth is fixed when the
-- function is made.

local coerce = require("lunette.graphql.coerce")
local errors = require("lunette.graphql.error")
local inspect = require("lunette.graphql.inspect").value
local json = require("lunette.runtime.json")
local loader = require("lunette.graphql.loader")
local runtime_type = require("lunette.graphql.runtime_type")
local scalars = require("lunette.graphql.scalars")
local types = require("lunette.graphql.types")

local null = json.null
local PENDING, ERROR = loader.PENDING, errors.CLASS
local type, getmetatable, setmetatable = type, getmetatable, setmetatable

local complete = {}

--- The result of a position that failed and can't be null.
complete.FAIL = setmetatable({}, { __name = "failed position" })
local FAIL = complete.FAIL

local list_meta = getmetatable(json.array {})

--- Adds an error at the position exec.path.
---@param raised any a message or an error
function complete.note(exec, field, depth, raised)
  local path = table.move(exec.path, 1, depth, 1, {})
  exec.errors[#exec.errors + 1] = errors.located(raised, exec.sources, field.at, path)
end
local note = complete.note

local function forbidden_null(exec, field, depth)
  note(exec, field, depth, errors.new {
    message = ("Cannot return null for non-nullable field %s.%s."):format(field.parent.name,
      field.name) })
  return FAIL
end

local function leaf(t, field, depth, required)
  local failed = required and FAIL or nil
  local serialize = field.wide and t.name == "Int" and scalars.serialize_wide or t.serialize
  return function(exec, value)
    if value == nil or value == null then
      return required and forbidden_null(exec, field, depth) or nil
    end
    local result, message = serialize(value)
    if result ~= nil then
      if type(result) == "string" then exec.size = exec.size + #result end
      return result
    end
    note(exec, field, depth, errors.new { message = message or
      ("Expected `%s.coerceOutputValue(%s)` to return non-nullable value, returned: undefined")
        :format(t.name, inspect(value)) })
    return failed
  end
end

local position -- defined below

-- True when a table without items is an empty list: it has no fields, or its metatable marks it as
-- a list.
local function is_empty_list(value)
  if coerce.as_list(value) then return true end
  local meta = getmetatable(value)
  return meta ~= nil and meta.__len ~= nil
end

local function list(t, field, depth, required)
  local failed = required and FAIL or nil
  local below = depth + 1
  local item = position(t.of, field, below)
  local item_failed = t.of.kind == "NON_NULL" and FAIL or nil
  return function(exec, value)
    if value == nil or value == null then
      return required and forbidden_null(exec, field, depth) or nil
    elseif type(value) ~= "table" or #value == 0 and not is_empty_list(value) then
      note(exec, field, depth, errors.new { message = ("Expected Iterable, but did not find one "
        .. 'for field "%s.%s".'):format(field.parent.name, field.name) })
      return failed
    end
    local path, results = exec.path, setmetatable({}, list_meta)
    exec.holders[below] = results
    for i = 1, #value do
      path[below] = i - 1
      local one, result = value[i], nil
      local meta = getmetatable(one)
      if meta == PENDING then
        exec:postpone(one, item, field, below)
      elseif meta == ERROR then
        note(exec, field, below, one)
        result = item_failed
      else
        result = item(exec, one)
      end
      if result == FAIL then return failed end
      if result == nil then result = null end
      results[i] = result
    end
    return results
  end
end

-- False when the object type's is_type_of refuses the value.
local function check_type(exec, field, t, value)
  local ok, is = pcall(t.is_type_of, value, exec.context, exec:info(field))
  if not ok then return is end
  if is then return nil end
  return errors.new {
    message = ('Expected value of type "%s" but got: %s.'):format(t.name, inspect(value)) }
end

local function object(t, field, depth, required)
  local failed = required and FAIL or nil
  local fixed = t.kind == "OBJECT" and t or nil
  local type_of = not fixed and runtime_type(t, field)
  local plans = {}
  return function(exec, value)
    if value == nil or value == null then
      return required and forbidden_null(exec, field, depth) or nil
    end
    local actual, err = fixed, nil
    if not actual then actual, err = type_of(exec, value) end
    if actual and actual.is_type_of then err = check_type(exec, field, actual, value) end
    local plan = plans[actual]
    if not err and not plan then
      plan, err = exec:compile(field, actual, depth)
      plans[actual] = plan
    end
    if err then
      note(exec, field, depth, err)
      return failed
    end
    local result = exec.run(exec, plan, value)
    if result == FAIL then return failed end
    return result
  end
end

--- Makes the completion function of a position.
---@param t table its type
---@param field table of the plan
---@param depth integer keys in the path down to it
---@return fun(exec: table, value: any): any
function position(t, field, depth)
  local required, inner = t.kind == "NON_NULL", types.nullable(t)
  local make = inner.kind == "LIST" and list or types.is_leaf(inner) and leaf or object
  return make(inner, field, depth, required)
end
complete.position = position

--- Completes a field whose value is the answer already: JSON text.
---@param exec table
---@param value any
---@return any
function complete.given(exec, value)
  exec.size = exec.size + #(json.text_of(value) or "")
  return value
end

return complete
