-- Checks a rule and brings it into one form. Mistakes are errors when the script loads; mistakes
-- that only show with a map are found at the scrape.

local buckets = require("lunette.metrics.buckets")
local decoders = require("lunette.metrics.decoders")
local decode_match = require("lunette.decode.match")
local combinators = require("lunette.decode.combinators")
local exemplar = require("lunette.metrics.exemplar")
local expr = require("lunette.metrics.expr")
local fields = require("lunette.metrics.fields")
local names = require("lunette.metrics.names")
local cpus = require("lunette.decode.cpus")
local relabel = require("lunette.metrics.relabel")
local units = require("lunette.metrics.units")

local rule = {}

local AGGREGATES = { sum = true, min = true, max = true, last = true }

rule.MAX_SERIES = 10000

local function check(condition, format, ...)
  if not condition then error(format:format(...), 0) end
end

local function check_text(value, what)
  check(value == nil or type(value) == "string", "%s: must be a string", what)
end

local function positive(value, what)
  check(value == nil or (type(value) == "number" and value > 0), "%s: must be a number above 0",
    what)
  return value
end

-- The divisor from a field's unit to the metric's.
local function conversion(from, unit, field)
  check(from == nil or type(from) == "string", "%s: must be text, such as \"ns\"", field)
  local divisor, err = units.divisor(from, unit)
  check(divisor, "%s = %q: %s", field, from, err)
  return divisor
end

local function divisor_of(m)
  if m.divide then return positive(m.divide, "divide") end
  if m.multiply then return 1 / positive(m.multiply, "multiply") end
  return conversion(m.from, m.unit, "from")
end

local function read_expr(e, what)
  local parsed, err = expr.parse(e, decoders)
  check(parsed, "%s: %s", what, err)
  return parsed
end

-- The same for a number, which only entries have.
local function read_number(e, what)
  local parsed = read_expr(e, what)
  check(parsed.from ~= "cpu" and parsed.from ~= "fact",
    "%s: '%s' is no number of an entry; it may be a label", what, tostring(e))
  check(not parsed.decoders, "%s: takes no decoders, only labels do", what)
  check(not parsed.raw or parsed.raw == "number" and what ~= "slots",
    "%s: of raw bytes only a number (raw = \"number\")", what)
  return parsed
end

local function read_buckets(metric, m)
  local spec = m.buckets
  check(type(spec) == "table", "a histogram needs buckets = { kind = … }")
  local bounds, first = buckets.bounds(spec)
  check(bounds, "%s", first)
  local unit_divisor = spec.unit and conversion(spec.unit, m.unit, "buckets.unit") or divisor_of(m)
  metric.raw_bounds, metric.first, metric.sum_index = bounds, first, spec.sum
  metric.by_bound = spec.keys ~= nil
  metric.bounds = {}
  for i, bound in ipairs(bounds) do metric.bounds[i] = bound / unit_divisor end
  if m.bucket then metric.bucket = read_number(m.bucket, "bucket") end
  if m.slots then metric.slots = read_number(m.slots, "slots") end
  if m.sum then metric.sum = read_number(m.sum, "sum") end
  check(metric.bucket or not spec.keys, "buckets: keys are numbers of buckets, name the bucket")
end

local function read_quantiles(metric, m)
  metric.quantiles = m.quantiles or { 0.5, 0.9, 0.99 }
  check(type(metric.quantiles) == "table", "quantiles: must be a list")
  for i, q in ipairs(metric.quantiles) do
    check(type(q) == "number" and q >= 0 and q <= 1, "quantiles: each between 0 and 1")
    check(i == 1 or q > metric.quantiles[i - 1], "quantiles: must go up")
  end
end

-- Sorts numbers before texts.
local function in_order(a, b)
  local x, y = a.value, b.value
  if type(x) == type(y) then return x < y end
  return type(x) == "number"
end

local function read_states(metric, m)
  check(type(m.states) == "table" and next(m.states), "a stateset needs states = { … }")
  metric.states = {}
  local taken = {}
  for value, name in pairs(m.states) do
    name = tostring(name)
    check(not taken[name], "states: '%s' is there twice", name)
    taken[name] = true
    metric.states[#metric.states + 1] = { value = value, name = name }
  end
  table.sort(metric.states, in_order)
end

local READ_TYPE = { histogram = read_buckets, summary = read_quantiles, stateset = read_states }

local function read_metric(m)
  local err = names.metric_error(m.name)
  check(not err, "%s", err)
  local kind = m.type or "gauge"
  check(names.is_type(kind), "type: no '%s'", tostring(kind))
  fields.check_metric(m)
  check_text(m.help, "help")
  check_text(m.unit, "unit")
  check(m.unit == nil or (kind ~= "info" and kind ~= "stateset"), "a metric of type %s has no unit",
    kind)
  local metric = { type = kind, help = m.help or "", unit = m.unit, divisor = divisor_of(m),
    family = names.family(m.name, kind, m.unit) }
  if m.value ~= nil then
    check(type(m.value) ~= "number" or m.value == 1, "value: the only constant is 1")
    metric.value = m.value == 1 and { from = "one" } or read_number(m.value, "value")
  end
  err = names.metric_error(metric.family)
  check(not err, "unit '%s': %s", tostring(m.unit), err)
  check(not names.is_own(metric.family), "name: those with lunette_ are Lunette's own")
  if READ_TYPE[kind] then READ_TYPE[kind](metric, m) end
  return metric
end

local function read_metrics(spec)
  if spec.metrics == nil then return { read_metric(spec) } end
  check(type(spec.metrics) == "table" and #spec.metrics > 0, "metrics: must be a list")
  local list = {}
  for i, m in ipairs(spec.metrics) do
    check(type(m) == "table", "metrics: must be a list of tables")
    list[i] = read_metric(m)
    check(list[i].type ~= "stateset" and list[i].type ~= "summary",
      "a %s has a rule of its own", list[i].type)
  end
  return list
end

local function check_labels(list, metrics)
  for _, label in ipairs(list) do
    for _, metric in ipairs(metrics) do
      local err = names.label_error(label.name, metric.type)
      check(not err, "%s", err)
      check(metric.type ~= "stateset" or label.name ~= metric.family,
        "label '%s' is the state set's own", label.name)
    end
  end
end

local function by_name(a, b) return a.name < b.name end

-- labels and static as one list, sorted by name: { name, expr } or { name, text }.
local function read_labels(spec, metrics)
  local list, taken = {}, {}
  for name, e in pairs(spec.labels or {}) do
    list[#list + 1] = { name = name, expr = read_expr(e, "label " .. tostring(name)) }
    taken[name] = true
  end
  for name, text in pairs(spec.static or {}) do
    check(not taken[name], "label '%s' is given twice", tostring(name))
    local shown, err = names.label_text(text)
    check(shown, "static: label '%s' %s", tostring(name), err)
    list[#list + 1] = { name = name, text = shown }
  end
  check_labels(list, metrics)
  table.sort(list, by_name)
  return list
end

local function read_match(spec)
  local want = spec.match
  if type(want) == "string" then want = { name = want } end
  if math.type(want) == "integer" then want = { id = want } end
  check(want ~= nil, "needs a match: which maps it is for")
  check(type(want) ~= "table" or next(want), "match: needs a condition")
  decode_match.check(want, 0)
  return want
end

local function check_part(part, what)
  check(part == nil or type(part) == "function" or combinators.is_node(part),
    "%s: must be made by lunette.decode, or be a function of the bytes", what)
end

local function read_decode(spec)
  if spec.decode == nil then return nil end
  check(type(spec.decode) == "table", "decode: must be { key = …, value = … }")
  check_part(spec.decode.key, "decode.key")
  check_part(spec.decode.value, "decode.value")
  return spec.decode
end

local function read_budget(spec, r)
  r.top = positive(spec.top, "top")
  check(r.top == nil or math.tointeger(r.top), "top: must be a whole number")
  r.max_series = positive(spec.max_series, "max_series") or rule.MAX_SERIES
  check(r.max_series == math.huge or math.tointeger(r.max_series),
    "max_series: must be a whole number, or math.huge")
  r.expire = positive(spec.expire, "expire")
  check(spec.cpus == nil or spec.cpus == "each" or cpus.WAYS[spec.cpus],
    "cpus: unknown method '%s' (each, sum, min, max, avg, last)", tostring(spec.cpus))
  check(spec.aggregate == nil or AGGREGATES[spec.aggregate], "aggregate: no '%s'",
    tostring(spec.aggregate))
  check(spec.skip_zero == nil or type(spec.skip_zero) == "boolean",
    "skip_zero: must be true or false")
  r.cpus, r.aggregate, r.skip_zero = spec.cpus, spec.aggregate, spec.skip_zero
  check(spec.reset == nil or spec.reset == "hold" or spec.reset == "show",
    "reset: 'hold' or 'show'")
  r.reset = spec.reset
end

local function which_metric(by, metrics)
  if by == nil then return 1 end
  for i, metric in ipairs(metrics) do
    if metric.family == by or names.classic(metric.family, metric.type) == by then return i end
  end
  check(false, "by: no metric '%s' in this rule", tostring(by))
end

local function check_functions(spec)
  check(spec.exemplar == nil or type(spec.exemplar) == "function",
    "exemplar: must be a function")
  check(spec.filter == nil or type(spec.filter) == "function" or type(spec.filter) == "table",
    "filter: must be a function of key and value, or a table of patterns by label")
end

local function take_cells(cells, metric, n, merge)
  local first = #cells.merges + 1
  for i = first, first + n - 1 do
    cells.merges[i] = merge
    cells.counters[i] = metric.type == "counter" or metric.type == "histogram"
  end
  return first
end

local ONLY_ONE = { info = true, stateset = true }

-- Assigns each metric its cells in the groups: { merges, counters } by cell.
local function layout(metrics, aggregate)
  local cells = { merges = {}, counters = {} }
  for _, metric in ipairs(metrics) do
    local marks = metric.bounds or metric.quantiles
    local n = marks and #marks + 1 or 1
    local merge = ONLY_ONE[metric.type] and "max" or not metric.bounds and aggregate or "sum"
    metric.n = n
    metric.cell = take_cells(cells, metric, n, merge)
    local observed = metric.bounds and not metric.bucket and not metric.slots
    if observed or metric.sum or metric.sum_index or metric.quantiles then
      metric.sum_cell = take_cells(cells, metric, 1, "sum")
    end
  end
  return cells
end

local function uses_cpu(labels)
  for _, label in ipairs(labels) do
    if label.expr and label.expr.from == "cpu" then return true end
  end
  return false
end

-- True when a field holds a Lua function; nodes of decoders do not count.
local function has_function(value)
  if type(value) == "function" then return true end
  if type(value) ~= "table" or getmetatable(value) then return false end
  for _, item in pairs(value) do
    if has_function(item) then return true end
  end
  return false
end

local function build(spec)
  check(type(spec) == "table", "must be a table")
  fields.check_rule(spec)
  check_functions(spec)
  local metrics = read_metrics(spec)
  fields.check_apart(metrics)
  local cells = layout(metrics, spec.aggregate)
  local r = { metrics = metrics, match = read_match(spec), labels = read_labels(spec, metrics),
    decode = read_decode(spec), cells = cells, filter = spec.filter, exemplar = spec.exemplar,
    by = which_metric(spec.by, metrics) }
  read_budget(spec, r)
  r.each_cpu = uses_cpu(r.labels) or r.cpus == "each"
  fields.check_effect(spec, metrics, r.each_cpu)
  if r.cpus == "each" and not uses_cpu(r.labels) then
    r.labels[#r.labels + 1] = { name = "cpu", expr = { from = "cpu" } }
    table.sort(r.labels, by_name)
  end
  r.relabel = relabel.compile(spec.relabel, spec.filter, r.labels,
    metrics[1].states and metrics[1].family)
  r.exemplar_metric = r.exemplar and exemplar.metric(metrics)
  r.name = spec.rule or names.classic(metrics[1].family, metrics[1].type)
  r.type, r.help = metrics[1].type, metrics[1].help
  for field, value in pairs(spec) do
    r.has_function = r.has_function or field ~= "match" and has_function(value)
  end
  return r
end

--- Reads a rule. Raises a plain message when it is wrong.
---@param spec table
function rule.read(spec)
  local ok, result = pcall(build, spec)
  if ok then return result end
  local name = type(spec) == "table" and (spec.rule or spec.name)
  error(("metrics.map%s: %s"):format(name and (" '%s'"):format(tostring(name)) or "",
    tostring(result):gsub("^.-%.lua:%d+: ", "")), 0)
end

return rule
