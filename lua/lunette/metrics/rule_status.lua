-- How each rule and collector fared, for all VMs of the process: errors, series, duration, what
-- its budget cut, and its last passes. Nothing is lost between two passes that are added at once:
-- scrapes take turns.

local core = require("lunette.core.metrics")
local log = require("lunette.runtime.log")
local registry = require("lunette.registry")
local shared = require("lunette.runtime.shared")

local rule_status = { KEPT = 120 } -- passes of each rule

local LOG_EVERY = 60 -- seconds between two log lines about the same rule
local RECORD = "<dddd" -- a pass: time, samples, seconds, errors
local SIZE = string.packsize(RECORD)
local PASSES, ERROR = "metrics.passes.", "metrics.error." -- keys of the shared store
local UNKNOWN = 0 / 0 -- samples of a pass that is still being read

local quiet = false -- while metrics.try() runs
local swept = false
local running = {} -- passes of this VM that have not ended, by rule

local function warn(format, ...)
  if not quiet then log.warning("%s", format:format(...)) end
end

--- Counts a failure of a rule, and logs it at most once a minute.
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

--- Runs fn without log lines: its caller reports what it finds.
function rule_status.silently(fn)
  quiet = true
  local results = table.pack(pcall(fn))
  quiet = false
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

--- Notes how many series a budget cut, and logs when it begins to cut.
---@param owner string
---@param reason string
---@param count integer
function rule_status.cut(owner, reason, count)
  local before = core.note(owner, "cut_" .. reason, count)
  if count > 0 and before == 0 then
    warn("metrics: %s: %d series over its budget are left out (%s)", owner, count, reason)
  end
end

--- Sets a figure of the last scrape: "series", "duration".
---@param owner string
---@param field string
---@param value number
function rule_status.set(owner, field, value) core.note(owner, field, value) end

--- The last error, errors, series, duration, and what was cut.
---@param owner string
function rule_status.get(owner)
  local found = { error = shared.get(ERROR .. owner), duration = core.counts("duration")[owner] }
  for _, what in ipairs { "errors", "cut_top", "cut_max", "cut_expired", "cut_duplicate",
    "series" } do
    found[what] = math.tointeger(core.counts(what)[owner] or 0)
  end
  return found
end

-- Forgets passes of rules that a reload removed. Scripts are loaded into fresh VMs, so the first
-- pass of each VM does it.
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

-- The samples of a streamed pass are counted while it is read, which is over by now.
local function settled(owner, text)
  local at = #text - SIZE + 1
  if at < 1 then return text end
  local time, samples, seconds, errors = RECORD:unpack(text, at)
  if samples == samples then return text end
  local series = core.count(owner, "series", 0)
  return text:sub(1, at - 1) .. RECORD:pack(time, series, seconds, errors)
end

--- Adds a pass. Without samples: they are counted while the page is read.
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

--- A pass begins.
---@param owner string
function rule_status.begin(owner)
  local time, since = core.now()
  running[owner] = { time = time, since = since, before = errors_of(owner) }
end

--- Its samples are made while the page is read.
---@param owner string
function rule_status.streams(owner)
  if running[owner] then running[owner].streams = true end
end

--- The pass has ended.
---@param owner string
function rule_status.finish(owner)
  local pass, _, now = running[owner], core.now()
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
