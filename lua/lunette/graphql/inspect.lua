-- Formats values for messages like graphql-js: strings in quotes, [lists], { objects: ... } two
-- levels deep. Very long values are cut.

local json = require("lunette.runtime.json")
local json_text = require("lunette.graphql.json_text")

local DEPTH <const>, ITEMS <const> = 2, 10
local SHORT <const> = 2000 -- bytes

local show -- defined below

local function number(value)
  if value ~= value then return "NaN" end
  if value == math.huge then return "Infinity" end
  if value == -math.huge then return "-Infinity" end
  if math.type(value) == "integer" then return ("%d"):format(value) end
  if value % 1 == 0 and math.abs(value) < 1e21 then return ("%.0f"):format(value) end
  for digits = 15, 17 do
    local text = ("%." .. digits .. "g"):format(value)
    if tonumber(text) == value then return (text:gsub("e([+-])0", "e%1")) end
  end
end

local function list(value, depth)
  if depth > DEPTH then return "[Array]" end
  local parts = {}
  for i = 1, math.min(#value, ITEMS) do parts[i] = show(value[i], depth) end
  local more = #value - ITEMS
  if more > 0 then
    parts[#parts + 1] = ("... %d more item%s"):format(more, more > 1 and "s" or "")
  end
  return "[" .. table.concat(parts, ", ") .. "]"
end

local function object(value, depth)
  if next(value) == nil then return "{}" end
  if depth > DEPTH then return "[Object]" end
  local keys, parts = {}, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for i, key in ipairs(keys) do parts[i] = tostring(key) .. ": " .. show(value[key], depth) end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

local function quoted(text)
  local escaped = text:gsub('[%c"\\]', function(c)
    local short = ({ ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ['"'] = '\\"',
      ["\\"] = "\\\\" })[c]
    return short or ("\\u%04x"):format(c:byte())
  end)
  return '"' .. escaped .. '"'
end

function show(value, depth)
  local kind = type(value)
  if kind == "string" then return quoted(value) end
  if kind == "number" then return number(value) end
  if value == json.null then return "null" end
  if kind == "nil" then return "undefined" end
  if kind == "function" then return "[function]" end
  if kind ~= "table" then return tostring(value) end
  local meta, digits = getmetatable(value), json_text.digits(value)
  if digits then return digits end
  if #value > 0 or (meta and meta.json_list) then return list(value, depth + 1) end
  return object(value, depth + 1)
end

-- Cuts a very long text, at a character's end.
local function short(text)
  return #text > SHORT and text:sub(1, utf8.offset(text, 0, SHORT + 1) - 1) .. "…" or text
end

return { value = function(value) return short(show(value, 0)) end, number = number, short = short }
