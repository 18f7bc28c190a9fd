-- A pass of one rule: reads its maps' entries into groups, within its budget, and writes them to
-- the page.

local compile = require("lunette.metrics.compile")
local core = require("lunette.core.metrics")
local errors = require("lunette.runtime.errors")
local exemplar = require("lunette.metrics.exemplar")
local maps = require("lunette.metrics.maps")
local sample_names = require("lunette.metrics.names")
local relabel = require("lunette.metrics.relabel")
local rule_status = require("lunette.metrics.rule_status")
local scan_lua = require("lunette.metrics.scan_lua")

local run = { waiting = 32768 } -- label sets that are collected before relabelling

local MOST_GROUPS = 1000000 -- label sets that a pass keeps to choose from
local STREAM_ABOVE = 10000 -- entries; a larger map is streamed when possible

local function names_of(rule)
  local list = {}
  for i, label in ipairs(rule.labels) do list[i] = label.name end
  if rule.metrics[1].states then list[#list + 1] = rule.metrics[1].family end
  return list
end

-- The limit of groups: unlimited when the budget must choose among all of them.
local function limit_of(rule)
  local chooses = rule.top or rule.expire or rule.relabel
  return chooses and MOST_GROUPS or math.min(rule.max_series, MOST_GROUPS)
end

local GROWS = { sum = true, max = true }

-- The metric that `top` sorts by; a histogram sorts by its count.
local function ranked_by(rule)
  local metric = rule.metrics[rule.by]
  return metric, metric.cell, metric.bounds and metric.n or 1
end

-- True when the largest series are known while entries arrive, so that the others need no memory.
local function can_rank(rule)
  local metric, cell = ranked_by(rule)
  return rule.top and not rule.expire and not metric.bounds and GROWS[rule.cells.merges[cell]]
end

-- Makes groups: for the largest ones only, or for all.
local function new_groups(rule, ranked)
  return core.groups { labels = #names_of(rule), cells = rule.cells.merges,
    limit = limit_of(rule), top = ranked and math.tointeger(rule.top // 1) or nil,
    by = select(2, ranked_by(rule)) }
end

local function note_outcome(rule, info, outcome)
  core.count(rule.name, "entries", outcome.entries)
  if outcome.errors > 0 then
    rule_status.problem(rule.name, ("map %d (%s): %s"):format(info.id, info.name, outcome.error),
      outcome.errors)
  end
  if outcome.truncated then
    rule_status.problem(rule.name, ("map %d (%s) changed too fast to be read to its end")
      :format(info.id, info.name))
  end
end

-- True when the rule needs all series at once, or the previous scrape's series.
local function gathers(rule)
  return rule.top or rule.expire or rule.exemplar or rule.reset
end

-- True when a map is streamed: it is too large to gather, and has one plain metric with one series
-- per entry.
local function can_stream(rule, compiled, alone)
  return alone and compiled.identity and not compiled.lua and #rule.metrics == 1
    and not rule.metrics[1].bounds and not gathers(rule)
    and rule.max_series > STREAM_ABOVE and compiled.info.max_entries > STREAM_ABOVE
    and compiled.cells[1].goes == "number"
end

local Pass = {}
Pass.__index = Pass

local function stream(self, compiled, map)
  local rule, metric = self.rule, self.rule.metrics[1]
  local number = self.scrape:family(rule.name, metric)
  if not number then return end
  local source, err = core.scan_text(compiled:spec(map, self.scrape.deadline), {
    name = sample_names.classic(metric.family, metric.type),
    labels = names_of(rule), divisor = metric.divisor, rule = rule.name,
    limit = rule.max_series < math.maxinteger and math.tointeger(rule.max_series // 1) or nil })
  if not source then
    rule_status.problem(rule.name, err)
    return
  end
  self.scrape.page:stream(number, source)
  self.scrape:streams(rule.name)
  rule_status.streams(rule.name)
  self.streamed = true
end

-- Gathers the largest or changed series when each entry is a series of its own; the others are not
-- kept. If strings with bytes after their end turn two entries into one series, the pass runs again
-- and keeps all.
local function gather_entries(self, spec)
  local rule = self.rule
  local most = math.min(rule.top or math.huge, rule.max_series)
  spec.top = most < MOST_GROUPS and math.tointeger(most // 1) or nil
  spec.by, spec.by_cells = select(2, ranked_by(rule))
  spec.expire = rule.expire
    and { rule = rule.name, began = self.began, seconds = rule.expire } or nil
  self.groups = new_groups(rule)
  local outcome, err, errno = core.scan(spec, self.groups)
  if not outcome or not outcome.blurred then
    self.expired = outcome and outcome.expired or 0
    return outcome, err, errno
  end
  self.groups = new_groups(rule, self.ranked)
  spec.top, spec.expire = nil, nil
  return core.scan(spec, self.groups)
end

-- With relabelling, entries are first gathered in separate groups: labels are changed once for many
-- entries.
local function drain(self)
  relabel.into(self.groups, self.rule.relabel, self.waiting, names_of(self.rule))
end

local function gather_by(self, compiled, map, alone)
  local rule, deadline = self.rule, self.scrape.ends
  local spec = not compiled.lua and compiled:spec(map, deadline)
  if spec and alone and compiled.identity and (self.ranked or rule.expire) then
    return gather_entries(self, spec)
  end
  self.groups = self.groups or new_groups(rule, self.ranked)
  local into, full = self.groups, nil
  if rule.relabel then
    self.waiting = self.waiting or new_groups(rule)
    into, full = self.waiting, function() drain(self) end
  end
  if spec then return core.scan(spec, into, full, run.waiting) end
  return scan_lua.run(compiled, map, into, deadline, full, run.waiting)
end

local function gather(self, compiled, map, alone)
  local outcome, err, errno = gather_by(self, compiled, map, alone)
  if not outcome then
    if errno ~= 2 then
      rule_status.problem(self.rule.name, ("map %d (%s): %s"):format(compiled.info.id,
        compiled.info.name, tostring(err)))
    end
    self.failed = errno ~= 2
    return
  end
  note_outcome(self.rule, compiled.info, outcome)
  self.failed = self.failed or (outcome.errors > 0 and outcome.errors >= outcome.entries)
  self.late = self.late or outcome.late
  self.aggregated = self.aggregated or not compiled.identity
end

local function read_map(self, info, alone)
  local map, err = maps.open(info)
  if not map then
    if err then
      rule_status.problem(self.rule.name, err)
      self.failed = true
    end
    return
  end
  local handle <close> = map
  local ok, compiled = pcall(compile.for_map, self.rule, info)
  if not ok then
    rule_status.problem(self.rule.name, ("map %d (%s): %s"):format(info.id, info.name, compiled))
    self.failed = true
  elseif can_stream(self.rule, compiled, alone) then
    stream(self, compiled, handle)
  else
    gather(self, compiled, handle, alone)
  end
end

local function export_series(self)
  local rule = self.rule
  local groups = self.groups or new_groups(rule)
  local _, refused, cut = groups:size()
  if self.waiting then cut = cut + select(3, self.waiting:size()) end
  local _, by, by_cells = ranked_by(rule)
  local hold = rule.reset == "hold" or (rule.reset == nil and self.aggregated or false)
  local exported = groups:export { rule = rule.name, began = self.began, now = core.now(),
    expire = rule.expire, top = rule.top, by = by, by_cells = by_cells,
    max = rule.max_series, counters = rule.cells.counters, hold = hold }
  local size, cut_top, cut_max, expired = exported:size()
  -- The scan has applied the smaller one of top and max_series.
  if not rule.top then cut_top, cut_max = 0, cut_max + cut_top end
  rule_status.cut(rule.name, "top", cut_top)
  rule_status.cut(rule.name, "max", cut_max + refused)
  rule_status.cut(rule.name, "expired", expired + (self.expired or 0))
  core.count(rule.name, "labels_cut", cut)
  return exported, size
end

local function view_of(rule, metric)
  local labels = {}
  for i, name in ipairs(names_of(rule)) do labels[i] = { name = name, index = i } end
  local shape = metric.bounds and "histogram" or metric.quantiles and "summary" or "plain"
  return { labels = labels, cell = metric.cell, divisor = metric.divisor, shape = shape,
    bounds = metric.bounds or metric.quantiles, sum = metric.sum_cell,
    one = metric.type == "info", exemplars = metric == rule.exemplar_metric }
end

local function add_exemplars(self, exported, size)
  local rule, names = self.rule, names_of(self.rule)
  for row = 1, size do
    local values, cells = exported:row(row)
    local labels = {}
    for i, name in ipairs(names) do labels[name] = values[i] end
    local ok, texts, value = pcall(exemplar.of, rule.exemplar, rule.exemplar_metric, labels, cells)
    if not ok then
      rule_status.problem(rule.name, errors.text(texts))
      self.failed = true
      return
    elseif texts then
      exported:exemplar(row, texts, value)
    end
  end
end

local function put_on_page(self)
  local rule = self.rule
  local exported, size = export_series(self)
  if rule.exemplar then add_exemplars(self, exported, size) end
  for _, metric in ipairs(rule.metrics) do
    local number = self.scrape:family(rule.name, metric)
    if number then self.scrape.page:view(number, exported, view_of(rule, metric)) end
  end
  rule_status.set(rule.name, "series", size)
end

local function gather_all(self)
  local list, problems = maps.of(self.rule, self.scrape:maps())
  self.groups = nil
  for problem in pairs(problems) do rule_status.problem(self.rule.name, problem) end
  for _, info in ipairs(list) do read_map(self, info, #list == 1) end
  if self.waiting then drain(self) end
end

--- Runs a rule for a scrape. Returns true when it is complete.
---@param rule table
---@param scrape table
---@return boolean ok
function run.rule(rule, scrape)
  local self = setmetatable({ rule = rule, scrape = scrape, began = core.now(),
    ranked = can_rank(rule) }, Pass)
  gather_all(self)
  -- a negative number may have lowered one of the largest: gather again, all of them
  if self.groups and not self.groups:settle() then
    self.ranked = false
    gather_all(self)
  end
  if self.late then
    rule_status.problem(rule.name, "the scrape's deadline came before the pass was done")
    -- incomplete sums would look like counters that fell
    if self.aggregated then return false end
  end
  if not self.streamed then put_on_page(self) end
  return not self.failed and not self.late
end

return run
