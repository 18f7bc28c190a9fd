-- The last passes of each rule and collector, for all VMs of the process: when, how many samples,
-- seconds, and failures. Scrapes take turns, so that nobody adds between a look and a write.

local core = require("lunette.core.metrics")
local registry = require("lunette.registry")
local shared = require("lunette.runtime.shared")

local passes = { KEPT = 120 } -- of each rule

local RECORD = "<dddd" -- time, samples, seconds, errors
local SIZE = string.packsize(RECORD)
local PREFIX = "metrics.passes."
local UNKNOWN = 0 / 0 -- samples of a pass that is read while it is made

local swept = false

-- Rules that a reload took away leave nothing: scripts are loaded into fresh VMs, and the first
-- pass in one looks.
local function sweep()
  swept = true
  local there = {}
  for _, kind in ipairs { "metric", "collector" } do
    for _, item in ipairs(registry.list(kind)) do there[PREFIX .. item.name] = true end
  end
  for _, key in ipairs(shared.keys(PREFIX)) do
    if not there[key] then shared.delete(key) end
  end
end

-- What was read by the scraper itself is counted when that is done, which is by now.
local function settled(owner, text)
  local at = #text - SIZE + 1
  if at < 1 then return text end
  local time, samples, seconds, errors = RECORD:unpack(text, at)
  if samples == samples then return text end
  local series = core.count(owner, "series", 0)
  return text:sub(1, at - 1) .. RECORD:pack(time, series, seconds, errors)
end

--- Adds a pass. Without samples: they are being read, and counted then.
---@param owner string
---@param pass { time: number, samples: number|nil, seconds: number, errors: number }
function passes.add(owner, pass)
  if not swept then sweep() end
  local key = PREFIX .. owner
  local text = settled(owner, shared.get(key) or "")
    .. RECORD:pack(pass.time, pass.samples or UNKNOWN, pass.seconds, pass.errors)
  shared.set(key, text:sub(-passes.KEPT * SIZE))
end

local open = {} -- passes that this VM is making, by rule

local function errors_of(owner) return core.count(owner, "errors", 0) end

--- A pass begins.
---@param owner string
function passes.begin(owner)
  local time, since = core.now()
  open[owner] = { time = time, since = since, before = errors_of(owner) }
end

--- Its samples are made while the page is read.
---@param owner string
function passes.streams(owner)
  if open[owner] then open[owner].streams = true end
end

--- It has ended.
---@param owner string
function passes.finish(owner)
  local pass, _, now = open[owner], core.now()
  open[owner] = nil
  passes.add(owner, { time = pass.time, seconds = now - pass.since,
    samples = not pass.streams and core.count(owner, "series", 0) or nil,
    errors = errors_of(owner) - pass.before })
end

--- The last passes of a rule, oldest first.
---@param owner string
---@param last? integer how many at most
---@return { time: number, samples: integer, seconds: number, errors: integer }[]
function passes.list(owner, last)
  local text, list = settled(owner, shared.get(PREFIX .. owner) or ""), {}
  local count = math.min(#text // SIZE, last or passes.KEPT)
  for i = 1, count do
    local time, samples, seconds, errors = RECORD:unpack(text, #text - (count - i + 1) * SIZE + 1)
    list[i] = { time = time, samples = math.tointeger(samples), seconds = seconds,
      errors = math.tointeger(errors) }
  end
  return list
end

return passes
