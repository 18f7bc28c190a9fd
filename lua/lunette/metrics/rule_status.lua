-- The status of each rule and collector, for all VMs of the process: errors, series, duration,
-- series that its budget cut, and its last passes. Scrapes take turns, so two passes are never
-- added at once.

local lunette = require("lunette")
local core = require("lunette.core.metrics")
local log = require("lunette.runtime.log")
local registry = require("lunette.registry")
local shared = require("lunette.runtime.shared")

local rule_status = { KEPT = 120 } -- passes of each rule

local LOG_EVERY = 60 -- seconds between two log lines about the same rule
local RECORD = "<dddd" -- a pass: time, samples, seconds, errors
local SIZE = string.packsize(RECORD)
local PASSES, ERROR = "metrics.passes.", "metrics.error." -- keys in the shared store
local UNKNOWN = 0 / 0 -- samples of a pass that is not yet read to its end

local quiet = false -- while metrics.try() runs
local swept = false
local running = {} -- this VM's running passes, by rule

local function warn(format, ...)
  if not quiet then log.warning("%s", format:format(...)) end
end

--- Counts a failure of a rule; logs at most one per minute.
---@param owner string
---@param message string
---@param times? integer
function rule_status.problem(owner, message, times)
  core.count(owner, "errors", times or 1)
  shared.set(ERROR .. owner, message)
  if quiet then return end
  local now = core.now()
  if now - (core.counts("error_logged")[owner] or 0) < LOG_EVERY then return end
  core.note(owner, "error_logged", now)
  warn("metrics: %s: %s", owner, message)
end

--- Runs fn without log lines: the caller reports errors itself.
function rule_status.silently(fn)
  quiet = true
  local results = table.pack(pcall(fn))
  quiet = false
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

--- Sets how many series the budget cut; logs when it begins to cut.
---@param owner string
---@param reason string
---@param count integer
function rule_status.cut(owner, reason, count)
  local before = core.note(owner, "cut_" .. reason, count)
  if count > 0 and before == 0 then
    warn("metrics: %s: %d series over its budget are left out (%s)", owner, count, reason)
  end
end

--- Sets a figure of the last scrape: "series" or "duration".
---@param owner string
---@param field string
---@param value number
function rule_status.set(owner, field, value) core.note(owner, field, value) end

--- The last error, the error count, series, duration, and the cut series.
---@param owner string
function rule_status.get(owner)
  local found = { error = shared.get(ERROR .. owner), duration = core.counts("duration")[owner] }
  for _, what in ipairs { "errors", "cut_top", "cut_max", "cut_expired", "cut_duplicate",
    "series" } do
    found[what] = math.tointeger(core.counts(what)[owner] or 0)
  end
  return found
end

-- Removes the passes of rules that a reload removed. Runs at each VM's first pass, because a reload
-- makes new VMs.
local function sweep()
  swept = true
  local there = {}
  for _, kind in ipairs { "metric", "collector" } do
    for _, item in ipairs(registry.list(kind)) do there[PASSES .. item.name] = true end
  end
  for _, key in ipairs(shared.keys(PASSES)) do
    if not there[key] then shared.delete(key) end
  end
end

-- Sets the samples of a streamed pass, which are counted while the page is read.
local function settled(owner, text)
  local at = #text - SIZE + 1
  if at < 1 then return text end
  local time, samples, seconds, errors = RECORD:unpack(text, at)
  if samples == samples then return text end
  local series = core.count(owner, "series", 0)
  return text:sub(1, at - 1) .. RECORD:pack(time, series, seconds, errors)
end

--- Adds a pass. Without `samples`, they are counted while the page is read.
---@param owner string
---@param pass { time: number, samples: number|nil, seconds: number, errors: number }
function rule_status.add(owner, pass)
  if not swept then sweep() end
  local key = PASSES .. owner
  local text = settled(owner, shared.get(key) or "")
    .. RECORD:pack(pass.time, pass.samples or UNKNOWN, pass.seconds, pass.errors)
  shared.set(key, text:sub(-rule_status.KEPT * SIZE))
end

local function errors_of(owner) return core.count(owner, "errors", 0) end

--- Marks the begin of a pass.
---@param owner string
function rule_status.begin(owner)
  local time, since = core.now(), lunette.now()
  running[owner] = { time = time, since = since, before = errors_of(owner) }
end

--- Marks that the pass's samples are made while the page is read.
---@param owner string
function rule_status.streams(owner)
  if running[owner] then running[owner].streams = true end
end

--- Marks the end of a pass.
---@param owner string
function rule_status.finish(owner)
  local pass, now = running[owner], lunette.now()
  running[owner] = nil
  rule_status.add(owner, { time = pass.time, seconds = now - pass.since,
    samples = not pass.streams and core.count(owner, "series", 0) or nil,
    errors = errors_of(owner) - pass.before })
end

--- The last passes of a rule, oldest first.
---@param owner string
---@param last? integer how many at most
---@return { time: number, samples: integer, seconds: number, errors: integer }[]
function rule_status.passes(owner, last)
  local text, list = settled(owner, shared.get(PASSES .. owner) or ""), {}
  local count = math.min(#text // SIZE, last or rule_status.KEPT)
  for i = 1, count do
    local time, samples, seconds, errors = RECORD:unpack(text, #text - (count - i + 1) * SIZE + 1)
    list[i] = { time = time, samples = math.tointeger(samples), seconds = seconds,
      errors = math.tointeger(errors) }
  end
  return list
end

return rule_status
