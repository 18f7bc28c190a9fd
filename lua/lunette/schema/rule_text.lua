-- A metrics rule written for a map: every number of its value a metric, an array of slots or
-- bpftrace's buckets a histogram, every column of its key a label. What the decoder in force
-- doesn't know, the author fills in.

local cells = require("lunette.schema.cells")

local rule_text = {}

local MOST_WORDS = 8 -- of a value that nobody describes

local function metric_name(...)
  local text = table.concat({ ... }, "_"):lower():gsub("[^%w_]", "_"):gsub("_+", "_")
  return (text:gsub("^_", ""):gsub("^(%d)", "map_%1"))
end

local OWN = { le = true, quantile = true } -- labels that histograms and summaries have

local function label_name(name)
  if OWN[name] then return "key_" .. name end
  return (name:gsub("[^%w_]", "_"):gsub("^(%d)", "_%1"))
end

-- { "name = …" … } as lines of a table.
local function lines(fields, indent)
  local list = {}
  for i, field in ipairs(fields) do list[i] = indent .. field .. ",\n" end
  return table.concat(list)
end

local function help_of(info, what, unit)
  return ("help = %q"):format(("%s of the map %s%s."):format(what, info.name,
    unit and (", in " .. unit) or ""))
end

local function number(info, column, alone, kind)
  local name = alone and metric_name(info.name) or metric_name(info.name, column.name)
  return { ("name = %q"):format(name), ("type = %q"):format(kind or "gauge"),
    help_of(info, column.name, column.unit), ("value = d.value(%q)"):format(column.name) }
end

-- The one number beside an array of slots that is called a sum.
local function sum_of(columns)
  local found
  for _, column in ipairs(columns) do
    if column.name:find("sum", 1, true) and cells.numeric(column.type) then
      if found then return nil end
      found = column
    end
  end
  return found
end

local function slots(info, column, sum, alone)
  local name = alone and metric_name(info.name) or metric_name(info.name, column.name)
  return { ("name = %q"):format(name), 'type = "histogram"', help_of(info, column.name),
    ("slots = d.value(%q)"):format(column.name),
    sum and ("sum = d.value(%q)"):format(sum.name) or nil,
    ("buckets = { kind = \"log2\", max = %d }"):format(column.count - 2) }
end

-- bpftrace's hist() and lhist(): the last part of the key is the bucket.
local function bpftrace_histogram(info, map)
  local kind = map.aggregate
  local bounds = kind == "lhist"
    and (", min = %d, max = %d, step = %d"):format(map.low, map.high, map.step) or ""
  return { ("name = %q"):format(metric_name(info.name)), 'type = "histogram"',
    help_of(info, kind .. "()"), 'bucket = d.key("bucket")',
    ("buckets = { kind = %q%s }"):format(kind, bounds) }
end

local function is_slots(column)
  return column.type == "array" and column.histogram == "log2" and (column.count or 0) > 2
end

-- The fields of each metric that the value's columns make; and whether they are histograms.
local function metrics_of(info, decoder)
  local columns, list, histograms = decoder.columns.value, {}, {}
  for _, column in ipairs(columns) do
    if is_slots(column) then histograms[#histograms + 1] = column end
  end
  local sum = #histograms == 1 and sum_of(columns) or nil
  for _, column in ipairs(histograms) do
    list[#list + 1] = slots(info, column, sum, #columns == (sum and 2 or 1))
  end
  local counts = decoder.bpftrace and decoder.bpftrace.aggregate == "count"
  for _, column in ipairs(columns) do
    if cells.numeric(column.type) and column ~= sum then
      list[#list + 1] = number(info, column, #columns == 1, counts and "counter" or nil)
    end
  end
  return list, #histograms > 0
end

-- A value that nobody describes: its words, for the author to choose from and to name.
local function words(info)
  local parts, list = {}, {}
  for i = 0, math.min(info.value_size // 8, MOST_WORDS) - 1 do
    parts[i + 1] = ("d.u64():as(\"word_%d\")"):format(i)
    list[i + 1] = number(info, { name = "word_" .. i }, false)
  end
  return list, ("decode = { value = d.struct { %s } }"):format(table.concat(parts, ", "))
end

local function labels(columns, without)
  local parts = {}
  for _, column in ipairs(columns) do
    if column.name ~= without then
      parts[#parts + 1] = ("%s = d.key(%q)"):format(label_name(column.name), column.name)
    end
  end
  return #parts == 0 and "labels = {}" or ("labels = { %s }"):format(table.concat(parts, ", "))
end

-- One metric stands in the rule itself, several in a list: they come of one pass.
local function rule(info, list, rest)
  local fields = { ("match = { name = %q }"):format(info.name), table.unpack(rest) }
  if #list == 1 then
    return "metrics.map {\n" .. lines(list[1], "  ") .. lines(fields, "  ") .. "}\n"
  end
  local metrics = {}
  for i, metric in ipairs(list) do
    metrics[i] = ("    { %s },\n"):format(table.concat(metric, ", "))
  end
  return ("metrics.map {\n  rule = %q,\n"):format(metric_name(info.name)) .. lines(fields, "  ")
    .. "  metrics = {\n" .. table.concat(metrics) .. "  },\n}\n"
end

local function write(info, decoder)
  local columns, map = decoder.columns, decoder.bpftrace
  local rest = { info.per_cpu and not decoder.reduce and 'percpu = "sum"' or nil }
  if map and (map.aggregate == "hist" or map.aggregate == "lhist" and map.step) then
    rest[#rest + 1] = labels(columns.key, "bucket")
    return rule(info, { bpftrace_histogram(info, map) }, rest)
  end
  local list, histograms = metrics_of(info, decoder)
  rest[#rest + 1] = labels(columns.key)
  if #list == 0 and #columns.value == 1 and columns.value[1].type == "bytes"
    and info.value_size >= 8 then
    list, rest[#rest + 1] = words(info)
  end
  if #list == 0 then
    error(("map %d (%s): no column of its value is a number; declare a decoder for it first")
      :format(info.id, info.name), 0)
  end
  if not histograms then rest[#rest + 1] = "top = 100" end
  return rule(info, list, rest)
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
  return { source = HEAD .. write(info, decoder),
    why = ("%s: %s"):format(decoder.name, decoder.why) }
end

return rule_text
