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

-- The columns' names as nested tables, each with the list of its names: { "a", "b", a = {},
-- b = { "c", c = {} } } for a and b.c.
local function tree_of(columns)
  local tree = {}
  for _, column in ipairs(columns) do
    local at = tree
    for part in column.name:gmatch("[^.]+") do
      if not at[part] then
        at[#at + 1] = part
        at[part] = {}
      end
      at = at[part]
    end
  end
  return tree
end

-- Fields of the given object, at any depth, that are no columns'; `paths` may be given whole.
local function check_names(name, value, tree, paths)
  for field, part in pairs(value) do
    local inside = type(field) == "string" and tree[field]
    if not inside and not paths[field] then
      refuse(name, "no field '%s'; there are %s", field, table.concat(tree, ", "))
    elseif inside and #inside > 0 and part ~= json.null then
      local path = ("%s.%s"):format(name, field)
      if type(part) ~= "table" then refuse(path, "needs an object") end
      check_names(path, part, inside, {})
    end
  end
end

local function paths_of(columns)
  local paths = {}
  for _, column in ipairs(columns) do paths[column.name] = true end
  return paths
end

local function object(name, value, columns, bytes)
  check_names(name, value, tree_of(columns), paths_of(columns))
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
    local list = type(value) == "table" and #value > 0 and #columns == 1
    if type(value) == "table" and not list then return object(name, value, columns, bytes) end
    if #columns ~= 1 then refuse(name, "needs an object: it has %d fields", #columns) end
    return put(bytes, columns[1], columns, name, value)
  end)
  if ok then return result end
  return nil, result
end

return encode
