-- The built-in service "sampler": while someone looks (or always), it keeps the kernel's
-- run-time statistics on, and leaves what each program cost every second for all to read.

local bpf = require("bpf")
local lunette = require("lunette")
local samples = require("lunette.schema.samples")

local shared = lunette.shared

local IDLE = 0.5 -- seconds between looks whether anyone wants samples

local function now(host) return host.boot_time + bpf.uptime() end

-- The counters of every program, by id.
local function read()
  local counters = {}
  for _, prog in ipairs(bpf.progs() or {}) do counters[prog.id] = prog end
  return counters
end

-- What changed between two readings: { id, runs, ns, misses } of the programs that ran.
local function differences(before, after)
  local records = {}
  for id, prog in pairs(after) do
    local was = before[id] or { run_cnt = 0, run_time_ns = 0, recursion_misses = 0 }
    local runs = prog.run_cnt - was.run_cnt
    local misses = (prog.recursion_misses or 0) - (was.recursion_misses or 0)
    if runs > 0 or misses > 0 then
      local ns = prog.run_time_ns - was.run_time_ns
      records[#records + 1] = { id = id, runs = runs, ns = ns, misses = misses }
    end
  end
  table.sort(records, function(a, b) return a.id < b.id end)
  return records
end

local function wanted(topic)
  local mode = shared.get("sampler.mode") or "watch"
  if mode ~= "watch" then return mode == "always" end
  return topic:subscribers() > 0 or samples.wanted()
end

-- Samples until nobody looks any more, or the service stops.
local function watch(svc, topic)
  local stats <close> = bpf.stats()
  if not stats then return svc:sleep(IDLE * 10) end
  local host = bpf.host()
  local before, before_time = read(), now(host)
  while wanted(topic) do
    local interval = shared.get("sampler.interval") or 1.0
    if not svc:sleep(interval) then return false end
    local after, time = read(), now(host)
    local text = samples.pack(time, time - before_time, differences(before, after))
    samples.keep(text)
    topic:publish(samples.rates(text))
    before, before_time = after, time
  end
  return true
end

lunette.service("sampler", function(svc)
  local topic = lunette.topic(samples.TOPIC)
  while not svc.stopping do
    if wanted(topic) then
      shared.set("sampler.active", true)
      watch(svc, topic)
      shared.set("sampler.active", false)
    end
    if not svc:sleep(IDLE) then return end
  end
end)
