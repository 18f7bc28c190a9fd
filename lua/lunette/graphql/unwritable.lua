-- What the writer of JSON would refuse of a value, found before the response is written, so that
-- it is the error of one field. It looks where the writer looks: in a list's items, else at the
-- fields of its order, or at all of them.

local json = require("lunette.runtime.json")

local math_type = math.type

local DEEPEST <const> = 128 -- tables in tables: what the writer takes, and the response around it

local WRITTEN = { ["nil"] = true, boolean = true, number = true, string = true }

local function unwritable(value, depth)
  if WRITTEN[type(value)] or value == json.null then return nil end
  if type(value) ~= "table" then return "a " .. type(value) end
  if depth >= DEEPEST then return "nested deeper than " .. DEEPEST end
  local meta = getmetatable(value)
  local order = meta and meta.order
  if order then
    for _, name in ipairs(order) do
      local why = unwritable(value[name], depth + 1)
      if why then return why end
    end
    return nil
  end
  local n = #value
  for key, item in next, value do
    if not WRITTEN[type(item)] and (n == 0 or math_type(key)) then
      local why = unwritable(item, depth + 1)
      if why then return why end
    end
  end
  return nil
end

--- As words: "a function", "nested deeper than 128"; nil when there is nothing.
---@param value any
---@return string|nil why
return function(value) return unwritable(value, 0) end
