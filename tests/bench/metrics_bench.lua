-- The cost of a scrape: a hash of a million 16-byte keys by a declarative rule, streamed and as top
-- 100, and by a Lua function per entry, compared with a plain batch loop in C; and 10,000 series.

local lunette = require("lunette")
local bpf = require("bpf")
local metrics = require("lunette").metrics

local build = os.getenv("LUNETTE_BUILD") or "build"
local ENTRIES = tonumber(os.getenv("BENCH_ENTRIES")) or 1000000

local object <close> = assert(bpf.load(build .. "/tests/bpf/metrics_big.bpf.o"))
local map <close> = object:map("mx_big")
local ten <close> = object:map("mx_ten")
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

-- Seconds and bytes of a scrape of one rule, and the peak of memory above idle.
local function scrape(name)
  collectgarbage()
  collectgarbage()
  reset_peak()
  local idle = resident("VmRSS")
  local start = lunette.now()
  local page = metrics.page { rules = { [name] = true }, off = { lunette = true } }
  local source <close> = page:source("text")
  local bytes = 0
  for chunk in source.read, source do bytes = bytes + #chunk end
  local stop = lunette.now()
  page:close()
  return { seconds = stop - start, bytes = bytes, memory = resident("VmHWM") - idle }
end

local function show(what, result, limit, ratio)
  print(("%-28s %7.3f s  %5.2f x raw (bar %s)  %6.1f MB out  +%.1f MiB (bar 32)")
    :format(what, result.seconds, result.seconds / limit, ratio, result.bytes / 1e6,
      result.memory))
end

-- Seconds of one scrape of a rule by HTTP.
local function get(url, name)
  local pipe = assert(io.popen(("curl -s -o /dev/null -w '%%{time_total}' '%s/metrics?rule=%s'")
    :format(url, name:gsub(" ", "%%20"))))
  local total = pipe:read("n")
  pipe:close()
  return total
end

-- Runs fn(url) beside a server that has the rules.
local function with_server(fn)
  local out = os.tmpname()
  local pipe = assert(io.popen(("%s/lunette serve --listen 127.0.0.1:0 "
    .. "--script tests/bench/metrics_rules.lua >%s 2>&1 & echo $!"):format(build, out)))
  local pid, url = pipe:read("n"), nil
  pipe:close()
  repeat
    os.execute("sleep 0.1")
    for line in io.lines(out) do url = url or line:match("listening on (http://[%d.:]+)") end
  until url
  fn(url)
  os.execute("kill " .. pid)
  os.remove(out)
end


dofile("tests/bench/metrics_rules.lua")
fill(map, ENTRIES)
fill(ten, 10000)
local limit = raw()
print(("raw batch loop of %d entries: %.3f s, %.0f ns an entry"):format(ENTRIES, limit,
  limit / ENTRIES * 1e9))
show("declarative, every entry", scrape("all"), limit, "2.5")
show("declarative, top 100", scrape("top"), limit, "2.5")
show("declarative, 10,000 of them", scrape("default"), limit, "2.5")
show("Lua function, 10 series", scrape("lua"), limit, "8")
show("Lua function, top 100", scrape("lua top"), limit, "8")
for _, name in ipairs { "ten", "ten thousand" } do
  print(("10,000 series of a %s: %.1f ms (bar 20)"):format(name == "ten" and "map" or "collector",
    scrape(name).seconds * 1000))
end
with_server(function(url)
  for _, name in ipairs { "all", "top", "default", "lua", "lua top", "ten", "ten thousand" } do
    print(("by HTTP, %-12s %7.1f ms"):format(name, get(url, name) * 1000))
  end
end)
