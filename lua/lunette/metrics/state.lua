-- What the scrapes of a rule or a collector came to. Counts are the process's (VMs take turns);
-- texts are this VM's.

local core = require("lunette.core.metrics")

local state = {}

local LOG_EVERY = 60 -- seconds between two lines about the same rule

local quiet = false -- while one is only tried

local last = {} -- [owner] = { error, series, entries, duration, maps }

local function log(format, ...)
  if quiet then return end
  local ok, logger = pcall(require, "lunette.runtime.log")
  if ok and logger.warn then return logger.warn(format:format(...)) end
  io.stderr:write("lunette: ", format:format(...), "\n")
end

local function of(owner)
  last[owner] = last[owner] or {}
  return last[owner]
end

--- Counts a failure of a rule; the log hears of it once a minute.
---@param owner string
---@param message string
---@param times? integer
function state.problem(owner, message, times)
  core.count(owner, "errors", times or 1)
  of(owner).error = message
  if quiet then return end
  local now = core.now()
  if now - (core.counts("error_logged")[owner] or 0) < LOG_EVERY then return end
  core.note(owner, "error_logged", now)
  log("metrics: %s: %s", owner, message)
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
    log("metrics: %s: %d series over its budget are left out (%s)", owner, count, reason)
  end
end

--- Sets what the last scrape came to.
function state.set(owner, field, value)
  of(owner)[field] = value
  if type(value) == "number" then core.note(owner, field, value) end
end

--- What is known of an owner: { error, series, duration, maps }, errors and cuts with it.
---@param owner string
function state.get(owner)
  local found = {}
  for k, v in pairs(of(owner)) do found[k] = v end
  for _, what in ipairs { "errors", "cut_top", "cut_max", "cut_expired", "series" } do
    found[what] = math.tointeger(core.counts(what)[owner] or 0)
  end
  return found
end

return state
