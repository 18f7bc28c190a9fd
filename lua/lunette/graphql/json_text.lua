-- Reads the JSON of requests, and tells apart what Lua's own values don't: {} from [], and a whole
-- number of more than 64 signed bits from a string. Such a number is a table { digits = "…" }.

local core = require("lunette.core.json")
local json = require("lunette.runtime.json")

local json_text = {}

local LIST, EMPTY = getmetatable(json.array {}), json.shape {}
local BIG = { __tostring = function(number) return number.digits end }

--- Is a value an object that this module read as an empty one?
function json_text.is_empty_object(t) return getmetatable(t) == EMPTY end

--- The digits of a number of more than 64 signed bits; nil for any other value.
---@param value any
---@return string|nil
function json_text.digits(value) return getmetatable(value) == BIG and value.digits or nil end

--- A value as resolvers get it: such numbers are strings of digits.
---@param value any
---@return any
function json_text.plain(value)
  if type(value) ~= "table" then return value end
  local digits = json_text.digits(value)
  if digits then return digits end
  for key, item in next, value do
    if type(item) == "table" then value[key] = json_text.plain(item) end
  end
  return value
end

--- The number of a literal, by JSON's rules: an integer, a float, or digits as a string; nil for
--- text that is no number.
json_text.number = core.number

--- Reads JSON: nil and a message when it is none.
---@param text string
---@return any value, string? err
function json_text.decode(text)
  local ok, value = pcall(core.decode, text, LIST, EMPTY, BIG)
  if ok then return value end
  return nil, value
end

return json_text
