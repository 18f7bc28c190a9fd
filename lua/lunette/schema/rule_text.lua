-- A metrics rule written for a map: every number of its value a metric, every column of its
-- key a label. What the decoder in force doesn't know, the author fills in.

local cells = require("lunette.schema.cells")

local rule_text = {}

local function metric_name(...)
  local text = table.concat({ ... }, "_"):lower():gsub("[^%w_]", "_"):gsub("_+", "_")
  return (text:gsub("^_", ""):gsub("^(%d)", "map_%1"))
end

local function label_name(name)
  return (name:gsub("[^%w_]", "_"):gsub("^(%d)", "_%1"))
end

local function labels(columns)
  local parts = {}
  for i, column in ipairs(columns) do
    parts[i] = ("%s = d.key(%q)"):format(label_name(column.name), column.name)
  end
  return table.concat(parts, ", ")
end

local RULE = [[
metrics.map {
  name = %q, type = %q, help = %q,
  match = { name = %q },
  labels = { %s }, value = d.value(%q)%s,
  top = 100,
}
]]

local function rule(info, decoder, column, alone)
  local name = alone and metric_name(info.name) or metric_name(info.name, column.name)
  local unit = column.unit and (", in " .. column.unit) or ""
  local help = ("%s of the map %s%s."):format(column.name, info.name, unit)
  local sum = info.per_cpu and not column.reduce and not decoder.reduce and ":sum_cpus()" or ""
  return RULE:format(
    name, "gauge", help, info.name, labels(decoder.columns.key), column.name, sum)
end

local HEAD = [[
local lunette = require("lunette")
local d, metrics = lunette.decode, lunette.metrics

]]

--- A rule that exports a map, as the schema's MetricRuleText.
---@param info table
---@param decoder table the decoder in force
---@return { source: string, why: string }
function rule_text.write(info, decoder)
  local numbers = {}
  for _, column in ipairs(decoder.columns.value) do
    if cells.numeric(column.type) then numbers[#numbers + 1] = column end
  end
  if #numbers == 0 then
    error(("map %d (%s): no column of its value is a number; declare a decoder for it first")
      :format(info.id, info.name), 0)
  end
  local rules = {}
  for i, column in ipairs(numbers) do rules[i] = rule(info, decoder, column, #numbers == 1) end
  return {
    source = HEAD .. table.concat(rules, "\n"),
    why = ("%s: %s"):format(decoder.name, decoder.why),
  }
end

return rule_text
