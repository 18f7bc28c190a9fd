-- Who watches what programs cost, and how the sampler is set: keys in `shared` by which the
-- sampler service and those who look at its samples (bpf.sampler) meet.

local bpf = require("bpf")
local shared = require("lunette").shared

local samples = {}

-- Every sample's rates are also published here.
samples.TOPIC = "programRates"

local WANTED = "sampler.wanted"
local WANTED_FOR = 20 -- seconds

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

local function check_seconds(name, value)
  if value == nil then return end
  if type(value) ~= "number" or value < 0.01 or value > 3600 then
    error(("sampler: %s must be from 0.01 to 3600 seconds"):format(name), 3)
  end
  shared.set("sampler." .. name, value + 0.0)
end

--- Sets the sampler, for the whole process; what is nil stays as it is.
---@param settings { mode: string?, interval: number?, window: number? }
function samples.set(settings)
  if settings.mode and not MODES[settings.mode] then
    error("sampler: a mode is watch, always, window or off", 2)
  end
  check_seconds("interval", settings.interval)
  check_seconds("window", settings.window)
  if settings.mode then shared.set("sampler.mode", settings.mode) end
end

return samples
