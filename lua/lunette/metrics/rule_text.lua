-- Writes a metrics rule for a map: each number of the value becomes a metric, an array of slots or
-- bpftrace's buckets a histogram, each column of the key a label. A value without numbers becomes
-- an info metric; for a map that can't be walked, its fill level is exported. The author fills in
-- the names that the decoder does not know.

local bpf = require("bpf")
local cells = require("lunette.table.cells")
local names = require("lunette.metrics.rule_names")

local rule_text = {}

local MOST_WORDS = 8 -- of a value without a decoder

-- { "name = …" … } as lines of a table constructor.
local function lines(fields, indent)
  local list = {}
  for i, field in ipairs(fields) do list[i] = indent .. field .. ",\n" end
  return table.concat(list)
end

local function help_of(info, what, unit)
  return ("help = %q"):format(("%s of the map %s%s."):format(what, info.name,
    unit and (", in " .. unit) or ""))
end

-- A list of the arguments that are not nil.
local function fields_of(...)
  local list, given = {}, table.pack(...)
  for i = 1, given.n do list[#list + 1] = given[i] end
  return list
end

local function option(name, value) return value and ("%s = %q"):format(name, value) or nil end

local function number(info, column, alone, kind)
  local metric = names.describe(column, info.name, alone, kind)
  return fields_of(option("name", metric.name), option("type", metric.type),
    help_of(info, column.name, column.unit), option("from", metric.from),
    option("unit", metric.unit), ("value = %q"):format("value." .. column.name))
end

-- The number beside an array of slots that is named a sum, if it is the only one.
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
  local name = alone and names.metric(info.name) or names.metric(info.name, column.name)
  return fields_of(option("name", name), 'type = "histogram"', help_of(info, column.name),
    ("slots = %q"):format("value." .. column.name),
    sum and ("sum = %q"):format("value." .. sum.name) or nil,
    ("buckets = { kind = \"log2\", max = %d }"):format(column.count - 2))
end

-- bpftrace's hist() and lhist(): the last part of the key is the bucket.
local function bpftrace_histogram(info, map)
  local kind = map.aggregate
  local bounds = kind == "lhist"
    and (", min = %d, max = %d, step = %d"):format(map.low, map.high, map.step) or ""
  return { option("name", names.metric(info.name)), 'type = "histogram"',
    help_of(info, kind .. "()"), 'bucket = "key.bucket"',
    ("buckets = { kind = %q%s }"):format(kind, bounds) }
end

local function is_slots(column)
  return column.type == "array" and column.histogram == "log2" and (column.count or 0) > 2
end

-- The type of bpftrace's aggregates: counters when they only grow and add unsigned numbers.
local function bpftrace_kind(map, column)
  local grows = map and (map.aggregate == "count"
    or map.aggregate == "sum" and column.type:sub(1, 1) == "u")
  return grows and "counter" or nil
end

-- True for numbers that are amounts, not identifiers.
local function is_number(column)
  return cells.numeric(column.type) and column.type ~= "pointer" and column.name ~= "cookie"
end

-- The fields of each metric, by the value's columns; and whether they are histograms.
local function metrics_of(info, decoder)
  local columns, list, histograms = decoder.columns.value, {}, {}
  for _, column in ipairs(columns) do
    if is_slots(column) then histograms[#histograms + 1] = column end
  end
  local sum = #histograms == 1 and sum_of(columns) or nil
  for _, column in ipairs(histograms) do
    list[#list + 1] = slots(info, column, sum, #columns == (sum and 2 or 1))
  end
  for _, column in ipairs(columns) do
    if is_number(column) and column ~= sum then
      list[#list + 1] = number(info, column, #columns == 1,
        bpftrace_kind(decoder.bpftrace, column))
    end
  end
  return list, #histograms > 0
end

-- The words of a value without a decoder, for the author to choose and to name.
local function words(info)
  local parts, list = {}, {}
  for i = 0, math.min(info.value_size // 8, MOST_WORDS) - 1 do
    parts[i + 1] = ("d.u64():as(\"word_%d\")"):format(i)
    list[i + 1] = number(info, { name = "word_" .. i }, false)
  end
  return list, ("decode = { value = d.struct { %s } }"):format(table.concat(parts, ", "))
end

-- The key's columns; a map with a single possible key needs no label.
local function key_columns(info, decoder)
  local columns, map = decoder.columns.key, decoder.bpftrace
  local alone = info.max_entries == 1
    or map and #map.keys == 0 and #columns == 1 and columns[1].name == "key"
  return alone and {} or columns
end

local function labels(columns, without, more)
  local parts, taken = {}, {}
  for _, column in ipairs(columns) do
    if column.name ~= without then
      parts[#parts + 1] = ("%s = %q"):format(
        names.unique(taken, names.label(column.name)), "key." .. column.name)
    end
  end
  for _, column in ipairs(more or {}) do
    parts[#parts + 1] = ("%s = %q"):format(
      names.unique(taken, names.label(column.name)), "value." .. column.name)
  end
  return #parts > 0 and ("labels = { %s }"):format(table.concat(parts, ", ")) or nil
end

-- Makes equal names different.
local function tell_apart(list)
  local taken = {}
  for _, metric in ipairs(list) do
    metric[1] = option("name", names.unique(taken, metric[1]:match('"(.*)"')))
  end
end

-- A single metric is written into the rule itself, several as a list; all are computed in one pass.
local function rule(info, list, rest)
  tell_apart(list)
  local fields = { ("match = { name = %q }"):format(info.name), table.unpack(rest) }
  if #list == 1 then
    return "metrics.map {\n" .. lines(list[1], "  ") .. lines(fields, "  ") .. "}\n"
  end
  local metrics = {}
  for i, metric in ipairs(list) do
    metrics[i] = ("    { %s },\n"):format(table.concat(metric, ", "))
  end
  return ("metrics.map {\n  rule = %q,\n"):format(names.metric(info.name)) .. lines(fields, "  ")
    .. "  metrics = {\n" .. table.concat(metrics) .. "  },\n}\n"
end

-- For a map without numbers: a metric with value 1 whose labels are the entry.
local function info_rule(info, columns)
  local texts = {}
  for _, column in ipairs(columns.value) do
    if column.type ~= "array" and column.type ~= "bytes" then texts[#texts + 1] = column end
  end
  if #texts == 0 then return nil end
  return rule(info, { { option("name", names.metric(info.name)), 'type = "info"',
    help_of(info, "Entries") } }, { labels(columns.key, nil, texts) })
end

local COUNTED = { queue = "Elements", stack = "Elements", ringbuf = "Bytes not yet consumed",
  user_ringbuf = "Bytes not yet consumed" }

-- For a map that can't be walked but whose fill level is known: a collector of that.
local function fill_collector(info)
  local name = names.metric(info.name, COUNTED[info.type] == "Elements" and "elements" or "bytes")
  return ([[
metrics.collect(%q, function(emit)
  emit.family { name = %q, help = %q }
  local fill = bpf.fill() or {}
  for _, info in ipairs(bpf.maps()) do
    if (info.full_name or info.name) == %q and info.type == %q and fill[info.id] then
      emit(%q, fill[info.id], { id = info.id })
    end
  end
end)
]]):format(name, name, ("%s in the map %s."):format(COUNTED[info.type], info.name), info.name,
    info.type, name)
end

local function refuse(info, why)
  error(("map %d (%s): %s"):format(info.id, info.name, why), 0)
end

local function options(info, decoder, many)
  local kind = decoder.bpftrace and decoder.bpftrace.aggregate
  local parts = kind == "avg" or kind == "stats" -- of different sizes: the greatest are one kind
  return info.per_cpu and not decoder.reduce and 'cpus = "sum"' or nil,
    not parts and many and "top = 100" or nil
end

local function write(info, decoder)
  local columns, map = decoder.columns, decoder.bpftrace
  local keys = key_columns(info, decoder)
  local cpus, top = options(info, decoder, #keys > 0)
  if map and (map.aggregate == "hist" or map.aggregate == "lhist" and map.step) then
    return rule(info, { bpftrace_histogram(info, map) },
      fields_of(cpus, labels(keys, "bucket")))
  end
  local list, histograms = metrics_of(info, decoder)
  local decode
  if #list == 0 and #columns.value == 1 and columns.value[1].type == "bytes"
    and info.value_size >= 8 then
    list, decode = words(info)
  end
  if #list == 0 then
    return info_rule(info, columns)
      or refuse(info, "no column of its value is a number; declare a decoder for it first")
  end
  return rule(info, list,
    fields_of(cpus, labels(keys), decode, not histograms and top or nil))
end

local function source_of(info, decoder)
  if not COUNTED[info.type] then
    local why = bpf.unreadable(info)
    if why then refuse(info, why) end
    return write(info, decoder)
  end
  return fill_collector(info)
end

local HEAD_BPF = [[
local bpf = require("bpf")
local metrics = require("lunette").metrics

]]

local HEAD = [[
local lunette = require("lunette")
local d, metrics = lunette.decode, lunette.metrics

]]

--- A rule that exports a map, as the schema's MetricRuleText.
---@param info table
---@param decoder table the decoder in force
---@return { source: string, why: string }
function rule_text.write(info, decoder)
  info = setmetatable({ name = info.full_name }, { __index = info })
  local head = COUNTED[info.type] and HEAD_BPF or HEAD
  return { source = head .. source_of(info, decoder),
    why = ("%s: %s"):format(decoder.name, decoder.why) }
end

return rule_text
