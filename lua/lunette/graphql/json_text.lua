-- Reads the JSON of requests and keeps distinctions that plain Lua values lose: {} and [] differ,
-- and a whole number outside signed 64 bits is a table { digits = "…" }, not a string.

local core = require("lunette.core.json")
local json = require("lunette.runtime.json")

local json_text = {}

local LIST, EMPTY = getmetatable(json.array {}), json.shape {}
local BIG = { __tostring = function(number) return number.digits end }

--- True for a table that was read from {}.
function json_text.is_empty_object(t) return getmetatable(t) == EMPTY end

--- The digits of a number outside signed 64 bits; nil for any other value.
---@param value any
---@return string|nil
function json_text.digits(value) return getmetatable(value) == BIG and value.digits or nil end

--- The value for resolvers: such numbers become strings of digits.
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

--- The value of a number literal by JSON's rules: an integer, a float, or a string of digits. nil
--- when the text is no number.
json_text.number = core.number

--- Reads JSON. nil and a message when the text is not JSON.
---@param text string
---@return any value, string? err
function json_text.decode(text)
  local ok, value = pcall(core.decode, text, LIST, EMPTY, BIG)
  if ok then return value end
  return nil, value
end

return json_text
