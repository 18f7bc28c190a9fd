-- Settings of the sampler of programs' costs, and a mark that its samples are being read: keys in
-- `shared`, used by the sampler service and the readers of its samples (bpf.sampler).

local bpf = require("bpf")
local shared = require("lunette").shared

local samples = {}

-- The topic to which each sample's rates are published.
samples.TOPIC = "programRates"

local WANTED = "sampler.wanted"
local WANTED_FOR = 20 -- seconds
local COUNTING = "sampler.counting"

local LEAST, MOST = 0.01, 3600 -- seconds of an interval

local MODES = { watch = true, always = true, window = true, off = true }

--- Requests samples: the sampler runs for 20 more seconds, or for `seconds`.
---@param seconds number|nil
function samples.want(seconds)
  local already = shared.get(WANTED)
  local ends = bpf.uptime() + (seconds or WANTED_FOR)
  if already and already >= ends then return end
  shared.set(WANTED, ends, seconds or WANTED_FOR)
end

--- True while samples are requested.
---@return boolean
function samples.wanted() return shared.get(WANTED) ~= nil end

--- The settings. mode: "watch" (while samples are read), "always", "window" (always, but the kernel
--- counts only in a window of each interval) or "off".
---@return { mode: string, interval: number, window: number }
function samples.settings()
  local interval = shared.get("sampler.interval") or 1.0
  return {
    mode = shared.get("sampler.mode") or "watch",
    interval = interval,
    window = math.min(shared.get("sampler.window") or interval / 10, interval),
  }
end

--- True when the settings have not changed.
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
  -- NaN is neither above nor below the limit.
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

-- The error of the first wrong setting by name, so that the message is always the same.
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

--- The error in settings, or nil.
---@param settings { mode: string?, interval: number?, window: number? }
---@return string|nil
function samples.check(settings)
  local err = check_each(settings)
  local interval = settings.interval or samples.settings().interval
  if err or not settings.window or settings.window <= interval then return err end
  return ("window: %g seconds are longer than the interval of %g"):format(settings.window,
    interval)
end

--- Changes the sampler of the whole process; nil keeps a setting. A window longer than the interval
--- is cut to it.
---@param settings { mode: string?, interval: number?, window: number? }
function samples.set(settings)
  local err = samples.check(settings)
  if err then error("sampler: " .. err, 2) end
  for name, value in pairs(settings) do
    shared.set("sampler." .. name, SECONDS[name] and value + 0.0 or value)
  end
end

--- Seconds that counting adds to each run of a program, measured when the sampler first ran. nil
--- before that, and when another process keeps the kernel counting.
---@return number|nil
function samples.counting_cost() return shared.get(COUNTING) end

--- Measures it, once.
function samples.measure()
  local cost = not samples.counting_cost() and bpf.stats_cost()
  if cost then shared.set(COUNTING, cost) end
end

return samples
