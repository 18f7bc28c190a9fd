-- Collectors: functions that emit samples. The samples are grouped by family and label names, and
-- written to the page when the function has returned.

local buckets = require("lunette.metrics.buckets")
local core = require("lunette.core.metrics")
local errors = require("lunette.runtime.errors")
local names = require("lunette.metrics.names")
local strict = require("lunette.runtime.strict")

local collect = {}

local LIMIT = 10000 -- series per family

local Emitter = {}
Emitter.__index = Emitter

local function check(condition, format, ...)
  if not condition then error(format:format(...), 4) end
end

local function sorted_names(labels)
  local list = {}
  for name in pairs(labels) do
    check(type(name) == "string", "labels: a name must be a string, not %s", tostring(name))
    list[#list + 1] = name
  end
  table.sort(list)
  return list
end

local FAMILY = strict.set "name type help unit bounds"
local SAMPLE = strict.set "name type help unit bounds value labels counts sum"
local OF_HISTOGRAM = { "bounds", "counts", "sum" }

local function check_fields(spec, known, what)
  check(type(spec) == "table", "%s: needs a table", what)
  local field = strict.unknown(spec, known)
  if field then
    check(false, "%s: no field '%s'%s", what, tostring(field), strict.hint(field, known))
  end
  for _, one in ipairs { "type", "help", "unit" } do
    check(spec[one] == nil or type(spec[one]) == "string", "%s: %s must be a string", what, one)
  end
  check(spec.labels == nil or type(spec.labels) == "table", "%s: labels must be a table", what)
end

local function bounds_of(spec)
  local bounds, err = buckets.bounds { kind = "fixed", bounds = spec.bounds or {} }
  check(bounds, "%s: %s", spec.name, bounds == nil and spec.bounds == nil
    and "a histogram needs bounds" or err)
  return bounds
end

local function same_bounds(a, b)
  if #a ~= #b then return false end
  for i, bound in ipairs(a) do
    if b[i] ~= bound then return false end
  end
  return true
end

local function check_again(family, spec)
  check(spec.type == nil or family.type == spec.type, "%s is %s already", family.family,
    family.type == "info" and "an info" or "a " .. family.type)
  check(spec.bounds == nil or same_bounds(family.bounds, bounds_of(spec)),
    "%s has other bounds already", family.family)
end

-- The family with that declaration; made when it is new.
local function declare(self, spec)
  local err = names.metric_error(spec.name)
  check(not err, "%s", err)
  local known = self.by_name[spec.name]
  local kind = spec.type or known and known.type or "gauge"
  check(names.is_type(kind), "type: no '%s'", kind)
  check(kind ~= "summary", "type: a collector has no summaries, but histograms")
  for _, field in ipairs(OF_HISTOGRAM) do
    check(spec[field] == nil or kind == "histogram", "%s: %s is for a histogram", spec.name, field)
  end
  local base = names.family(spec.name, kind, spec.unit or known and known.unit)
  local family = self.families[base]
  if family then
    check_again(family, spec)
    return family
  end
  err = names.metric_error(base)
  check(not err, "%s", err)
  family = { family = base, type = kind, help = spec.help or "", unit = spec.unit, sets = {},
    bounds = kind == "histogram" and bounds_of(spec) or nil, order = #self.list + 1 }
  self.families[base] = family
  self.by_name[spec.name] = family
  self.list[family.order] = family
  return family
end

local function text_of(name, value)
  local text, err = names.label_text(value)
  check(text, "label '%s' %s", tostring(name), err)
  return text
end

-- Sets the label values in the order of the set's names; false when the sample has other labels.
local function fits(set, labels)
  local wanted, values = set.names, set.values
  local n = 0
  for _ in next, labels do n = n + 1 end
  if n ~= #wanted then return false end
  for i = 1, n do
    local value = labels[wanted[i]]
    if value == nil then return false end
    values[i] = type(value) == "string" and value or text_of(wanted[i], value)
  end
  return true
end

local function find_set(self, family, list)
  local signature = table.concat(list, "\0")
  local set = family.sets[signature]
  if set then return set end
  for _, name in ipairs(list) do
    local err = names.label_error(name, family.type)
    check(not err, "%s", err)
  end
  local cells, n = {}, family.bounds and #family.bounds + 2 or 1
  for i = 1, n do cells[i] = "first" end
  set = { names = list, values = {},
    groups = core.groups { labels = #list, cells = cells, limit = self.limit } }
  set.slot = core.slot(set.groups, list)
  family.sets[signature] = set
  return set
end

-- The label set of a sample, with its values. Usually that of the previous sample, because
-- collectors emit in loops.
local function set_of(self, family, labels)
  local set = family.last
  if set and fits(set, labels) then return set end
  set = find_set(self, family, sorted_names(labels))
  family.last = set
  fits(set, labels)
  return set
end

local function duplicate(self, family, set)
  local parts = {}
  for i, name in ipairs(set.names) do parts[i] = ("%s=%q"):format(name, set.values[i]) end
  self.problem(("%s{%s} was given twice"):format(family.family, table.concat(parts, ",")))
end

-- By type: returns the error of a sample, or nil.
local WRONG = {
  counter = function(value)
    return (value < 0 or value ~= value) and "a counter must be 0 or more" or nil
  end,
  info = function(value) return value ~= 1 and "the value of an info must be 1" or nil end,
  stateset = function(value, labels, name)
    if value ~= 0 and value ~= 1 then return "the value of a state must be 0 or 1" end
    return labels[name] == nil and ("needs the state as label '%s'"):format(name) or nil
  end,
}

local function add(self, family, value, labels)
  local kind = type(value)
  if kind == "boolean" then value = value and 1 or 0 end
  check(kind == "number" or kind == "boolean", "%s: the value must be a number, not %s",
    family.family, kind)
  check(family.type ~= "histogram", "%s: a histogram needs emit{ …, bounds, counts, sum }",
    family.family)
  local wrong = WRONG[family.type]
  wrong = wrong and wrong(value, labels, family.family)
  if wrong then return self.problem(("%s: %s"):format(family.family, wrong)) end
  local set = set_of(self, family, labels)
  local ok, why = set.groups:add(1, value, table.unpack(set.values))
  if not ok and why == "taken" then duplicate(self, family, set) end
end

-- Adds { bounds, counts (one more than bounds), sum }; the counts are per bucket, not cumulative.
local function add_histogram(self, family, spec)
  check(spec.value == nil, "%s: a histogram has counts, not a value", family.family)
  check(spec.sum == nil or type(spec.sum) == "number", "%s: sum must be a number", family.family)
  check(type(spec.counts) == "table" and #spec.counts == #family.bounds + 1,
    "%s: needs counts, one more than bounds", family.family)
  for _, count in ipairs(spec.counts) do
    check(type(count) == "number" and count >= 0, "%s: counts must be numbers of 0 or more",
      family.family)
  end
  local set = set_of(self, family, spec.labels or {})
  for i, count in ipairs(spec.counts) do
    local ok, why = set.groups:add(i, count, table.unpack(set.values))
    if not ok and why == "taken" then return duplicate(self, family, set) end
  end
  set.groups:add(#family.bounds + 2, spec.sum or 0, table.unpack(set.values))
end

-- emit(name, value [, labels]), or emit{ name, type, help, unit, value, labels }. A sample like the
-- previous one is taken by C directly.
local function emit(self, name, value, labels)
  if type(name) == "table" then
    local spec = name
    check_fields(spec, SAMPLE, "emit")
    local family = declare(self, spec)
    if family.type == "histogram" then return add_histogram(self, family, spec) end
    local fallback = family.type == "info" and 1 or nil
    return add(self, family, spec.value == nil and fallback or spec.value, spec.labels or {})
  end
  check(labels == nil or type(labels) == "table", "emit: labels must be a table, not %s",
    type(labels))
  local family = self.by_name[name] or declare(self, { name = name })
  add(self, family, value, labels or {})
  self.slots[name] = family.type ~= "histogram" and family.last.slot or nil
end

-- The running line of the collector's script; "" for built-in collectors.
local function script_place()
  for level = 3, 20 do
    local info = debug.getinfo(level, "Slf")
    if not info or info.func == xpcall then return "" end
    if info.currentline > 0 and not info.source:find("lunette/metrics/", 1, true) then
      return ("%s:%d: "):format(info.short_src, info.currentline)
    end
  end
  return ""
end

-- The message with its place, and the traceback down to the collector's code.
local function trace(err)
  local message = errors.text(err):gsub("^[^\n]*lunette/metrics/[%w_]+%.lua:%d+: ", "")
  if not message:find("^[^\n]*:%d+: ") then message = script_place() .. message end
  local lines = {}
  for line in debug.traceback(message, 2):gmatch("[^\n]+") do
    if line:find("in function 'xpcall'", 1, true) then break end
    lines[#lines + 1] = line
  end
  return table.concat(lines, "\n")
end

--- Runs a collector's function. Its samples are added to the list of families; samples before an
--- error are kept.
---@param list table[]
---@param fn fun(emit: any)
---@param limit integer|nil
---@param problem fun(message: string)
---@return string|nil err
function collect.run(list, fn, limit, problem)
  local self = setmetatable({ families = {}, by_name = {}, list = list, limit = limit or LIMIT,
    problem = problem, slots = {} }, Emitter)
  local emitter = setmetatable({
    family = function(spec)
      check_fields(spec, FAMILY, "emit.family")
      declare(self, spec)
    end,
  }, { __call = core.emitter(self.slots, function(...) emit(self, ...) end) })
  local ok, err = xpcall(fn, trace, emitter)
  return not ok and tostring(err) or nil
end

return collect
