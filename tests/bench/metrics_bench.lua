-- What a scrape costs: a hash of a million 16-byte keys by a declarative rule, streamed and as
-- top 100, and by a Lua function an entry, against the raw batch loop in C; and 10,000 series.

local bpf = require("bpf")
local core = require("lunette.core.metrics")
local lunette = require("lunette")
local d, metrics = lunette.decode, lunette.metrics

local build = os.getenv("LUNETTE_BUILD") or "build"
local ENTRIES = tonumber(os.getenv("BENCH_ENTRIES")) or 1000000

local object <close> = assert(bpf.load(build .. "/tests/bpf/metrics_big.bpf.o"))
local map <close> = object:map("mx_big")
local id = map:info().id

local function fill(which, entries)
  for i = 1, entries do
    assert(which:update(("process-%08d"):format(i), ("<I8"):pack(i)))
  end
end

local function raw()
  local binary = os.tmpname()
  assert(os.execute(("cc -O2 -o %s tests/bench/raw_batch.c -lbpf"):format(binary)))
  local best = math.huge
  for _ = 1, 3 do
    local pipe = assert(io.popen(("%s %d"):format(binary, id)))
    best = math.min(best, pipe:read("n"))
    pipe:close()
  end
  os.remove(binary)
  return best / 1e9
end

local function resident(field)
  for line in io.lines("/proc/self/status") do
    local kb = line:match("^" .. field .. ":%s+(%d+)")
    if kb then return tonumber(kb) / 1024 end
  end
end

local function reset_peak()
  local f = io.open("/proc/self/clear_refs", "w")
  if f then
    f:write("5")
    f:close()
  end
end

-- Seconds, bytes and the first byte's seconds of one scrape of a rule; the peak above idle.
local function scrape(name)
  collectgarbage()
  collectgarbage()
  reset_peak()
  local idle = resident("VmRSS")
  local _, start = core.now()
  local page = metrics.page { rules = { [name] = true }, off = { lunette = true } }
  local source <close> = page:source("text")
  local bytes, first = 0, nil
  for chunk in source.read, source do
    first = first or select(2, core.now()) - start
    bytes = bytes + #chunk
  end
  local _, stop = core.now()
  page:close()
  return { seconds = stop - start, bytes = bytes, first = first or 0,
    memory = resident("VmHWM") - idle }
end

local function show(what, result, limit, ratio)
  print(("%-34s %7.3f s  %5.2f x raw (bar %s)  %6.1f MB out  first byte %5.1f ms  +%.1f MiB")
    :format(what, result.seconds, result.seconds / limit, ratio, result.bytes / 1e6,
      result.first * 1000, result.memory))
end

-- Keys that stay in one bucket order: the label as text, and a plain function.
metrics.map { rule = "all", name = "bench_all", match = { id = id }, max_series = math.huge,
  decode = { key = d.cstring(16):as("comm"), value = d.u64() }, labels = { comm = "key.comm" } }
metrics.map { rule = "top", name = "bench_top", match = { id = id }, top = 100,
  decode = { key = d.cstring(16):as("comm"), value = d.u64() }, labels = { comm = "key.comm" } }
metrics.map { rule = "default", name = "bench_default", match = { id = id },
  decode = { key = d.cstring(16):as("comm"), value = d.u64() }, labels = { comm = "key.comm" } }
metrics.map { rule = "lua", name = "bench_lua", match = { id = id },
  decode = { key = d.cstring(16):as("comm"), value = d.u64() },
  labels = { digit = function(key) return key:sub(-1) end } }
metrics.map { rule = "lua top", name = "bench_lua_top", match = { id = id }, top = 100,
  decode = { key = d.cstring(16):as("comm"), value = d.u64() },
  labels = { comm = function(key) return key end } }
metrics.collect("ten thousand", function(emit)
  emit.family { name = "bench_series" }
  for i = 1, 10000 do emit("bench_series", i, { process = "process-" .. i }) end
end)

fill(map, ENTRIES)
local limit = raw()
print(("raw batch loop of %d entries: %.3f s, %.0f ns an entry"):format(ENTRIES, limit,
  limit / ENTRIES * 1e9))
show("declarative, every entry", scrape("all"), limit, "2.5")
show("declarative, top 100", scrape("top"), limit, "2.5")
show("declarative, 10,000 of them", scrape("default"), limit, "2.5")
show("Lua function, 10 series", scrape("lua"), limit, "8")
show("Lua function, top 100", scrape("lua top"), limit, "8")

local ten <close> = object:map("mx_ten")
metrics.map { rule = "ten", name = "bench_ten", match = { id = ten:info().id },
  decode = { key = d.cstring(16):as("comm"), value = d.u64() }, labels = { comm = "key.comm" } }
fill(ten, 10000)
print(("10,000 series of a map: %.1f ms (bar 20)"):format(scrape("ten").seconds * 1000))
print(("10,000 series of a collector: %.1f ms (bar 20)")
  :format(scrape("ten thousand").seconds * 1000))
