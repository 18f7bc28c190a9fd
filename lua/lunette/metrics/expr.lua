-- Where a label's text or a metric's number comes from: an expression of a rule.
--
--   "key.comm", "value.bytes", "key"   a column of the decoder in force
--   "map.id", "program.name", "owner.comm", "cpu"   facts about the map
--   function(key, value, info)         anything, of the decoded entry
--   { "key.pid", "comm" }              a column through decoders by name (see decoders.lua);
--                                      raw = "hex" | "string" | "number" takes the bytes

local expr = {}

local FACTS = {
  ["map.id"] = true, ["map.name"] = true, ["map.full_name"] = true,
  ["map.type"] = true, ["map.kernel_type"] = true,
  ["program.id"] = true, ["program.name"] = true, ["program.type"] = true,
  ["owner.pid"] = true, ["owner.comm"] = true,
}
local RAWS = { hex = true, string = true, number = true }

local function of_string(text)
  if text == "cpu" then return { from = "cpu" } end
  if FACTS[text] then return { from = "fact", fact = text } end
  local side, rest = text:match("^(%a+)(.*)$")
  if (side == "key" or side == "value") and (rest == "" or rest:match("^%.[^%.]")) then
    return { from = side, path = rest:sub(2) }
  end
  if (side == "key" or side == "value") and rest:match("^%[%d+%]") then
    return { from = side, path = side .. rest }
  end
  return nil, ("'%s' is neither key…, value…, cpu, nor a fact (map.id, program.name, …)")
    :format(text)
end

local parse

local function of_chain(list, decoders)
  local parsed, err = parse(list[1])
  if not parsed then return nil, err end
  for field in pairs(list) do
    if math.type(field) ~= "integer" and field ~= "raw" then
      return nil, ("no field '%s' in a list: a column, then decoders, and raw"):format(
        tostring(field))
    end
  end
  if list.raw ~= nil and parsed.from ~= "key" and parsed.from ~= "value" then
    return nil, "raw: only of the key or the value"
  end
  if list.raw ~= nil and parsed.path ~= "" then
    return nil, "raw: takes the whole key or value, not a column"
  end
  if list.raw ~= nil and type(list.raw) ~= "function" and not RAWS[list.raw] then
    return nil, ("raw: 'hex', 'string' or 'number', not '%s'"):format(tostring(list.raw))
  end
  parsed.raw = list.raw
  parsed.decoders = {}
  for i = 2, #list do
    local step, why = decoders.make(list[i])
    if not step then return nil, why end
    parsed.decoders[i - 1] = step
  end
  if #parsed.decoders == 0 then parsed.decoders = nil end
  return parsed
end

--- Parses an expression: { from, path, fact, fn, raw, decoders }; or nil and the error.
---@param e any
---@param decoders? table where decoders by name are made
function parse(e, decoders)
  if type(e) == "string" then return of_string(e) end
  if type(e) == "function" then return { from = "function", fn = e } end
  if type(e) == "table" and #e > 0 then return of_chain(e, decoders) end
  return nil, ("an expression is a string, a function or a list, not %s")
    :format(type(e))
end

expr.parse = parse

return expr
