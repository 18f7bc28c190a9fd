-- Turns of a scrape: who comes when, and how long one may take. Time that a rule or collector
-- wastes is not to be that of the others.

local bpf = require("bpf")
local core = require("lunette.core.metrics")
local maps = require("lunette.metrics.maps")
local passes = require("lunette.metrics.passes")
local state = require("lunette.metrics.state")

local turn = {}

local MOST_SECONDS = 5 -- that one rule or collector may take of a CPU's time
local LATE = 0.2 -- seconds at most behind its end in which one just ends late
local MANY = 20000 -- entries: their pass takes longer than a reader should wait for a first byte
local SLOW = 0.01 -- seconds, the time before
local IMPATIENT = 0.025 -- seconds since the scrape began
-- Seconds: where one whose duration nobody knows comes among the others. Of those, who runs in C
-- keeps the time; in Lua anything may happen.
local UNKNOWN, UNKNOWN_LUA = 0.1, 0.5
local GRACE = 0.03 -- of the time there is: between the end of all turns and the page's

local function now()
  local _, seconds = core.now()
  return seconds
end

-- The same on the clock: as many times more as there is work for each CPU.
local function most_seconds()
  local file <close> = io.open("/proc/loadavg")
  local _, online = bpf.cpus()
  return MOST_SECONDS * math.max(1, (file and file:read("n") or 0) / (online or 1))
end

-- By when all turns have ended; nil: there is no end.
local function turns_end(self)
  return self.deadline and self.deadline - (self.reserved or 0)
end

--- By when the page is complete, or is sealed.
---@param self table the scrape
---@return number|nil seconds on the monotonic clock
function turn.latest(self)
  return self.deadline and turns_end(self) + GRACE * (self.deadline - self.began)
end

--- Keeps time for a stream: what it took before and half as much again, a quarter of all when
--- that is unknown; all streams together never more than half.
---@param self table
---@param name string
function turn.reserve(self, name)
  if not self.deadline then return end
  local all = self.deadline - self.began
  local before = core.counts("streamed")[name]
  local wanted = (self.reserved or 0) + (before and before * 1.5 or all / 4)
  self.reserved = math.min(wanted, all / 2)
end

local function is_known(item) return core.counts("duration")[item.name] ~= nil end

-- When the turn that begins now has to end: one of whom nobody knows how long it takes leaves
-- half of the time to those who wait.
local function ends(self, item)
  self.most = self.most or most_seconds()
  local began, last = now(), turns_end(self)
  if not last then return began + self.most end
  local left = last - began
  if #self.later > 0 and not is_known(item) then left = left / 2 end
  return began + math.min(self.most, left)
end

--- Calls fn in the turn's time: core.within's results.
---@param self table
function turn.within(self, fn, ...)
  return core.within(math.max(self.ends - now(), 0.001), fn, ...)
end

-- How much later than it should one may end. This is over before a page is sealed: whoever has the
-- answer of a scrape and asks again finds what hung to be busy.
local function lateness(self)
  return self.deadline and math.min(LATE, GRACE / 2 * (self.deadline - self.began)) or LATE
end

-- Notes that one is busy, by when it must have ended; what it returns takes that back.
local function busy(item, by)
  core.note(item.name, "busy", by)
  return setmetatable({}, { __close = function() core.note(item.name, "busy", 0) end })
end

-- What has it not run: its time is over, or it never came back from a turn before.
local function obstacle(self, item)
  local last, by = turns_end(self), core.counts("busy")[item.name] or 0
  if last and now() > last then return "the scrape's deadline came before its turn" end
  if by > 0 and now() > by then return "it is busy since a scrape before" end
  return nil
end

local function run(self, item, fn)
  local problem, before = obstacle(self, item), now()
  if problem then
    state.problem(item.name, problem)
    return false
  end
  self.ends = ends(self, item)
  local _ <close> = busy(item, self.ends + lateness(self))
  local ok, complete = pcall(fn, item, self)
  if not ok then state.problem(item.name, tostring(complete)) end
  state.set(item.name, "duration", now() - before)
  return ok and complete == true
end

--- Runs one, notes how it went: whether it gave all that it could. One that does not come back
--- is ended: the others have their turn.
---@param self table
---@param item table
---@param fn fun(item: table, self: table): boolean
---@return boolean up
function turn.take(self, item, fn)
  passes.begin(item.name)
  local up = run(self, item, fn)
  passes.finish(item.name)
  return up
end

local function has_large_map(self, item)
  for _, info in ipairs(maps.of(item, self:maps())) do
    if info.max_entries > MANY then return true end
  end
  return false
end

--- Whether one's turn is to come when what is ready has been sent.
---@param self table
---@param item table
---@return boolean
function turn.is_later(self, item)
  if not item.metrics then return not item.builtin end
  self.durations = self.durations or core.counts("duration")
  local before = self.durations[item.name]
  if now() - self.began > IMPATIENT or (before or item.has_function and SLOW or 0) >= SLOW then
    return true
  end
  self.ends = ends(self, item)
  local ok, large = turn.within(self, has_large_map, self, item)
  return not ok or large -- what goes wrong is told of the pass
end

--- Sorts those who wait: who was quick before comes first.
---@param list table[]
function turn.order(list)
  local durations, busy_by, place, takes = core.counts("duration"), core.counts("busy"), {}, {}
  for i, item in ipairs(list) do
    local is_lua = item.has_function or not item.metrics
    place[item] = i
    takes[item] = (busy_by[item.name] or 0) > 0 and math.huge or durations[item.name]
      or (is_lua and UNKNOWN_LUA or UNKNOWN)
  end
  table.sort(list, function(a, b)
    if takes[a] ~= takes[b] then return takes[a] < takes[b] end
    return place[a] < place[b]
  end)
end

-- Frames of ours end what is told of a failure.
local OURS = { "lunette/metrics/", "in function 'lunette", "in function 'xpcall'" }

local function is_ours(line)
  for _, text in ipairs(OURS) do
    if line:find(text, 1, true) then return true end
  end
  return false
end

--- The message and the frames of the script itself; without the place, where that is ours.
---@param message string
---@return string
function turn.short(message)
  local lines = {}
  message = message:gsub("^[^\n]*lunette/metrics/%w+%.lua:%d+: ", "")
  for line in message:gmatch("[^\n]+") do
    if is_ours(line) then break end
    lines[#lines + 1] = line
  end
  if lines[#lines] == "stack traceback:" then lines[#lines] = nil end
  return #lines > 0 and table.concat(lines, "\n") or message
end

return turn
