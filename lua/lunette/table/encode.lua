-- Typed input to bytes, by a plan's columns. An error names the field that doesn't fit.

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

local function copy(from)
  local made = {}
  for k, v in pairs(type(from) == "table" and from or {}) do made[k] = v end
  return made
end

-- A field may be given by its path: { ["a.b"] = 1 } is { a = { b = 1 } }.
local function nested(value, columns)
  local made = copy(value)
  for _, column in ipairs(columns) do
    local path, part = column.path, made[column.name]
    if part ~= nil and #path > 1 then
      made[column.name] = nil
      local at = made
      for i = 1, #path - 1 do
        at[path[i]] = copy(at[path[i]])
        at = at[path[i]]
      end
      at[path[#path]] = part
    end
  end
  return made
end

-- A plan without fields has one column, which an object may name: { key = 7 }.
local function is_by_name(value, columns)
  local column = columns[1]
  if #columns ~= 1 or not column.whole then return false end
  local field = next(value)
  return field == nil or field == column.name and next(value, field) == nil
end

-- Its bytes; unchanged when the object is empty.
local function put_by_name(bytes, columns, name, value)
  local column = columns[1]
  local part = value[column.name]
  if part == nil or part == json.null then return bytes end
  return put(bytes, column, columns, name .. "." .. column.name, part)
end

--- The bytes of a key or value. An object gives fields (missing ones keep the bytes of `before`, or
--- are zero); a plain value is for a single field; { hex = "…" } gives bytes.
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
    local list = type(value) == "table" and #value > 0 and #columns == 1
    if type(value) == "table" and is_by_name(value, columns) then
      return put_by_name(bytes, columns, name, value)
    end
    if type(value) == "table" and not list then
      local made, err = columns.plan:encode(nested(value, columns), bytes, name)
      return made or error(err, 0)
    end
    if #columns ~= 1 then refuse(name, "needs an object: it has %d fields", #columns) end
    return put(bytes, columns[1], columns, name, value)
  end)
  if ok then return result end
  return nil, result
end

return encode
