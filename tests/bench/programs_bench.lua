-- The cost of reading programs: listing 500 (by bpf.progs, by bpftool, by GraphQL with their maps)
-- and 1,000 with owners and attachments; a sample of 500; and the cost of the kernel's statistics
-- for a loop of system calls: off, on, and on during a window.

local lunette = require("lunette")
local attach = require("lunette.attach")
local bpf = require("bpf")

local build = os.getenv("LUNETTE_BUILD") or "build"
local OBJECT = build .. "/tests/bpf/objects.bpf.o"
local CALLS = tonumber(os.getenv("BENCH_CALLS")) or 500000

local EBUSY = 16

local objects = {}

local function seconds(work)
  local start = lunette.now()
  work()
  local stop = lunette.now()
  return stop - start
end

local function best_of(times, work, clock)
  local best = math.huge
  for _ = 1, times do best = math.min(best, (clock or seconds)(work)) end
  return best
end

-- This process's CPU time, so that other work on the machine does not count.
local function cpu(work)
  local start = os.clock()
  work()
  return os.clock() - start
end

local function milliseconds(label, took, more)
  print(("%-44s %8.2f ms%s"):format(label, took * 1000, more or ""))
end

-- Each object has seven programs and two maps.
local function load_until(programs)
  while #bpf.ids("prog") < programs do
    local object = assert(bpf.load(OBJECT))
    object:attach("obj_iter")
    objects[#objects + 1] = object
  end
end

local function unload()
  for _, object in ipairs(objects) do object:close() end
  objects = {}
end

local QUERY = [[{ programs { id name type tag runTime runCount loadTime verifiedInsns
  maps { id name type } } }]]

local function graphql()
  local schema = require("lunette.schema").build()
  local engine = require("lunette.graphql")
  return function()
    local result = engine.execute { schema = schema, source = QUERY, context = {} }
    assert(not result.errors, result.errors and result.errors[1].message)
  end
end

local function listing()
  load_until(500)
  local own = best_of(5, function()
    bpf.progs()
    bpf.maps()
  end)
  milliseconds("500 programs and their maps", own)
  local theirs = best_of(3, function()
    os.execute("bpftool -j prog show > /dev/null; bpftool -j map show > /dev/null")
  end)
  milliseconds("the same by bpftool -j", theirs, (" (%.1f times as long)"):format(theirs / own))
  local query = graphql()
  local by_query = best_of(5, query)
  milliseconds("the same by GraphQL, 8 fields and maps", by_query,
    (" (%.1f times as long)"):format(by_query / own))
end

local function sampling()
  local sampler <close> = bpf.sampler { keep = 900 }
  sampler:stats(true)
  sampler:sample()
  local took = best_of(10, function() sampler:sample() end, cpu)
  milliseconds(("a sample of %d programs"):format(sampler:state().programs), took,
    (" (%.2f %% of a core at one a second)"):format(took * 100))
end

local function looking()
  load_until(1000)
  attach.list()
  local took = best_of(5, function()
    attach.list { seen = { progs = bpf.progs(), owners = bpf.owners() } }
  end, cpu)
  milliseconds("1,000 programs with owners and attachments", took)
end

-- The CPU time of a process that makes that many reads and writes of one byte.
local function calls()
  local dd = ("dd if=/dev/zero of=/dev/null bs=1 count=%d 2>/dev/null"):format(CALLS)
  local command = ("bash -c 'TIMEFORMAT=%%3U+%%3S; time %s' 2>&1"):format(dd)
  local best = math.huge
  for _ = 1, 5 do
    local pipe = assert(io.popen(command))
    local user, system = pipe:read("a"):match("([%d.]+)%+([%d.]+)")
    pipe:close()
    best = math.min(best, tonumber(user) + tonumber(system))
  end
  return best
end

local function counting()
  if select(3, bpf.stats_cost()) == EBUSY then
    print("somebody else has the statistics on: the next figures are all of statistics on")
  end
  local object <close> = assert(bpf.load(OBJECT))
  local none = calls()
  object:attach("obj_raw_tp")
  local off = calls()
  local stats = bpf.stats()
  local on = calls()
  stats:close()
  local helper = assert(io.popen(("%s/lunette run tests/bench/window.lua & echo $!; wait")
    :format(build)))
  local pid = helper:read("n")
  local window = calls()
  os.execute("kill " .. pid)
  helper:close()
  local function line(label, took)
    print(("%-44s %8.2f s, %.2f times as long as off, %+.1f ns a run"):format(label, took,
      took / off, (took - off) / CALLS * 1e9 / 2))
  end
  print(("%-44s %8.2f s"):format(("%d reads and writes, no program"):format(CALLS), none))
  line("with a program on each exit, statistics off", off)
  local cost = bpf.stats_cost()
  if cost then
    print(("%-44s %8.1f ns a run"):format("statistics, on a program of nothing", cost * 1e9))
  end
  line("statistics on", on)
  line("statistics on for a tenth of each second", window)
end

listing()
sampling()
looking()
unload()
counting()
