-- Reads the JSON of requests. lua-cjson is fast, but can't tell [] from {}, and makes floats of
-- integers; so a text in which that matters is read again here. Empty lists are marked by
-- json.array, empty objects by an empty json.shape; integers of 64 bits are exact.

local json = require("lunette.runtime.json")

local json_text = {}

local empty_object = json.shape {}

local value -- defined below

local ESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local function skip(text, at) return text:match("^[ \t\r\n]*()", at) end

local function unicode(text, at)
  local code = tonumber(text:sub(at, at + 3), 16)
  if code >= 0xD800 and code < 0xDC00 then
    local low = tonumber(text:match("^\\u(%x%x%x%x)", at + 4) or "0", 16)
    if low >= 0xDC00 then
      return utf8.char(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)), at + 10
    end
  end
  return utf8.char(code), at + 4
end

local function string(text, at)
  local parts = {}
  while true do
    local stop = text:find('["\\]', at)
    parts[#parts + 1] = text:sub(at, stop - 1)
    if text:byte(stop) == 34 then return table.concat(parts), stop + 1 end
    local letter = text:sub(stop + 1, stop + 1)
    if letter == "u" then
      parts[#parts + 1], at = unicode(text, stop + 2)
    else
      parts[#parts + 1], at = ESCAPES[letter] or letter, stop + 2
    end
  end
end

local function list(text, at)
  local items = {}
  at = skip(text, at)
  while text:byte(at) ~= 93 do
    items[#items + 1], at = value(text, at)
    at = skip(text, at)
    if text:byte(at) == 44 then at = skip(text, at + 1) end
  end
  return json.array(items), at + 1
end

local function object(text, at)
  local fields = {}
  at = skip(text, at)
  while text:byte(at) ~= 125 do
    local name
    name, at = string(text, at + 1)
    fields[name], at = value(text, skip(text, skip(text, at) + 1))
    at = skip(text, at)
    if text:byte(at) == 44 then at = skip(text, at + 1) end
  end
  if next(fields) == nil then setmetatable(fields, empty_object) end
  return fields, at + 1
end

function value(text, at)
  at = skip(text, at)
  local byte = text:byte(at)
  if byte == 34 then return string(text, at + 1) end
  if byte == 91 then return list(text, at + 1) end
  if byte == 123 then return object(text, at + 1) end
  local word, stop = text:match("^([%w.+-]+)()", at)
  if word == "null" then return json.null, stop end
  if word == "true" or word == "false" then return word == "true", stop end
  return tonumber(word), stop
end

--- Is a value an object that this module read as an empty one?
function json_text.is_empty_object(t) return getmetatable(t) == empty_object end

--- Reads a text; every list and object is told apart.
---@param text string JSON that is known to be right
function json_text.read(text) return (value(text, 1)) end

local DIGITS <const> = ("%d"):rep(16)

--- Reads JSON: nil and a message when it is none.
---@param text string
---@return any value, string? err
function json_text.decode(text)
  local decoded, err = json.decode(text)
  if err then return nil, err end
  local exact = text:find("%[%s*%]") or text:find("{%s*}") or text:find(DIGITS)
  return exact and json_text.read(text) or decoded
end

return json_text
