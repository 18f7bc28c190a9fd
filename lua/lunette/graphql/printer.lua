-- Prints documents, laid out like graphql-js.

local inspect = require("lunette.graphql.inspect")
local strings = require("lunette.graphql.strings")

local printer = {}

local WIDTH <const> = 80 -- columns beyond which arguments and items get lines of their own

local FOLDED <const> = 4000 -- bytes beyond which nothing is laid out, because indenting costs time

local printers = {}
local function print(node) return printers[node.kind](node) end

local function printed(list)
  local parts = {}
  for i, node in ipairs(list or {}) do parts[i] = print(node) end
  return parts
end

local function join(list, separator) return table.concat(printed(list), separator) end

local function indent(text) return "  " .. text:gsub("\n", "\n  ") end

-- Items on one line, or each on its own line when the line would be too long.
local function fold(open, parts, close, tall_open, tall_close)
  local line = open .. table.concat(parts, ", ") .. close
  if strings.width(line) <= WIDTH or #line > FOLDED then return line end
  return tall_open .. "\n" .. indent(table.concat(parts, "\n")) .. "\n" .. tall_close
end

-- Items each on its own line, in braces.
local function block(list)
  if not list or #list == 0 then return "" end
  return "{\n" .. indent(join(list, "\n")) .. "\n}"
end

local function words(...)
  local kept = {}
  for _, word in ipairs({ ... }) do
    if word ~= "" then kept[#kept + 1] = word end
  end
  return table.concat(kept, " ")
end

local function wrap(before, text, after)
  return text ~= "" and before .. text .. (after or "") or ""
end

local function described(node, text)
  if not node.description then return text end
  return strings.description(node.description) .. "\n" .. text
end

-- Values

function printers.Variable(node) return "$" .. node.name end
function printers.IntValue(node) return node.value end
printers.FloatValue, printers.EnumValue = printers.IntValue, printers.IntValue
function printers.StringValue(node)
  return node.block and strings.block(node.value) or strings.quote(node.value)
end
function printers.BooleanValue(node) return tostring(node.value) end
function printers.NullValue() return "null" end
function printers.ListValue(node)
  return fold("[", printed(node.values), "]", "[", "]")
end
function printers.ObjectValue(node)
  return fold("{ ", printed(node.fields), " }", "{", "}")
end
function printers.ObjectField(node) return node.name .. ": " .. print(node.value) end
function printers.GivenValue(node) return inspect.value(node.value) end
printers.Argument = printers.ObjectField

-- Types and directives

function printers.NamedType(node) return node.name end
function printers.ListType(node) return "[" .. print(node.type) .. "]" end
function printers.NonNullType(node) return print(node.type) .. "!" end
function printers.Directive(node)
  return "@" .. node.name .. wrap("(", join(node.arguments, ", "), ")")
end

-- Executable documents

function printers.Document(node) return join(node.definitions, "\n\n") end

function printers.Field(node)
  local line = wrap("", node.alias or "", ": ") .. node.name
  if node.arguments then
    line = fold(line .. "(", printed(node.arguments), ")", line .. "(", ")")
  end
  return words(line, join(node.directives, " "), block(node.selections))
end

function printers.FragmentSpread(node)
  return "..." .. node.name .. wrap(" ", join(node.directives, " "))
end

function printers.InlineFragment(node)
  return words("...", node.condition and "on " .. print(node.condition) or "",
    join(node.directives, " "), block(node.selections))
end

function printers.VariableDefinition(node)
  return described(node, print(node.variable) .. ": " .. print(node.type)
    .. (node.default and " = " .. print(node.default) or "")
    .. wrap(" ", join(node.directives, " ")))
end

local function variables(list)
  local text = join(list, ", ")
  if text:find("\n", 1, true) then return "(\n" .. join(list, "\n") .. "\n)" end
  return wrap("(", text, ")")
end

function printers.OperationDefinition(node)
  local head = words(node.operation, (node.name or "") .. variables(node.variables),
    join(node.directives, " "))
  if head == "query" and not node.description then return block(node.selections) end
  return described(node, head .. " " .. block(node.selections))
end

function printers.FragmentDefinition(node)
  return described(node, words("fragment", node.name, "on", print(node.condition),
    join(node.directives, " "), block(node.selections)))
end

-- Schemas

local function arguments(list)
  if not list or #list == 0 then return "" end
  local text = join(list, ", ")
  if not text:find("\n", 1, true) then return "(" .. text .. ")" end
  return "(\n" .. indent(join(list, "\n")) .. "\n)"
end

function printers.InputValueDefinition(node)
  return described(node, words(node.name .. ": " .. print(node.type),
    node.default and "= " .. print(node.default) or "", join(node.directives, " ")))
end

function printers.FieldDefinition(node)
  return described(node, node.name .. arguments(node.arguments) .. ": " .. print(node.type)
    .. wrap(" ", join(node.directives, " ")))
end

function printers.EnumValueDefinition(node)
  return described(node, words(node.name, join(node.directives, " ")))
end

function printers.OperationTypeDefinition(node)
  return node.operation .. ": " .. print(node.type)
end

local KEYWORDS = {
  SCALAR = "scalar", OBJECT = "type", INTERFACE = "interface", UNION = "union", ENUM = "enum",
  INPUT_OBJECT = "input",
}

local function type_text(node)
  return words(KEYWORDS[node.type_kind], node.name,
    wrap("implements ", join(node.interfaces, " & ")), join(node.directives, " "),
    wrap("= ", join(node.types, " | ")), block(node.fields), block(node.values))
end

function printers.TypeDefinition(node) return described(node, type_text(node)) end
function printers.TypeExtension(node) return "extend " .. type_text(node) end

local function schema_text(node)
  return words("schema", join(node.directives, " "), block(node.operations))
end

function printers.SchemaDefinition(node) return described(node, schema_text(node)) end
function printers.SchemaExtension(node) return "extend " .. schema_text(node) end

function printers.DirectiveDefinition(node)
  return described(node, "directive @" .. node.name .. arguments(node.arguments)
    .. wrap(" ", join(node.directives, " ")) .. (node.repeatable and " repeatable" or "")
    .. " on " .. table.concat(node.locations, " | "))
end

function printers.DirectiveExtension(node)
  return "extend directive @" .. node.name .. wrap(" ", join(node.directives, " "))
end

--- The text of a document, or of any node.
---@param node table
---@return string
function printer.print(node) return print(node) end

--- The text of a value for messages; a very long one is cut.
---@param node table
---@return string
function printer.short(node)
  return inspect.short(print(node))
end

return printer
