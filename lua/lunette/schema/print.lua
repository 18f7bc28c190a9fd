-- Prints the schema as SDL with all descriptions, for clients' code generators. Made from
-- introspection, so it shows the same as clients see.

local graphql = require("lunette.graphql")
local json = require("lunette.runtime.json")

local print_part = {}

local TYPE = "kind name ofType { kind name ofType { kind name ofType { kind name ofType { name } "
  .. "} } }"
local INPUT = "name description defaultValue isDeprecated deprecationReason type { " .. TYPE .. " }"

local QUERY = ([[{ __schema {
  types { kind name description isOneOf
    fields(includeDeprecated: true) { name description isDeprecated deprecationReason
      args(includeDeprecated: true) { INPUT } type { TYPE } }
    inputFields(includeDeprecated: true) { INPUT }
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
    interfaces { name } possibleTypes { name } } } }]]):gsub("%u+", { INPUT = INPUT, TYPE = TYPE })

local BUILT_IN = { Int = true, Float = true, String = true, Boolean = true, ID = true }

local function given(value) return value ~= nil and value ~= json.null and value or nil end

local function type_text(t)
  if t.kind == "NON_NULL" then return type_text(t.ofType) .. "!" end
  if t.kind == "LIST" then return "[" .. type_text(t.ofType) .. "]" end
  return t.name
end

-- A description above its item; on one line when it fits.
local function description(item, indent)
  local text = given(item.description)
  if not text then return "" end
  local short = not text:find("[\n\"\\]") and #text + #indent <= 96
  if short then return ('%s"%s"\n'):format(indent, text) end
  local lines = text:gsub('"""', '\\"""'):gsub("\n", "\n" .. indent)
  return ('%s"""\n%s%s\n%s"""\n'):format(indent, indent, lines, indent)
end

local function deprecated(item)
  local reason = item.isDeprecated and given(item.deprecationReason)
  return reason and (" @deprecated(reason: %s)"):format(json.encode(reason)) or ""
end

local function input(item)
  local default = given(item.defaultValue)
  return ("%s: %s%s%s"):format(item.name, type_text(item.type),
    default and " = " .. default or "", deprecated(item))
end

-- Arguments, each on its own line below its description.
local function arguments(args)
  if #args == 0 then return "" end
  local lines = {}
  for i, arg in ipairs(args) do lines[i] = description(arg, "    ") .. "    " .. input(arg) end
  return "(\n" .. table.concat(lines, "\n") .. "\n  )"
end

local function field(item)
  return ("%s  %s%s: %s%s"):format(description(item, "  "), item.name, arguments(item.args),
    type_text(item.type), deprecated(item))
end

local function input_field(item) return description(item, "  ") .. "  " .. input(item) end

local function value(item)
  return ("%s  %s%s"):format(description(item, "  "), item.name, deprecated(item))
end

local function block(head, list, line)
  local lines = {}
  for i, item in ipairs(list) do lines[i] = line(item) end
  return ("%s {\n%s\n}"):format(head, table.concat(lines, "\n"))
end

local function names(list, separator)
  local words = {}
  for i, item in ipairs(given(list) or {}) do words[i] = item.name end
  return table.concat(words, separator), #words > 0
end

local function composite(word)
  return function(t)
    local interfaces, any = names(t.interfaces, " & ")
    local head = word .. " " .. t.name .. (any and " implements " .. interfaces or "")
    return block(head, t.fields, field)
  end
end

local PRINTERS = {
  SCALAR = function(t) return "scalar " .. t.name end,
  OBJECT = composite("type"),
  INTERFACE = composite("interface"),
  UNION = function(t) return ("union %s = %s"):format(t.name, (names(t.possibleTypes, " | "))) end,
  ENUM = function(t) return block("enum " .. t.name, t.enumValues, value) end,
  INPUT_OBJECT = function(t)
    return block("input " .. t.name .. (t.isOneOf and " @oneOf" or ""), t.inputFields, input_field)
  end,
}

local ROOTS = { Query = 1, Mutation = 2, Subscription = 3 }

-- Sorts: root types first, then by name, so that a diff of two printed schemas shows real changes.
local function before(a, b)
  local x, y = ROOTS[a.name] or 4, ROOTS[b.name] or 4
  if x ~= y then return x < y end
  return a.name < b.name
end

--- Prints a schema.
---@param schema table
---@return string
function print_part.sdl(schema)
  local result = graphql.execute { schema = schema, source = QUERY, context = {} }
  if result.errors then error(result.errors[1].message) end
  local types = {}
  for _, t in ipairs(result.data.__schema.types) do
    if not t.name:find("^__") and not BUILT_IN[t.name] then types[#types + 1] = t end
  end
  table.sort(types, before)
  local parts = {}
  for i, t in ipairs(types) do parts[i] = description(t, "") .. PRINTERS[t.kind](t) .. "\n" end
  return table.concat(parts, "\n")
end

return print_part
