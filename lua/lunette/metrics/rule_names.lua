-- Names and types for a generated rule: metric and label names that Prometheus accepts and that do
-- not clash; counters and units guessed from the words of a name.

local rule_names = {}

-- Last words of names of counters.
local COUNTS = {}
for word in ([[total count counts counter cnt calls packets pkts bytes events errors errs drops
  dropped hits misses requests responses retransmits runs switches faults reads writes allocs
  frees signals samples]]):gmatch("%S+") do
  COUNTS[word] = true
end

local TIMES = { ns = "ns", nsec = "ns", nsecs = "ns", nanoseconds = "ns", us = "us", usec = "us",
  usecs = "us", microseconds = "us", ms = "ms", msec = "ms", msecs = "ms", milliseconds = "ms" }

-- A counter is an unsigned number too wide to overflow soon.
local WIDE = { u32 = true, u64 = true }

--- Joins parts to a metric's name.
function rule_names.metric(...)
  local text = table.concat({ ... }, "_"):lower():gsub("[^%w_]", "_"):gsub("_+", "_")
    :gsub("^_", ""):gsub("_$", ""):gsub("^(%d)", "map_%1")
  return text ~= "" and text or "map"
end

local OWN = { le = true, quantile = true } -- labels that histograms and summaries use themselves

--- Converts a text to a label's name.
function rule_names.label(name)
  if OWN[name] then return "key_" .. name end
  local text = name:gsub("[^%w_]", "_"):gsub("^__+", "_"):gsub("^(%d)", "_%1")
  return text ~= "" and text or "key"
end

--- The name, or the name with a number after it when it is taken; marks it as taken.
---@param taken table<string, boolean>
---@param name string
function rule_names.unique(taken, name)
  local made, n = name, 1
  while taken[made] do
    n = n + 1
    made = ("%s_%d"):format(name, n)
  end
  taken[made] = true
  return made
end

local function split(name)
  local head, last = name:lower():match("^(.-)_?([^_.]*)$")
  return head, last
end

local function is_count(column, name)
  local _, last = split(name)
  return WIDE[column.type] and (COUNTS[last] or name:lower():find("total") ~= nil) or false
end

--- The metric for a column of numbers: { name, type, unit, from }.
---@param column { name: string, type: string, unit: string|nil }
---@param map string the map's name
---@param alone boolean it is the value's only number: the map's name tells what it is
---@param kind string|nil the type, where that is known
function rule_names.describe(column, map, alone, kind)
  local name = alone and map or column.name
  local head, last = split(name)
  local from = TIMES[column.unit or ""] or TIMES[last]
  local of_name = TIMES[last] and head ~= "" and head or name
  if alone and from == nil and column.name ~= "value" then
    from = TIMES[(select(2, split(column.name)))]
  end
  local metric = alone and rule_names.metric(of_name)
    or rule_names.metric(map, TIMES[last] and head == "" and "" or of_name)
  return { name = metric, type = kind or is_count(column, name) and "counter" or "gauge",
    unit = from and "seconds" or last == "bytes" and "bytes" or nil, from = from }
end

return rule_names
