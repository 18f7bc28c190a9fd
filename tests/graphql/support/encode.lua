-- Writes JSON for the driver under plain lua5.4: the order of json.shape, json.array, and null.

local json = require("lunette.runtime.json")

local encode = {}

local SHORT = { ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
  ['"'] = '\\"', ["\\"] = "\\\\" }

-- As JSON.stringify does it.
local function quote(text)
  return '"' .. text:gsub('[%z\1-\31"\\]', function(c)
    return SHORT[c] or ("\\u%04x"):format(c:byte())
  end) .. '"'
end

local function number(x)
  if math.type(x) == "integer" then return ("%d"):format(x) end
  if x ~= x or x == math.huge or x == -math.huge then return "null" end
  return ("%.17g"):format(x)
end

local function keys_of(value, order)
  if order then return order end
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

function encode.value(value)
  local kind = type(value)
  if value == nil or value == json.null then return "null" end
  if kind == "string" then return quote(value) end
  if kind == "number" then return number(value) end
  if kind ~= "table" then return tostring(value) end
  local meta = getmetatable(value) or {}
  local parts = {}
  if meta.json_list or #value > 0 then
    for i, item in ipairs(value) do parts[i] = encode.value(item) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for i, key in ipairs(keys_of(value, meta.order)) do
    parts[i] = quote(key) .. ":" .. encode.value(value[key])
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

--- The same, as text of its own: for arguments that are given back.
encode.sorted = encode.value

return encode
