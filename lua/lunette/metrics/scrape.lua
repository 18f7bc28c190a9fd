-- A scrape: every rule and collector in turn onto one page. One that fails is counted and
-- does not hurt the others; one that comes too late is told by its marker.

local bpf = require("bpf")
local collect = require("lunette.metrics.collect")
local core = require("lunette.core.metrics")
local maps = require("lunette.metrics.maps")
local names = require("lunette.metrics.names")
local own = require("lunette.metrics.own")
local passes = require("lunette.metrics.passes")
local registry = require("lunette.registry")
local run = require("lunette.metrics.run")
local state = require("lunette.metrics.state")

local scrape = {}

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

--- The number of the family on the page, made when it is new. nil: it is not wanted, or it
--- clashes with another one's (which is counted).
function Scrape:family(owner, metric, last)
  if not wants_family(self, metric.family, metric.type) then return nil end
  local problem = clashes(self, owner, metric)
  if problem then
    core.count(owner, "clashes", 1)
    state.problem(owner, problem)
    return nil
  end
  local there = self.families[metric.family]
  if there then return there.number end
  for _, name in ipairs(names.samples(metric.family, metric.type)) do
    self.samples[name] = metric.family
  end
  local number = self.page:family { name = metric.family, type = metric.type, help = metric.help,
    unit = metric.unit, last = last }
  self.families[metric.family] = { owner = owner, number = number }
  return number
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

local function put_families(self, owner, list, last)
  local series, refused = 0, 0
  for _, family in ipairs(list) do
    local number = self:family(owner, family, last)
    for _, set in pairs(number and family.sets or {}) do
      local size, over = put_set(self, owner, number, family, set)
      series, refused = series + size, refused + over
    end
  end
  state.cut(owner, "max", refused)
  return series
end

local function expired(self)
  local _, now = core.now()
  return self.deadline ~= nil and now > self.deadline
end

local MOST_SECONDS = 5 -- that one rule or collector may take of a CPU's time

-- The same on the clock: as many times more as there is work for each CPU.
local function most_seconds()
  local file <close> = io.open("/proc/loadavg")
  local _, online = bpf.cpus()
  return MOST_SECONDS * math.max(1, (file and file:read("n") or 0) / (online or 1))
end

local function seconds_left(self)
  local _, now = core.now()
  self.most = self.most or most_seconds()
  return self.deadline and math.min(self.most, self.deadline - now) or self.most
end

-- The message and the frames of the script itself; without the place, where that is ours.
local function short(message)
  local lines = {}
  message = message:gsub("^[^\n]*lunette/metrics/%w+%.lua:%d+: ", "")
  for line in message:gmatch("[^\n]+") do
    if line:find("lunette/metrics/", 1, true) or line:find("in function 'lunette", 1, true)
      or line:find("in function 'xpcall'", 1, true) then break end
    lines[#lines + 1] = line
  end
  if lines[#lines] == "stack traceback:" then lines[#lines] = nil end
  return #lines > 0 and table.concat(lines, "\n") or message
end

local function run_collector(item, self)
  local function problem(message) state.problem(item.name, message) end
  local list = {}
  local _, err = core.within(seconds_left(self), collect.run, list, item.run, item.max_series,
    problem)
  if err then problem(short(tostring(err))) end
  state.set(item.name, "series", put_families(self, item.name, list))
  return err == nil
end

local function run_rule(item, self)
  local ok, complete, streamed = core.within(seconds_left(self), run.rule, item, self)
  if not ok then error(short(tostring(complete)), 0) end
  return complete, streamed
end

-- A count of the process as it is.
local function count_of(item, what) return core.count(item.name, what, 0) end

-- Runs one, notes how it went; its marker is 1 when it gave all that it could. One that does not
-- come back is ended: the others have their turn.
local function run_one(self, item, fn)
  local time, before = core.now()
  local errors = count_of(item, "errors")
  local ok, complete, streamed = true, false, nil
  if expired(self) then
    state.problem(item.name, "the scrape's deadline came before its turn")
  else
    ok, complete, streamed = pcall(fn, item, self)
    if not ok then state.problem(item.name, tostring(complete)) end
  end
  local _, after = core.now()
  state.set(item.name, "duration", after - before)
  passes.add(item.name, { time = time, seconds = after - before,
    samples = not streamed and count_of(item, "series") or nil,
    errors = count_of(item, "errors") - errors })
  local up = ok and complete == true
  self.failed = self.failed or not up
  self.ran[#self.ran + 1] = { name = item.name, up = up }
end

local function wants(self, item)
  if self.rules and not self.rules[item.name] then return false end
  if not self.names or not item.metrics then return true end
  for _, metric in ipairs(item.metrics) do
    if wants_family(self, metric.family, metric.type) then return true end
  end
  return false
end

-- The scrape's own account comes last: only then is it known.
local function add_own(self)
  local list = {}
  local err = collect.run(list, function(emit) own.emit(emit, self) end, nil, error)
  if err then error(err, 0) end
  put_families(self, "lunette", list, true)
end

local MANY = 20000 -- entries: their pass takes longer than a reader should wait for a first byte
local SLOW = 0.01 -- seconds, the time before
local IMPATIENT = 0.025 -- seconds since the scrape began

local function has_large_map(self, item)
  for _, info in ipairs(maps.of(item, self:maps())) do
    if info.max_entries > MANY then return true end
  end
  return false
end

-- Whether a rule's pass is to be made when what is ready has been sent.
local function is_slow(self, item)
  local _, now = core.now()
  self.durations = self.durations or core.counts("duration")
  if now - self.began > IMPATIENT or (self.durations[item.name] or 0) > SLOW then return true end
  local ok, large = core.within(seconds_left(self), has_large_map, self, item)
  return not ok or large -- what goes wrong is told of the pass
end

-- The families of a rule whose pass comes later: what may be written of them is their heads.
local function put_off(self, item)
  for _, metric in ipairs(item.metrics) do
    local number = self:family(item.name, metric)
    if number then self.page:pending(number) end
  end
  self.later[#self.later + 1] = item
end

--- What was put off; then the page is complete.
---@return table page, boolean failed whether one did not give all that it could
function Scrape:finish()
  for _, item in ipairs(self.later) do run_one(self, item, run_rule) end
  if not self.off.lunette then add_own(self) end
  self.page:ready()
  return self.page, self.failed
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
    deadline = opts.deadline, off = opts.off }, Scrape)
  for _, item in ipairs(registry.list("collector")) do
    if wants(self, item) and not opts.off[item.name] then run_one(self, item, run_collector) end
  end
  for _, item in ipairs(registry.list("metric")) do
    if wants(self, item) and not opts.off[item.name] then
      if not patient and is_slow(self, item) then
        put_off(self, item)
      else
        run_one(self, item, run_rule)
      end
    end
  end
  return self
end

return scrape
