-- A scrape: every rule and collector in turn onto one page. One that fails is counted and
-- does not hurt the others; one that comes too late is told by its marker.
--
-- What is known to be quick runs at once, and what is ready of the page is sent. Then come a
-- script's collectors (which may wait for anything) and what takes long, the quickest first.
-- When the scraper's time has come while one of these does not end, the page is sealed, and goes
-- out with all that ended before.

local bpf = require("bpf")
local collect = require("lunette.metrics.collect")
local core = require("lunette.core.metrics")
local names = require("lunette.metrics.names")
local own = require("lunette.metrics.own")
local registry = require("lunette.registry")
local run = require("lunette.metrics.run")
local shared = require("lunette.runtime.shared")
local state = require("lunette.metrics.state")
local turn = require("lunette.metrics.turn")

local scrape = {}

local OWN = "lunette" -- who gives the scrape's own account

local Scrape = {}
Scrape.__index = Scrape

-- All maps there are, listed once a scrape.
function Scrape:maps()
  self.map_list = self.map_list or bpf.maps { own = false } or {}
  return self.map_list
end

local function wants_family(self, family, kind)
  if not self.names then return true end
  for _, name in ipairs(names.samples(family, kind)) do
    if self.names[name] then return true end
  end
  return false
end

-- Another family has a sample of one of these names.
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

-- The family made on the page. nil: its place has been written, or the page is sealed.
local function make_family(self, owner, metric)
  local number, why = self.page:family { name = metric.family, type = metric.type,
    help = metric.help, unit = metric.unit }
  if not number then
    if why == "late" then
      state.problem(owner, ("metric '%s' is new, and its place was written already")
        :format(metric.family))
    end
    return nil
  end
  for _, name in ipairs(names.samples(metric.family, metric.type)) do
    self.samples[name] = metric.family
  end
  self.families[metric.family] = { owner = owner, number = number }
  return number
end

--- The number of the family on the page, made when it is new. nil: it is not wanted, or it
--- clashes with another one's (which is counted).
function Scrape:family(owner, metric)
  if not wants_family(self, metric.family, metric.type) then return nil end
  local problem = clashes(self, owner, metric)
  if problem then
    core.count(owner, "clashes", 1)
    state.problem(owner, problem)
    return nil
  end
  local there = self.families[metric.family]
  return there and there.number or make_family(self, owner, metric)
end

local function put_set(self, owner, number, family, set)
  local _, refused, cut = set.tally:size()
  core.count(owner, "labels_cut", cut)
  local labels = {}
  for i, name in ipairs(set.names) do labels[i] = { name = name, index = i } end
  local selection = set.tally:select { rule = nil }
  self.page:view(number, selection, { labels = labels, cell = 1, bounds = family.bounds,
    shape = family.type == "histogram" and "histogram" or "plain",
    sum = family.bounds and #family.bounds + 2 or nil })
  return (selection:size()), refused
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
  state.cut(owner, "max", refused)
  return series
end

local FIRST, NONE = "", "~" -- before every name of a family, and behind

-- Where the first of a collector's families comes on the page: for the next scrape.
local function note_least(name, list)
  local least = NONE
  for _, family in ipairs(list) do
    if family.family < least then least = family.family end
  end
  shared.set("metrics.least." .. name, least)
end

local function run_collector(item, self)
  local function problem(message) state.problem(item.name, message) end
  local list = {}
  local _, err = turn.within(self, collect.run, list, item.run, item.max_series, problem)
  if err then problem(turn.short(tostring(err))) end
  state.set(item.name, "series", put_families(self, item.name, list))
  if not item.builtin then note_least(item.name, list) end
  return err == nil
end

local function run_rule(item, self)
  local ok, complete = turn.within(self, run.rule, item, self)
  if not ok then error(turn.short(tostring(complete)), 0) end
  return complete
end

local function run_one(self, item)
  local up = turn.take(self, item, item.metrics and run_rule or run_collector)
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

-- The scrape's own account, on a page behind this one: `waiting` did not have their turn yet.
local function add_own(self, waiting)
  if self.off.lunette then return end
  local behind = setmetatable({ page = core.page(), names = self.names, began = self.began,
    families = setmetatable({}, { __index = self.families }),
    samples = setmetatable({}, { __index = self.samples }),
    ran = table.move(self.ran, 1, #self.ran, 1, {}) }, Scrape)
  for _, item in ipairs(waiting) do
    behind.ran[#behind.ran + 1] = { name = item.name, up = false }
  end
  local list = {}
  local err = collect.run(list, function(emit) own.emit(emit, behind) end, nil, error)
  if err then error(err, 0) end
  put_families(behind, OWN, list)
  self.page:tail(behind.page)
end

-- What is written of a rule whose pass comes later are the heads of its families; a collector's
-- are not known, but where the first of them was.
local function put_off(self, item)
  for _, metric in ipairs(item.metrics or {}) do
    local number = self:family(item.name, metric)
    if number then self.page:pending(number) end
  end
  if not item.metrics then
    local least = shared.get("metrics.least." .. item.name) or FIRST
    if not self.hold or least < self.hold then self.hold = least end
  end
  self.later[#self.later + 1] = item
end

--- A stream that is read when all else has been written: time is kept for it.
---@param name string the rule
function Scrape:streams(name)
  turn.reserve(self, name)
  if self.moved then self.moved(turn.latest(self)) end
end

--- What was put off; then the page is complete.
---@param moved? fun(seconds: number) told by when (on the monotonic clock) it is to be complete
---@return table|nil page, boolean failed whether one did not give all that it could; no page when
--- it was sealed
function Scrape:finish(moved)
  self.moved = moved
  turn.order(self.later)
  while #self.later > 0 do
    add_own(self, self.later)
    run_one(self, table.remove(self.later, 1))
  end
  add_own(self, {})
  self.page:ready()
  return not self.page:sealed() and self.page or nil, self.failed
end

local function begin_one(self, item)
  if not wants(self, item) then return end
  if not self.patient and turn.is_later(self, item) then
    put_off(self, item)
  else
    run_one(self, item)
  end
end

-- Rules that were asked for by a name that none has: told by their markers alone.
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

--- Begins a page: collectors run, and the rules, but for those that take long where `patient` is
--- false; these are in the scrape's list `later`. opts: names (set of metric names, nil: all),
--- rules (set, nil: all), deadline (on the monotonic clock), off (set of built-in collectors that
--- are off).
---@param opts table
---@param patient boolean
---@return table scrape
function scrape.begin(opts, patient)
  local _, began = core.now()
  local self = setmetatable({ page = core.page(), families = {}, samples = {}, ran = {},
    began = began, failed = false, names = opts.names, rules = opts.rules, later = {},
    deadline = opts.deadline, off = opts.off, patient = patient }, Scrape)
  note_unknown(self)
  for _, kind in ipairs { "collector", "metric" } do
    for _, item in ipairs(registry.list(kind)) do begin_one(self, item) end
  end
  if self.hold then self.page:hold(self.hold) end
  return self
end

return scrape
