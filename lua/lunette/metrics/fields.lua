-- Which fields a rule and its metrics may have, and what they may be: what is misspelt or would
-- be without effect is told by its name.

local names = require("lunette.metrics.names")
local strict = require("lunette.runtime.strict")

local fields = {}

fields.METRIC = strict.set [[name type help unit from divide multiply value buckets bucket slots sum
  quantiles states]]
fields.RULE = strict.set [[match labels static metrics rule percpu aggregate top by max_series
  expire reset filter relabel skip_zero decode exemplar]]
fields.BUCKETS = strict.set "kind min max step bounds keys sum unit"
local DECODE = strict.set "key value"

local ALL = {}
for _, set in ipairs { fields.METRIC, fields.RULE } do
  for field in pairs(set) do ALL[field] = true end
end

-- Fields of one type of metrics alone.
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

--- A metric's own fields.
---@param m table
function fields.check_metric(m)
  for _, field in ipairs(strict.names(ONLY)) do
    check(m[field] == nil or m.type == ONLY[field], "%s: for a metric of type \"%s\" alone", field,
      ONLY[field])
  end
  if type(m.buckets) == "table" then check_known(m.buckets, fields.BUCKETS, "buckets") end
  check(not (m.divide and m.multiply), "divide and multiply: one of them")
  check(m.from == nil or m.unit ~= nil, "from: needs a unit (\"seconds\", \"bytes\", \"ratio\")")
end

--- All of a rule's, and that each is of the form that it is to have.
---@param spec table
function fields.check_rule(spec)
  check_known(spec, ALL, "a rule")
  check_string(spec.rule, "rule")
  check_table(spec.labels, "labels", "a table of label = where from")
  check_table(spec.static, "static", "a table of label = text")
  check_table(spec.metrics, "metrics", "a list")
  if type(spec.decode) == "table" then check_known(spec.decode, DECODE, "decode") end
  for _, field in ipairs(strict.names(spec.metrics and fields.METRIC or {})) do
    check(spec[field] == nil, "%s: stands in each of metrics = { … }", field)
  end
  for _, m in ipairs(spec.metrics or {}) do
    if type(m) == "table" then check_known(m, fields.METRIC, "one of several metrics") end
  end
  for label, pattern in pairs(type(spec.filter) == "table" and spec.filter or {}) do
    check(type(pattern) == "string", "filter: the pattern of label '%s' must be a string",
      tostring(label))
  end
end

--- That no two metrics of a rule have a sample's name in common.
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
