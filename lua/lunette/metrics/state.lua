-- What the scrapes of a rule or a collector came to, for all VMs of the process: they take turns.

local core = require("lunette.core.metrics")
local log = require("lunette.runtime.log")
local shared = require("lunette.runtime.shared")

local state = {}

local LOG_EVERY = 60 -- seconds between two lines about the same rule

local quiet = false -- while one is only tried

local function warn(format, ...)
  if not quiet then log.warning("%s", format:format(...)) end
end

local function error_key(owner) return "metrics.error." .. owner end

--- Counts a failure of a rule; the log hears of it once a minute.
---@param owner string
---@param message string
---@param times? integer
function state.problem(owner, message, times)
  core.count(owner, "errors", times or 1)
  shared.set(error_key(owner), message)
  if quiet then return end
  local now = core.now()
  if now - (core.counts("error_logged")[owner] or 0) < LOG_EVERY then return end
  core.note(owner, "error_logged", now)
  warn("metrics: %s: %s", owner, message)
end

--- Runs fn without a line in the log: what it finds is told otherwise.
function state.silently(fn)
  quiet = true
  local results = table.pack(pcall(fn))
  quiet = false
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

--- Notes how many series a budget cut; the log hears when it begins to cut.
---@param owner string
---@param reason string
---@param count integer
function state.cut(owner, reason, count)
  local before = core.note(owner, "cut_" .. reason, count)
  if count > 0 and before == 0 then
    warn("metrics: %s: %d series over its budget are left out (%s)", owner, count, reason)
  end
end

--- Sets what the last scrape came to: "series", "duration".
---@param owner string
---@param field string
---@param value number
function state.set(owner, field, value) core.note(owner, field, value) end

--- What is known of an owner: its last error, errors, series, duration, and what was cut.
---@param owner string
function state.get(owner)
  local found = { error = shared.get(error_key(owner)), duration = core.counts("duration")[owner] }
  for _, what in ipairs { "errors", "cut_top", "cut_max", "cut_expired", "cut_duplicate",
    "series" } do
    found[what] = math.tointeger(core.counts(what)[owner] or 0)
  end
  return found
end

return state
