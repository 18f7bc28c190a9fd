-- Typed input to bytes: the other way round than a decode plan, by the plan's columns. What
-- doesn't fit is refused by the field's name.

local decode = require("lunette.decode")
local json = require("lunette.runtime.json")

local encode = {}

local function refuse(name, text, ...) error(("%s: "):format(name) .. text:format(...), 0) end

local function hex(name, value, column)
  if type(value) ~= "string" then refuse(name, "needs hex digits") end
  local bytes, err = decode.parse(value, "HEX", column.size)
  return bytes or refuse(name, "%s", err)
end

-- The bytes with one column changed.
local function put(bytes, column, columns, name, value)
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
