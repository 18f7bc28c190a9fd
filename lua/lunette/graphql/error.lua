-- GraphQL errors: a message, places in the document, and a path in the response.

local json = require("lunette.runtime.json")
local source = require("lunette.graphql.source")

local errors = {}

local Error = {}
Error.__index = Error
Error.__tostring = function(self) return self.message end

--- The metatable of errors; the executor recognizes an error value by it.
errors.CLASS = Error

local location_shape = json.shape { "line", "column" }

--- Makes an error. spec: message, sources and `at` (numbers of nodes, see source.lua), path,
--- extensions.
---@param spec table
---@return table
function errors.new(spec)
  return setmetatable(spec, Error)
end

--- True when a value is such an error.
---@param value any
---@return boolean
function errors.is(value) return getmetatable(value) == Error end

--- Makes an error at nodes, for the rules.
---@param sources table[]
---@param message string
---@param at integer[]
---@param extensions table|nil
---@return table
function errors.at(sources, message, at, extensions)
  return errors.new { message = message, sources = sources, at = at, extensions = extensions }
end

--- Makes a syntax error.
---@param text table of source.new
---@param at integer a byte of the text, from 1
---@param message string
---@return table
function errors.syntax(text, at, message)
  return errors.new {
    message = "Syntax Error: " .. message, sources = { text }, at = { at + text.base },
  }
end

-- Messages of the Lua runtime keep their "file:line:", which is needed to find the bug.
local LUA_SAYS = {
  "^attempt to ", "^bad argument #", "^stack overflow", "^not enough memory",
  "^number has no integer", "^invalid ", "^'for' ",
}

--- The message for the response. "file:line:" is removed from messages that scripts raise by
--- error().
---@param raised any
---@return string
function errors.message_of(raised)
  if type(raised) ~= "string" then
    if type(raised) == "table" and type(raised.message) == "string" then return raised.message end
    return tostring(raised)
  end
  local bare = raised:match("^[^\n:]+:%d+: (.*)$")
  if not bare then return raised end
  for _, pattern in ipairs(LUA_SAYS) do
    if bare:find(pattern) then return raised end
  end
  return bare
end

--- Locates an error that a resolver raised, in document and response. An error that already has a
--- location is kept.
---@param raised any
---@param sources table[]
---@param at integer[]
---@param path any[]
---@return table
function errors.located(raised, sources, at, path)
  if errors.is(raised) then
    return errors.new {
      message = raised.message, extensions = raised.extensions, original = raised.original,
      sources = raised.sources or sources, at = raised.at or at, path = raised.path or path,
    }
  end
  return errors.new {
    message = errors.message_of(raised), original = raised,
    extensions = type(raised) == "table" and raised.extensions or nil,
    sources = sources, at = at, path = path,
  }
end

--- The places in the document, as a list of { line, column }.
---@param err table
---@return table[]|nil
function errors.locations(err)
  if err.locations then return err.locations end
  if not err.at or not err.sources or #err.at == 0 then return nil end
  local list = {}
  for i, at in ipairs(err.at) do
    list[i] = setmetatable(source.locate(err.sources, at), location_shape)
  end
  return list
end

-- One JSON shape for each combination of fields, so that missing fields are not written.
local shapes = {}
local function shape_of(item)
  local order = { "message" }
  for _, key in ipairs({ "locations", "path", "extensions" }) do
    if item[key] ~= nil then order[#order + 1] = key end
  end
  local name = table.concat(order, " ")
  shapes[name] = shapes[name] or json.shape(order)
  return shapes[name]
end

--- The error in the form of a response.
---@param err table
---@return table
function errors.format(err)
  local item = {
    message = err.message, locations = errors.locations(err),
    path = err.path and json.array(err.path), extensions = err.extensions,
  }
  return setmetatable(item, shape_of(item))
end

--- A list of errors in the form of a response.
---@param list table[]
---@return table[]
function errors.format_all(list)
  local formatted = {}
  for i, err in ipairs(list) do formatted[i] = errors.format(err) end
  return formatted
end

-- The main place of an error: the first one in an extension, else the first.
local function main_place(err)
  for _, at in ipairs(err.at) do
    if source.of(err.sources, at).base > 0 then return at end
  end
  return err.at[1]
end

--- The error on one line, for a log or a terminal: "name:line:column: message".
---@param err table
---@return string
function errors.line(err)
  if not err.at or not err.at[1] or not err.sources then return err.message end
  local place, text = source.locate(err.sources, main_place(err))
  local line = place.line + (text.first_line or 1) - 1
  if text.no_text then return ("%s:%d: %s"):format(text.name, line, err.message) end
  return ("%s:%d:%d: %s"):format(text.name, line, place.column, err.message)
end

return errors
