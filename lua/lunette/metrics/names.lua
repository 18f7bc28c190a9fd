-- Prometheus names: adds the suffixes that its conventions require. A counter ends in _total, an
-- info in _info, a metric with a unit in that unit.

local core = require("lunette.core.metrics")

local names = {}

local TYPES = { counter = true, gauge = true, histogram = true, summary = true, info = true,
  stateset = true, unknown = true }
local RESERVED = { histogram = "le", summary = "quantile" }

-- The suffixes of a family's samples.
local SAMPLES = {
  counter = { "_total", "_created" }, histogram = { "_bucket", "_count", "_sum", "_created" },
  summary = { "_count", "_sum", "_created" }, info = { "_info" },
}

--- True when it is a metric type.
function names.is_type(name) return TYPES[name] == true end

--- The family's name (without _total and _info), ending in its unit.
---@param name string
---@param metric_type string
---@param unit string|nil
function names.family(name, metric_type, unit)
  if metric_type == "counter" then name = name:gsub("_total$", "") end
  if metric_type == "info" then name = name:gsub("_info$", "") end
  if unit and unit ~= "" and name:sub(-#unit - 1) ~= "_" .. unit then
    name = name .. "_" .. unit
  end
  return name
end

--- The family's name in the classic format.
function names.classic(family, metric_type)
  if metric_type == "counter" then return family .. "_total" end
  return metric_type == "info" and family .. "_info" or family
end

--- The names of all samples that the family may have, its own name first.
---@return string[]
function names.samples(family, metric_type)
  local list = { family }
  for _, suffix in ipairs(SAMPLES[metric_type] or {}) do list[#list + 1] = family .. suffix end
  return list
end

--- True when the family is one of Lunette's own.
function names.is_own(family) return family:sub(1, 8) == "lunette_" end

--- A label's value (text, number or boolean) as text; else nil and the error.
---@param value any
---@return string|nil text, string? err
function names.label_text(value)
  local kind = type(value)
  if kind == "string" then return value end
  if kind == "boolean" or math.type(value) == "integer" then return tostring(value) end
  if kind == "number" then return core.number_text(value) end
  return nil, ("must be a string, a number or a boolean, not a %s"):format(kind)
end

--- The reason why a metric can't have that name; nil when it can.
---@return string|nil
function names.metric_error(name)
  if type(name) ~= "string" then return "name: must be a string" end
  if not core.name_ok(name) then
    return ("name '%s' is not one that Prometheus takes: [a-zA-Z_:][a-zA-Z0-9_:]*")
      :format((name:gsub("%c", "?")))
  end
  return nil
end

--- The reason why a label of such a metric can't have that name; nil when it can.
---@return string|nil
function names.label_error(name, metric_type)
  if type(name) ~= "string" or not core.label_ok(name) then
    return ("label '%s' is not one that Prometheus takes: [a-zA-Z_][a-zA-Z0-9_]*, not __…")
      :format((tostring(name):gsub("%c", "?")))
  end
  if RESERVED[metric_type] == name then
    return ("label '%s' is the %s's own"):format(name, metric_type)
  end
  return nil
end

return names
