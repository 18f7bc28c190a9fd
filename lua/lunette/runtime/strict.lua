-- Reports unknown names, with similar ones; without it they would silently be nil.

local suggest = require("lunette.runtime.suggest")

local strict = {}

--- The names of a set, sorted: the order of pairs() differs from process to process.
---@param set table<string, any>
---@return string[]
function strict.names(set)
  local list = {}
  for name in pairs(set) do
    if type(name) == "string" then list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

--- A hint for an unknown name: " (did you mean 'name'?)", or the list of all names.
---@param given any
---@param set table<string, any> the names that there are, as keys
---@return string
function strict.hint(given, set)
  local list = strict.names(set)
  local near = suggest.names(tostring(given), list)[1]
  if near then return (" (did you mean '%s'?)"):format(near) end
  return ("; there are %s"):format(table.concat(list, ", "))
end

--- The first unknown name in a table; always the same one when there are several.
---@param given table
---@param set table<string, any> the names that there are, as keys
---@return any|nil
function strict.unknown(given, set)
  local first
  for name in pairs(given) do
    if set[name] == nil and (first == nil or tostring(name) < tostring(first)) then first = name end
  end
  return first
end

--- Raises when a table of options has an unknown name.
---@param what string whose options they are, for the message
---@param given table
---@param set table<string, any> the names that there are, as keys
---@param level integer whom to blame, as in error()
function strict.options(what, given, set, level)
  local name = strict.unknown(given, set)
  if name == nil then return end
  error(("%s: no '%s'%s"):format(what, tostring(name), strict.hint(name, set)), level + 1)
end

--- A set of names.
---@param words string separated by spaces
---@return table<string, true>
function strict.set(words)
  local set = {}
  for word in words:gmatch("%S+") do set[word] = true end
  return set
end

--- Makes a module raise an error when a script reads an unknown name of it.
---@param module table
---@param what string its name
---@return table module
function strict.module(module, what)
  return setmetatable(module, { __index = function(self, name)
    error(("%s has no '%s'%s"):format(what, tostring(name), strict.hint(name, self)), 2)
  end })
end

return strict
