-- The built-in service "tracelog": while the topic "traceLog" has subscribers, it reads the lines
-- of bpf_printk and publishes them.

local bpf = require("bpf")
local lunette = require("lunette")
local trace = require("lunette.code.trace")

local WAIT = 0.25 -- seconds to wait for lines, and between two checks for subscribers
local MOST = 1000 -- most lines in one event; of more lines the newest

local function newest(lines)
  if #lines <= MOST then return lines end
  return table.move(lines, #lines - MOST + 1, #lines, 1, {})
end

-- Reads while there are subscribers. An error is published as a line.
local function follow(svc, topic)
  local opened, err = bpf.trace_log()
  if not opened then
    topic:publish { { text = err } }
    return svc:sleep(10)
  end
  local log <close> = opened
  while topic:subscribers() > 0 and not svc.stopping do
    local lines = trace.lines(log:read(WAIT) or "")
    if #lines > 0 then topic:publish(newest(lines)) end
  end
end

lunette.service("tracelog", function(svc)
  local topic = lunette.topic("traceLog")
  repeat
    if topic:subscribers() > 0 then follow(svc, topic) end
  until not svc:sleep(WAIT)
end)
