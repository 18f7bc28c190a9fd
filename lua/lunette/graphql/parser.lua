-- The parser: turns a text into a document, which is a list of definitions. A node is a table with
-- a kind and `at`, the number of its first byte. Names are plain strings (with a number of their
-- own where errors may point at them). A list that the text leaves out is nil, never empty.

local errors = require("lunette.graphql.error")
local executable = require("lunette.graphql.parse_executable")
local source = require("lunette.graphql.source")
local tokens = require("lunette.graphql.tokens")
local types = require("lunette.graphql.parse_types")

local parser = {}

local EXECUTABLE = {
  query = executable.operation, mutation = executable.operation,
  subscription = executable.operation, fragment = executable.fragment,
}

local function definition(p)
  if p.kind == "{" then return executable.shorthand(p) end
  local at = p.starts[p.i]
  local described = p.kind == "String" or p.kind == "BlockString"
  local kind, word = p.kind, p.values[p.i]
  if described then kind, word = tokens.peek(p) end
  if described and kind == "{" then
    tokens.fail(p, at, "Unexpected description, "
      .. "descriptions are not supported on shorthand queries.")
  end
  local read = kind == "Name" and (types.DEFINITIONS[word] or EXECUTABLE[word])
  if read then
    local description = tokens.description(p)
    return read(p, at, description)
  end
  if described and kind == "Name" then
    tokens.fail(p, at, "Unexpected description, only GraphQL definitions support descriptions.")
  end
  if kind == "Name" and word == "extend" then return types.extension(p) end
  tokens.unexpected(p, described and p.i + 1 or p.i)
end

local function document(p)
  local definitions = {}
  repeat
    definitions[#definitions + 1] = definition(p)
  until p.kind == "<EOF>"
  return definitions
end

local function guarded(text, limits, read)
  if type(text) == "string" then text = source.new(text) end
  limits = limits or {}
  local ok, result = pcall(function()
    local p = tokens.new(text, limits)
    return read(p)
  end)
  if ok then return result, nil, text end
  if not errors.is(result) then error(result, 0) end
  return nil, result
end

--- Parses a document.
---@param text string|table a text, or one of source.new
---@param limits { tokens: integer?, nesting: integer? }|nil
---@return table|nil document, table? err
function parser.parse(text, limits)
  local definitions, err, from = guarded(text, limits, document)
  if not definitions then return nil, err end
  return { kind = "Document", definitions = definitions, sources = { from } }
end

--- Parses a value without variables.
---@param text string|table
---@return table|nil value, table? err
function parser.parse_value(text)
  return guarded(text, nil, function(p)
    local value = tokens.value(p, true)
    tokens.expect(p, "<EOF>")
    return value
  end)
end

--- Parses a type, such as "[Int!]!".
---@param text string|table
---@return table|nil type, table? err
function parser.parse_type(text)
  return guarded(text, nil, function(p)
    local reference = tokens.type_reference(p)
    tokens.expect(p, "<EOF>")
    return reference
  end)
end

return parser
