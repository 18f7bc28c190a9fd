-- Fields of a rule and its metrics: their names, types and allowed combinations. A misspelt field,
-- or one without effect, is an error that names it.

local names = require("lunette.metrics.names")
local strict = require("lunette.runtime.strict")

local fields = {}

fields.METRIC = strict.set [[name type help unit from divide multiply value buckets bucket slots sum
  quantiles states]]
fields.RULE = strict.set [[match labels static metrics rule cpus aggregate top by max_series
  expire reset filter relabel skip_zero decode exemplar]]
fields.BUCKETS = strict.set "kind min max step bounds keys sum unit"
local DECODE = strict.set "key value"

local ALL = {}
for _, set in ipairs { fields.METRIC, fields.RULE } do
  for field in pairs(set) do ALL[field] = true end
end

-- Fields of only one type of metric.
local ONLY = { buckets = "histogram", bucket = "histogram", slots = "histogram",
  sum = "histogram", quantiles = "summary", states = "stateset" }

local function check(condition, format, ...)
  if not condition then error(format:format(...), 0) end
end

local function check_known(given, known, what)
  local field = strict.unknown(given, known)
  if field == nil then return end
  check(false, "no field '%s' in %s%s", tostring(field), what, strict.hint(field, known))
end

local function check_table(value, what, form)
  check(value == nil or type(value) == "table", "%s: must be %s, not %s", what, form, type(value))
end

local function check_string(value, what)
  check(value == nil or (type(value) == "string" and value ~= ""), "%s: must be a string", what)
end

-- The fields of `buckets` that each kind uses, besides kind, sum and unit.
local BY_KIND = {
  log2 = strict.set "min max", hist = strict.set "max", lhist = strict.set "min max step",
  exp2 = strict.set "min max", exp2zero = strict.set "min max",
  linear = strict.set "min max step", fixed = strict.set "bounds keys",
}
local OF_ALL_KINDS = strict.set "kind sum unit"

local function check_buckets(m)
  local spec = m.buckets
  if type(spec) ~= "table" then return end
  check_known(spec, fields.BUCKETS, "buckets")
  for _, field in ipairs(strict.names(BY_KIND[spec.kind] and spec or {})) do
    check(OF_ALL_KINDS[field] or BY_KIND[spec.kind][field],
      "buckets: %s has no effect with the kind '%s'", field, spec.kind)
  end
  check(spec.sum == nil or m.bucket ~= nil, "buckets: sum is the number of a bucket: name the "
    .. "bucket, or give the sum its own expression")
  check(spec.sum == nil or m.sum == nil, "sum and buckets.sum: one of them")
end

-- A histogram counts by bucket or by slots, or observes each value.
local function check_histogram(m)
  check_buckets(m)
  check(m.bucket == nil or m.slots == nil, "bucket and slots: one of them")
  check(m.slots == nil or m.value == nil, "value: has no effect with slots, which are the counts")
  check(m.sum == nil or m.bucket ~= nil or m.slots ~= nil,
    "sum: without bucket and slots the observed values are summed up")
  check(m.value ~= 1, "value: of a histogram a column, not 1")
end

local NO_NUMBER = { info = true, stateset = true } -- their samples are 0 or 1

--- Checks a metric's own fields.
---@param m table
function fields.check_metric(m)
  for _, field in ipairs(strict.names(ONLY)) do
    check(m[field] == nil or m.type == ONLY[field], "%s: for a metric of type \"%s\" alone", field,
      ONLY[field])
  end
  if m.type == "histogram" then check_histogram(m) end
  check(m.type ~= "info" or m.value == nil or m.value == 1, "value: an info is always 1")
  check(m.value ~= 1 or (m.type ~= "stateset" and m.type ~= "summary"),
    "value: of a %s a column, not 1", tostring(m.type))
  for _, field in ipairs { "from", "divide", "multiply" } do
    check(m[field] == nil or not NO_NUMBER[m.type], "%s: a metric of type %s has no unit", field,
      tostring(m.type))
    check(m[field] == nil or m.value ~= 1, "%s: has no effect on the constant 1", field)
  end
  check(not (m.divide and m.multiply), "divide and multiply: one of them")
  check(m.from == nil or not (m.divide or m.multiply), "from, divide, multiply: one of them")
  check(m.from == nil or m.unit ~= nil, "from: needs a unit (\"seconds\", \"bytes\", \"ratio\")")
end

--- Checks a rule's fields: names and types.
---@param spec table
function fields.check_rule(spec)
  check(spec.percpu == nil, "percpu: is called cpus; its \"cpu\" is \"each\"")
  check_known(spec, ALL, "a rule")
  check_string(spec.rule, "rule")
  check_table(spec.labels, "labels", "a table of label = where from")
  check_table(spec.static, "static", "a table of label = text")
  check_table(spec.metrics, "metrics", "a list")
  if type(spec.decode) == "table" then check_known(spec.decode, DECODE, "decode") end
  for _, field in ipairs(strict.names(spec.metrics and fields.METRIC or {})) do
    check(spec[field] == nil, "%s: stands in each of metrics = { … }", field)
  end
  for key in pairs(spec.metrics or {}) do
    check(math.type(key) == "integer", "metrics: must be a list, it has a field '%s'",
      tostring(key))
  end
  for _, m in ipairs(spec.metrics or {}) do
    if type(m) == "table" then check_known(m, fields.METRIC, "one of several metrics") end
  end
  for label, pattern in pairs(type(spec.filter) == "table" and spec.filter or {}) do
    check(type(pattern) == "string", "filter: the pattern of label '%s' must be a string",
      tostring(label))
  end
end

local function any_of(metrics, ...)
  for _, metric in ipairs(metrics) do
    for _, kind in ipairs { ... } do
      if metric.type == kind then return true end
    end
  end
  return false
end

--- Checks that each field of the rule has an effect on one of its metrics.
---@param spec table
---@param metrics table[]
---@param each_cpu boolean a label is the CPU's number
function fields.check_effect(spec, metrics, each_cpu)
  local first = metrics[1]
  check(spec.aggregate == nil or any_of(metrics, "counter", "gauge", "unknown"),
    "aggregate: has no effect on a %s", first.type)
  check(spec.reset == nil or any_of(metrics, "counter", "histogram"),
    "reset: has no effect without a counter or a histogram")
  check(spec.exemplar == nil or any_of(metrics, "counter", "histogram"),
    "exemplar: only a counter or a histogram has exemplars")
  check(not spec.skip_zero or not (first.slots or first.states or first.type == "info"
    or first.value and first.value.from == "one"),
    "skip_zero: has no effect, the first metric has no number of its own")
  check(spec.cpus == nil or spec.cpus == "each" or not each_cpu,
    "cpus: '%s' has no effect beside the label cpu, which has a series for each CPU",
    tostring(spec.cpus))
  check(spec.by == nil or #metrics > 1, "by: has no effect in a rule of one metric")
end

--- Checks that no two metrics of a rule have a sample of the same name.
---@param metrics table[]
function fields.check_apart(metrics)
  local taken = {}
  for i, metric in ipairs(metrics) do
    for _, name in ipairs(names.samples(metric.family, metric.type)) do
      check(not taken[name] or taken[name] == i, "metrics: two of them have samples called '%s'",
        name)
      taken[name] = i
    end
  end
end

return fields
