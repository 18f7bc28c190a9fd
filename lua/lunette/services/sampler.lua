-- The built-in service "sampler": it switches the kernel's run-time statistics on and takes a
-- sample by bpf.sampler() in every interval; by default only while the samples are read.

local bpf = require("bpf")
local lunette = require("lunette")
local samples = require("lunette.sampler")

local shared = lunette.shared

local IDLE = 0.5 -- seconds between two checks whether samples are requested
local NAP = 2 -- seconds after which changed settings are noticed
local RETRY = 10 -- seconds, where the kernel refuses statistics

local function wanted(topic)
  local mode = samples.settings().mode
  if mode ~= "watch" then return mode ~= "off" end
  return topic:subscribers() > 0 or samples.wanted()
end

-- Sleeps, but not beyond a change of settings. False when the service must stop.
local function rest(svc, seconds, settings)
  while seconds > 0 and samples.same(settings) do
    local nap = math.min(seconds, NAP)
    if not svc:sleep(nap) then return false end
    seconds = seconds - nap
  end
  return true
end

-- One interval with the statistics on all the time. False when the service is to stop.
local function whole(svc, sampler, settings)
  assert(sampler:stats(true))
  return rest(svc, settings.interval, settings)
end

-- One interval with the statistics on only at its end. Runs counted before are left out.
local function window(svc, sampler, settings)
  sampler:stats(false)
  if not rest(svc, settings.interval - settings.window, settings) then return false end
  assert(sampler:stats(true))
  assert(sampler:baseline())
  local go_on = rest(svc, settings.window, settings)
  sampler:stats(false)
  return go_on
end

-- Samples while the samples are read; false when the service is to stop.
local function watch(svc, topic, sampler)
  samples.measure()
  assert(sampler:baseline())
  while wanted(topic) do
    local settings = samples.settings()
    local interval = settings.mode == "window" and window or whole
    if not interval(svc, sampler, settings) then return false end
    assert(sampler:sample())
    if topic:subscribers() > 0 then topic:publish(sampler:rates()) end
  end
  return true
end

lunette.service("sampler", function(svc)
  local topic, sampler = lunette.topic(samples.TOPIC), bpf.sampler()
  while not svc.stopping do
    local pause = IDLE
    if wanted(topic) then
      shared.set("sampler.active", true)
      local ok, go_on = pcall(watch, svc, topic, sampler)
      sampler:stats(false)
      shared.set("sampler.active", false)
      if ok and not go_on then return end
      if not ok then pause = RETRY end
    end
    if not svc:sleep(pause) then return end
  end
end)
