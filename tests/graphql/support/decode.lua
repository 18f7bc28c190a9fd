-- Reads JSON for the driver: unlike lua-cjson it tells [] from {} and integers from floats.

local json = require("lunette.runtime.json")

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

return function(text) return (value(text, 1)) end
