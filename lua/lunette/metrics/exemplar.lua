-- Checks the exemplars that a rule's `exemplar` function returns for a series. OpenMetrics shows
-- them beside a counter, or beside the histogram bucket that holds their value.

local names = require("lunette.metrics.names")

local exemplar = {}

local MOST = 128 -- most characters of names and values together, by OpenMetrics

-- The rule's metric that gets exemplars: the first counter or histogram; nil: none.
function exemplar.metric(metrics)
  for _, metric in ipairs(metrics) do
    if metric.type == "counter" or metric.type == "histogram" then return metric end
  end
  return nil
end

local function texts_of(labels)
  local texts, length = {}, 0
  for name, value in pairs(labels) do
    local err = names.label_error(name, "exemplar")
    if err then error("exemplar: " .. err, 0) end
    local text, why = names.label_text(value)
    if not text then error(("exemplar: label '%s' %s"):format(name, why), 0) end
    texts[name] = text
    length = length + utf8.len(name) + (utf8.len(text) or #text)
  end
  if length > MOST then
    error(("exemplar: names and values of the labels take %d characters, at most %d are allowed")
      :format(length, MOST), 0)
  end
  return texts
end

-- The number of a histogram's observations, and the upper bound of its highest bucket that is not
-- empty; nil when that is the +Inf bucket.
local function observed(metric, cells)
  local count, bound = 0.0, nil
  for i = 1, metric.n do
    local n = cells[metric.cell + i - 1] or 0
    count = count + n
    if n > 0 then bound = metric.bounds[i] end
  end
  return count, bound
end

--- The exemplar of a series: its labels as texts, and its value in the metric's unit; nil: none.
---@param fn fun(labels: table, value: number): table|nil the rule's function
---@param metric table
---@param labels table<string, string>
---@param cells number[]
---@return table<string, string>|nil labels, number? value
function exemplar.of(fn, metric, labels, cells)
  local value, fallback
  if metric.bounds then
    value, fallback = observed(metric, cells)
  else
    value = cells[metric.cell]
    if value == nil then return nil end
    if metric.divisor ~= 1 then value = value / metric.divisor end
    fallback = value
  end
  local found = fn(labels, value)
  if found == nil or found == false then return nil end
  if type(found) ~= "table" or type(found.labels) ~= "table" then
    error("exemplar: must return { labels = { … } }, or nil", 0)
  end
  local given = found.value
  if given ~= nil and (type(given) ~= "number" or given ~= given) then
    error("exemplar: value must be a number", 0)
  end
  if given == nil and fallback == nil then return nil end
  return texts_of(found.labels), given or fallback
end

return exemplar
