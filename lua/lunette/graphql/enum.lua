-- Enums: names in documents and responses, any Lua value for resolvers (by default the name).

local inspect = require("lunette.graphql.inspect").value
local printer = require("lunette.graphql.printer")
local suggest = require("lunette.runtime.suggest")

local enum = {}

local function names_of(t)
  local names = {}
  for i, value in ipairs(t.values) do names[i] = value.name end
  return names
end

local function hint(t, shown)
  return suggest.did_you_mean(shown, names_of(t), "the enum value")
end

local function unknown(t, name)
  return ('Value "%s" does not exist in "%s" enum.%s'):format(name, t.name, hint(t, name))
end

--- Gives an enum its serialize and parse functions, like a scalar's.
---@param t table with values, each { name, value }
---@return table t
function enum.attach(t)
  local by_name, by_value = {}, {}
  for _, item in ipairs(t.values) do
    if item.value == nil then item.value = item.name end
    by_name[item.name] = item
    by_value[item.value] = item.name
  end
  t.value = by_name

  function t.serialize(value)
    local name = by_value[value]
    if name then return name end
    return nil, ('Enum "%s" cannot represent value: %s'):format(t.name, inspect(value))
  end

  function t.parse_value(value)
    if type(value) ~= "string" then
      local shown = inspect(value)
      return nil, ('Enum "%s" cannot represent non-string value: %s.%s'):format(t.name, shown,
        hint(t, shown))
    end
    local item = by_name[value]
    if item then return item.value end
    return nil, unknown(t, value)
  end

  function t.parse_literal(node)
    if node.kind ~= "EnumValue" then
      local shown = printer.short(node)
      return nil, ('Enum "%s" cannot represent non-enum value: %s.%s'):format(t.name, shown,
        hint(t, shown))
    end
    local item = by_name[node.value]
    if item then return item.value end
    return nil, unknown(t, node.value)
  end
  return t
end

return enum
