-- Parameters of tools: declared once, they become options of the command line, arguments in
-- GraphQL, and variables of the BPF object.
--
-- A parameter: { name, short =, type = "integer" | "number" | "text" | "flag", help =, default =,
-- least =, most =, choices =, set = "variable" }. `set = false`: no variable; the tool's own
-- functions read it.

local strict = require("lunette.runtime.strict")

local params = {}

local FIELDS = strict.set "name short type help default least most choices set argname positional"
local TYPES = strict.set "integer number text flag"

local function check_one(what, param)
  if type(param) ~= "table" or type(param[1] or param.name) ~= "string" then
    error(("%s: a parameter is a table that begins with its name"):format(what), 4)
  end
  param.name, param[1] = param.name or param[1], nil
  what = ("%s: parameter '%s'"):format(what, param.name)
  strict.options(what, param, FIELDS, 4)
  if not param.name:match("^%l[%l%d_]*$") then
    error(("%s: a name is of small letters, digits and _"):format(what), 4)
  end
  param.type = param.type or "integer"
  if not TYPES[param.type] then
    error(("%s: no type '%s'%s"):format(what, tostring(param.type),
      strict.hint(param.type, TYPES)), 4)
  end
end

--- Raises when the list can't be declared.
---@param what string the tool, for messages
---@param list table[]
---@return table[] list
function params.check(what, list)
  local seen = {}
  for _, param in ipairs(list) do
    check_one(what, param)
    if seen[param.name] then
      error(("%s: there are two parameters '%s'"):format(what, param.name), 3)
    end
    seen[param.name] = true
  end
  return list
end

local function number_of(param, value)
  local n = type(value) == "string" and tonumber(value) or value
  if param.type == "integer" then n = type(n) == "number" and math.tointeger(n) or nil end
  if type(n) ~= "number" or n ~= n then
    return nil, ("'%s' is not a %snumber"):format(tostring(value),
      param.type == "integer" and "whole " or "")
  end
  local least, most = param.least or (param.type == "integer" and 0 or nil), param.most
  if least and n < least then return nil, ("%s is below %s"):format(n, least) end
  if most and n > most then return nil, ("%s is above %s"):format(n, most) end
  return n
end

local function text_of(param, value)
  if type(value) ~= "string" then return nil, "a text is needed" end
  if not param.choices then return value end
  for _, choice in ipairs(param.choices) do
    if choice == value then return value end
  end
  return nil, ("'%s' is none of %s"):format(value, table.concat(param.choices, ", "))
end

local function flag_of(_, value)
  if type(value) == "boolean" then return value end
  return nil, "true or false is needed"
end

local READ = { integer = number_of, number = number_of, text = text_of, flag = flag_of }

--- The value of a parameter out of what was given.
---@param param table
---@param value any
---@return any value, string? err
function params.read(param, value) return READ[param.type](param, value) end

--- All values: as given, else the defaults.
---@param list table[]
---@param given table<string, any>
---@return table|nil values, string? err
function params.values(list, given)
  local values, known = {}, {}
  for _, param in ipairs(list) do
    local value, err = given[param.name], nil
    if param.positional and value == nil then return nil, param.name .. ": a value is needed" end
    known[param.name] = true
    if value ~= nil then value, err = params.read(param, value) end
    if err then return nil, ("%s: %s"):format(param.name, err) end
    if value == nil then value = param.default end
    values[param.name] = value
  end
  local unknown = strict.unknown(given, known)
  if unknown then
    return nil, ("no parameter '%s'%s"):format(unknown,
      next(known) and strict.hint(unknown, known) or "")
  end
  return values
end

--- The object's variables for these values.
---@param list table[]
---@param values table<string, any>
---@return table<string, any>
function params.variables(list, values)
  local set = {}
  for _, param in ipairs(list) do
    local value = values[param.name]
    if param.set ~= false and value ~= nil then set[param.set or param.name] = value end
  end
  return set
end

return params
