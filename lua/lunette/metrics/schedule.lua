-- The order and the time limits of rules and collectors in a scrape: a slow one takes no time from
-- the others.

local bpf = require("bpf")
local lunette = require("lunette")
local budget = require("lunette.core.budget")
local core = require("lunette.core.metrics")
local errors = require("lunette.runtime.errors")
local rule_status = require("lunette.metrics.rule_status")

local schedule = {}

local MOST_SECONDS = 5 -- CPU time of one rule or collector
local LATE = 0.2 -- seconds after its limit during which a rule is late; after them it is stuck
-- Seconds that a first turn is expected to take: C stops at its deadline, Lua may be late.
local UNKNOWN, UNKNOWN_LUA = 0.1, 0.5

-- MOST_SECONDS as elapsed time: longer when the machine has more work than CPUs.
local function most_seconds()
  local file <close> = io.open("/proc/loadavg")
  local _, online = bpf.cpus()
  return MOST_SECONDS * math.max(1, (file and file:read("n") or 0) / (online or 1))
end

-- The time at which all turns must have ended; nil: no deadline.
local function turns_end(self)
  return self.deadline and self.deadline - (self.reserved or 0)
end

--- Reserves time for a stream, which runs while the page is read: 1.5 times its last duration, or a
--- quarter of all when that is unknown. All streams together get at most half.
---@param self table the scrape
---@param name string
function schedule.reserve(self, name)
  if not self.deadline then return end
  local all = self.deadline - self.began
  local before = core.counts("streamed")[name]
  local wanted = (self.reserved or 0) + (before and before * 1.5 or all / 4)
  self.reserved = math.min(wanted, all / 2)
end

-- The time at which a turn that begins now must end. A first turn leaves half of the time to the
-- others.
local function turn_end(self, item)
  self.most = self.most or most_seconds()
  local began, last = lunette.now(), turns_end(self)
  if not last then return began + self.most end
  local left = last - began
  if self.waiting > 0 and not core.counts("duration")[item.name] then left = left / 2 end
  return began + math.min(self.most, left)
end

--- Calls fn with the turn's time limit. Returns the results of budget.run.
---@param self table the scrape
function schedule.within(self, fn, ...)
  return budget.run({ seconds = math.max(self.ends - lunette.now(), 0.001) }, fn, ...)
end

-- Marks an item as running until the result is closed, and the time by which it must end.
local function busy(item, by)
  core.note(item.name, "busy", by)
  return setmetatable({}, { __close = function() core.note(item.name, "busy", 0) end })
end

-- The reason why an item can't run now.
local function obstacle(self, item)
  local last, by = turns_end(self), core.counts("busy")[item.name] or 0
  if last and lunette.now() > last then return "the scrape's deadline came before its turn" end
  if by > 0 and lunette.now() > by then return "still running from an earlier scrape" end
  return nil
end

local function run(self, item, fn)
  local problem = obstacle(self, item)
  if problem then
    rule_status.problem(item.name, problem)
    return false
  end
  local before = lunette.now()
  self.ends = turn_end(self, item)
  local _ <close> = busy(item, self.ends + LATE)
  local ok, complete = pcall(fn, item, self)
  if not ok then rule_status.problem(item.name, errors.text(complete)) end
  rule_status.set(item.name, "duration", lunette.now() - before)
  return ok and complete == true
end

--- Runs one rule or collector and records its status. Returns true when it is complete.
---@param self table the scrape
---@param item table
---@param fn fun(item: table, self: table): boolean
---@return boolean up
function schedule.run(self, item, fn)
  rule_status.begin(item.name)
  local up = run(self, item, fn)
  rule_status.finish(item.name)
  return up
end

--- Sorts rules and collectors: the fastest of the last scrape first, one that still runs last.
---@param list table[]
function schedule.sort(list)
  local durations, busy_by, place, takes = core.counts("duration"), core.counts("busy"), {}, {}
  for i, item in ipairs(list) do
    local is_lua = item.has_function or not item.metrics
    place[item] = i
    takes[item] = (busy_by[item.name] or 0) > 0 and math.huge or durations[item.name]
      or item.builtin and 0 or (is_lua and UNKNOWN_LUA or UNKNOWN)
  end
  table.sort(list, function(a, b)
    if takes[a] ~= takes[b] then return takes[a] < takes[b] end
    return place[a] < place[b]
  end)
end

-- A displayed traceback ends at frames of these files.
local OURS = { "lunette/metrics/", "in function 'lunette", "in function 'xpcall'" }

local function is_ours(line)
  for _, text in ipairs(OURS) do
    if line:find(text, 1, true) then return true end
  end
  return false
end

--- The message and the script's own frames, without places in our files.
---@param message string
---@return string
function schedule.short(message)
  local lines = {}
  message = message:gsub("^[^\n]*lunette/metrics/[%w_]+%.lua:%d+: ", "")
  for line in message:gmatch("[^\n]+") do
    if is_ours(line) then break end
    lines[#lines + 1] = line
  end
  while #lines > 1 and lines[#lines]:find("^%s*%[C%]:") do lines[#lines] = nil end
  if lines[#lines] == "stack traceback:" then lines[#lines] = nil end
  return #lines > 0 and table.concat(lines, "\n") or message
end

return schedule
