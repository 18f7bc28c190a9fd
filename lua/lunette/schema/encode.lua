-- Typed input to bytes: the other way round than a decode plan, by the plan's columns. What
-- doesn't fit is refused by the field's name.

local decode = require("lunette.decode")
local json = require("lunette.runtime.json")

local encode = {}

local function refuse(name, text, ...) error(("%s: "):format(name) .. text:format(...), 0) end

-- Numbers arrive as floats, exact ones beyond 2^53 as decimal digits.
local function digits(name, value)
  if type(value) == "number" then
    local whole = math.tointeger(value)
    if not whole then refuse(name, "%g is not a whole number", value) end
    return tostring(whole)
  end
  if type(value) == "boolean" then return value and "1" or "0" end
  if type(value) ~= "string" then refuse(name, "needs a number") end
  return value
end

local function number(name, value, column)
  local text = digits(name, value)
  local signed = column.type:match("^i%d")
  if not signed and text:match("^%-") then refuse(name, "%s is below zero", text) end
  local bytes, err = decode.parse(text, "NUMBER", column.size)
  if not bytes then refuse(name, "%s", err) end
  if signed and not text:match("^%-") and column.size <= 8 and bytes:byte(-1) >= 0x80 then
    refuse(name, "number %s does not fit i%d", text, 8 * column.size)
  end
  return column.big_endian and bytes:reverse() or bytes
end

local function text(name, value, column)
  if type(value) ~= "string" then refuse(name, "needs text") end
  local bytes, err = decode.parse(value, "STRING", column.size)
  return bytes or refuse(name, "%s", err)
end

local function hex(name, value, column)
  if type(value) ~= "string" then refuse(name, "needs hex digits") end
  local bytes, err = decode.parse(value, "HEX", column.size)
  return bytes or refuse(name, "%s", err)
end

local function float(name, value, column)
  local float_value = tonumber(value)
  if not float_value then refuse(name, "needs a number") end
  return (column.size == 4 and "<f" or "<d"):pack(float_value)
end

local function ipv4(name, value)
  local parts = {}
  for part in tostring(value):gmatch("%d+") do parts[#parts + 1] = tonumber(part) end
  local ok, bytes = pcall(string.char, table.unpack(parts))
  if #parts ~= 4 or not ok or not tostring(value):match("^[%d.]+$") then
    refuse(name, "'%s' is not an IPv4 address", tostring(value))
  end
  return bytes
end

local function mac(name, value)
  local plain = tostring(value):gsub("[:%-]", "")
  if not plain:match("^%x+$") or #plain ~= 12 then
    refuse(name, "'%s' is not a MAC address", tostring(value))
  end
  return (decode.parse(plain, "HEX", 6))
end

local function bool(name, value)
  if type(value) ~= "boolean" then refuse(name, "needs true or false") end
  return value and "\1" or "\0"
end

local WRITERS = {
  cstring = text, bytes = hex, hex = hex, f32 = float, f64 = float, ipv4 = ipv4, mac = mac,
  bool = bool,
}

for _, kind in ipairs { "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "be16", "be32",
  "be64", "port", "pid", "ifindex", "cgroup", "ksym", "duration", "timestamp", "errno", "dev",
  "pointer", "prog", "map", "syscall" } do
  WRITERS[kind] = number
end

-- The bytes with one column changed. Enums, bit fields, lists and the like are the plan's.
local function put(bytes, column, columns, name, value)
  local writer = WRITERS[column.type]
  if writer then
    local part = writer(name, value, column)
    return bytes:sub(1, column.offset) .. part .. bytes:sub(column.offset + #part + 1)
  elseif not columns.plan then
    refuse(name, "a %s can't be written by its meaning: give hex", column.type)
  end
  local changed, err = columns.plan:encode_column(value, bytes, name, column.name, columns.root)
  return changed or error(err, 0)
end

-- A field along a path like "a.b" in nested objects, or under its whole path.
local function at_path(value, path)
  if value[path] ~= nil then return value[path] end
  for part in path:gmatch("[^.]+") do
    if type(value) ~= "table" then return nil end
    value = value[part]
  end
  return value
end

-- Names in the given object that no column has.
local function check_names(name, value, columns)
  local known, list = {}, {}
  for i, column in ipairs(columns) do
    known[column.name:match("^[^.]+")], known[column.name] = true, true
    list[i] = column.name
  end
  for field_name in pairs(value) do
    if not known[field_name] then
      refuse(name, "no field '%s'; there are %s", field_name, table.concat(list, ", "))
    end
  end
end

local function object(name, value, columns, bytes)
  check_names(name, value, columns)
  for _, column in ipairs(columns) do
    local part = at_path(value, column.name)
    if part ~= nil and part ~= json.null then
      bytes = put(bytes, column, columns, name .. "." .. column.name, part)
    end
  end
  return bytes
end

--- The bytes of a key or value: of an object by its fields (those not given stay as in
--- `before`, or zero), of a plain value where there is one field; { hex = "…" } gives bytes.
---@param name string what errors call it
---@param value any
---@param columns table[] of the decode plan
---@param size integer
---@param before string|nil
---@return string|nil bytes, string? err
function encode.bytes(name, value, columns, size, before)
  local ok, result = pcall(function()
    if type(value) == "table" and value.hex then
      return hex(name, value.hex, { size = size })
    end
    local bytes = before or ("\0"):rep(size)
    if type(value) == "table" then return object(name, value, columns, bytes) end
    if #columns ~= 1 then refuse(name, "needs an object: it has %d fields", #columns) end
    return put(bytes, columns[1], columns, name, value)
  end)
  if ok then return result end
  return nil, result
end

return encode
