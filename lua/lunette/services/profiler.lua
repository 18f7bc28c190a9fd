-- The built-in service "profiler": while the topic "hotSpots" has subscribers, it samples the
-- running instruction by the CPU clock, and publishes the samples in BPF programs every second.

local bpf = require("bpf")
local lunette = require("lunette")

local PERIOD = 1.0 -- seconds of samples in one event
local IDLE = 0.25 -- seconds between two checks for subscribers

local function follow(svc, topic)
  local opened, err = bpf.profile()
  if not opened then
    topic:publish { error = err, samples = 0, hot = {} }
    return svc:sleep(10)
  end
  local profile <close> = opened
  while topic:subscribers() > 0 do
    if not svc:sleep(PERIOD) then return end
    local seen = profile:read()
    if seen then topic:publish(seen) end
  end
end

lunette.service("profiler", function(svc)
  local topic = lunette.topic("hotSpots")
  repeat
    if topic:subscribers() > 0 then follow(svc, topic) end
  until not svc:sleep(IDLE)
end)
