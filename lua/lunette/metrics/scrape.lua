-- A scrape: runs every rule and collector, the fastest first, and collects their samples in one
-- page. A rule that fails or is late is left out, and its marker metric says so.

local bpf = require("bpf")
local lunette = require("lunette")
local collect = require("lunette.metrics.collect")
local core = require("lunette.core.metrics")
local facts = require("lunette.metrics.facts")
local names = require("lunette.metrics.names")
local registry = require("lunette.registry")
local run = require("lunette.metrics.run")
local rule_status = require("lunette.metrics.rule_status")
local schedule = require("lunette.metrics.schedule")
local own = require("lunette.metrics.self")

local scrape = {}

local OWN = "lunette" -- the owner name of Lunette's own figures

local Scrape = {}
Scrape.__index = Scrape

-- All maps, listed once per scrape.
function Scrape:maps()
  self.map_list = self.map_list or facts.listed(bpf.maps { own = false })
  return self.map_list
end

local function wants_family(self, family, kind)
  if not self.names then return true end
  for _, name in ipairs(names.samples(family, kind)) do
    if self.names[name] then return true end
  end
  return false
end

-- True when another family has a sample of one of these names.
local function clashes(self, owner, metric)
  if owner ~= OWN and names.is_own(metric.family) then
    return ("metric '%s': names with lunette_ are Lunette's own"):format(metric.family)
  end
  for _, name in ipairs(names.samples(metric.family, metric.type)) do
    local taken = self.samples[name]
    if taken and taken ~= metric.family then
      return ("metric '%s' clashes with '%s'"):format(metric.family, taken)
    end
  end
  local there = self.families[metric.family]
  if there and there.owner ~= owner then
    return ("metric '%s' belongs to %s already"):format(metric.family, there.owner)
  end
  return nil
end

local function make_family(self, owner, metric)
  local number = assert(self.page:family { name = metric.family, type = metric.type,
    help = metric.help:gsub("%z", "\u{FFFD}"), unit = metric.unit })
  for _, name in ipairs(names.samples(metric.family, metric.type)) do
    self.samples[name] = metric.family
  end
  self.families[metric.family] = { owner = owner, number = number }
  return number
end

--- The family's number on the page; made when it is new. nil when it was not requested, or clashes
--- with another one (which is counted).
function Scrape:family(owner, metric)
  if not wants_family(self, metric.family, metric.type) then return nil end
  local problem = clashes(self, owner, metric)
  if problem then
    core.count(owner, "clashes", 1)
    rule_status.problem(owner, problem)
    return nil
  end
  local there = self.families[metric.family]
  return there and there.number or make_family(self, owner, metric)
end

local function put_set(self, owner, number, family, set)
  local _, refused, cut = set.groups:size()
  core.count(owner, "labels_cut", cut)
  local labels = {}
  for i, name in ipairs(set.names) do labels[i] = { name = name, index = i } end
  local exported = set.groups:export {}
  self.page:view(number, exported, { labels = labels, cell = 1, bounds = family.bounds,
    shape = family.type == "histogram" and "histogram" or "plain",
    sum = family.bounds and #family.bounds + 2 or nil })
  return (exported:size()), refused
end

local function put_families(self, owner, list)
  local series, refused = 0, 0
  for _, family in ipairs(list) do
    local number = self:family(owner, family)
    for _, set in pairs(number and family.sets or {}) do
      local size, over = put_set(self, owner, number, family, set)
      series, refused = series + size, refused + over
    end
  end
  rule_status.cut(owner, "max", refused)
  return series
end

local function run_collector(item, self)
  local function problem(message) rule_status.problem(item.name, message) end
  local list = {}
  local _, err = schedule.within(self, collect.run, list, item.run, item.max_series, problem)
  if err then problem(schedule.short(tostring(err))) end
  rule_status.set(item.name, "series", put_families(self, item.name, list))
  return err == nil
end

local function run_rule(item, self)
  local ok, complete = schedule.within(self, run.rule, item, self)
  if not ok then error(schedule.short(tostring(complete)), 0) end
  return complete
end

local function run_one(self, item)
  local up = schedule.run(self, item, item.metrics and run_rule or run_collector)
  self.failed = self.failed or not up
  self.ran[#self.ran + 1] = { name = item.name, up = up }
end

local function wants(self, item)
  if self.off[item.name] or (self.rules and not self.rules[item.name]) then return false end
  if not self.names or not item.metrics then return true end
  for _, metric in ipairs(item.metrics) do
    if wants_family(self, metric.family, metric.type) then return true end
  end
  return false
end

local function add_own(self)
  if self.off.lunette then return end
  local list = {}
  local err = collect.run(list, function(emit) own.emit(emit, self) end, nil, error)
  if err then error(err, 0) end
  put_families(self, OWN, list)
end

--- Reserves time for a stream, which is read after all rules have run.
---@param name string the rule
function Scrape:streams(name) schedule.reserve(self, name) end

-- Sets the markers of unknown names in ?rule= to 0.
local function note_unknown(self)
  for name in pairs(self.rules or {}) do
    local there = false
    for _, kind in ipairs { "collector", "metric" } do
      for _, item in ipairs(registry.list(kind)) do there = there or item.name == name end
    end
    if not there then
      self.ran[#self.ran + 1] = { name = name, up = false }
      self.failed = true
    end
  end
end

local function wanted(self)
  local list = {}
  for _, kind in ipairs { "collector", "metric" } do
    for _, item in ipairs(registry.list(kind)) do
      if wants(self, item) then list[#list + 1] = item end
    end
  end
  schedule.sort(list)
  return list
end

--- Makes a page. opts: names (set of metric names, nil: all), rules (set, nil: all), deadline (on
--- the monotonic clock), off (set of disabled collectors and rules).
---@param opts table
---@return table page, boolean failed whether one did not give all that it could
function scrape.make(opts)
  local began = lunette.now()
  local self = setmetatable({ page = core.page(), families = {}, samples = {}, ran = {},
    began = began, failed = false, names = opts.names, rules = opts.rules,
    deadline = opts.deadline, off = opts.off }, Scrape)
  note_unknown(self)
  local list = wanted(self)
  for i, item in ipairs(list) do
    self.waiting = #list - i
    run_one(self, item)
  end
  add_own(self)
  return self.page, self.failed
end

return scrape
