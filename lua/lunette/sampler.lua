-- Who watches what programs cost, and how the sampler is set: keys in `shared` by which the
-- sampler service and those who look at its samples (bpf.sampler) meet.

local bpf = require("bpf")
local shared = require("lunette").shared

local samples = {}

-- Every sample's rates are also published here.
samples.TOPIC = "programRates"

local WANTED = "sampler.wanted"
local WANTED_FOR = 20 -- seconds
local COUNTING = "sampler.counting"

local LEAST, MOST = 0.01, 3600 -- seconds of an interval

local MODES = { watch = true, always = true, window = true, off = true }

--- Says that someone looks: the sampler runs for a while, or for so many seconds.
---@param seconds number|nil
function samples.want(seconds)
  local already = shared.get(WANTED)
  local ends = bpf.uptime() + (seconds or WANTED_FOR)
  if already and already >= ends then return end
  shared.set(WANTED, ends, seconds or WANTED_FOR)
end

--- Does someone look?
---@return boolean
function samples.wanted() return shared.get(WANTED) ~= nil end

--- How the sampler is set. mode: "watch" (while someone looks), "always", "window" (always, but
--- the kernel counts only a window in each interval) or "off".
---@return { mode: string, interval: number, window: number }
function samples.settings()
  local interval = shared.get("sampler.interval") or 1.0
  return {
    mode = shared.get("sampler.mode") or "watch",
    interval = interval,
    window = math.min(shared.get("sampler.window") or interval / 10, interval),
  }
end

--- Are these still the settings?
---@param before table
---@return boolean
function samples.same(before)
  for name, value in pairs(samples.settings()) do
    if before[name] ~= value then return false end
  end
  return true
end

local SECONDS = { interval = true, window = true }

local function check_seconds(name, value)
  -- Not a number (NaN) is neither above nor below.
  if type(value) == "number" and value >= LEAST and value <= MOST then return nil end
  local got = type(value) == "number" and ("%g"):format(value) or tostring(value)
  return ("%s: from %g to %g seconds, got %s"):format(name, LEAST, MOST, got)
end

local function check_one(name, value)
  if SECONDS[name] then return check_seconds(name, value) end
  if name ~= "mode" then return ("no setting is called '%s'"):format(tostring(name)) end
  if MODES[value] then return nil end
  return ("mode: watch, always, window or off, got %s"):format(tostring(value))
end

-- Of several mistakes the first by name, so that the message is always the same.
local function check_each(settings)
  local names = {}
  for name in pairs(settings) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, name in ipairs(names) do
    local err = check_one(name, settings[name])
    if err then return err end
  end
  return nil
end

--- What is wrong with settings, or nil.
---@param settings { mode: string?, interval: number?, window: number? }
---@return string|nil
function samples.check(settings)
  local err = check_each(settings)
  local interval = settings.interval or samples.settings().interval
  if err or not settings.window or settings.window <= interval then return err end
  return ("window: %g seconds are longer than the interval of %g"):format(settings.window,
    interval)
end

--- Sets the sampler, for the whole process; what is nil stays as it is. A window that is longer
--- than a new interval ends with it.
---@param settings { mode: string?, interval: number?, window: number? }
function samples.set(settings)
  local err = samples.check(settings)
  if err then error("sampler: " .. err, 2) end
  for name, value in pairs(settings) do
    shared.set("sampler." .. name, SECONDS[name] and value + 0.0 or value)
  end
end

--- What counting adds to each run of a program, in seconds, as measured when the sampler first
--- began; nil before that, and where somebody else has the kernel count all the time.
---@return number|nil
function samples.counting_cost() return shared.get(COUNTING) end

--- Measures it, unless that is done.
function samples.measure()
  local cost = not samples.counting_cost() and bpf.stats_cost()
  if cost then shared.set(COUNTING, cost) end
end

return samples
