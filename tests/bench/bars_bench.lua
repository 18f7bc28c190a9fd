-- One table: the time of everything that reads a map as a whole, as a multiple of a raw batch loop
-- and beside its bar. A hash of a million 16-byte keys; each figure is the median of five, taken by
-- turns, so that a machine that slows down does so for all of them; the spread is the least and the
-- most.

local bpf = require("bpf")
local lunette = require("lunette")
local d, metrics = lunette.decode, lunette.metrics

local build = os.getenv("LUNETTE_BUILD") or "build"
local binary = os.getenv("LUNETTE") or build .. "/lunette"
local ENTRIES = tonumber(os.getenv("BENCH_ENTRIES")) or 1000000
local ROUNDS = tonumber(os.getenv("BENCH_ROUNDS")) or 5

local object <close> = assert(bpf.load(build .. "/tests/bpf/maps_big.bpf.o"))
local map <close> = object:map("mt_big")
for i = 1, ENTRIES do assert(map:update(("process-%08d"):format(i), ("<I8"):pack(i))) end
local id = map:id()

local KEY, VALUE = d.cstring(16):as("comm"), d.u64():as("calls")
local by_lua = {
  key_plan = d.compile(KEY, 16),
  value_plan = d.compile(function(bytes) return ("<I8"):unpack(bytes) end, 8),
}

local function rule(name, fields)
  fields.rule, fields.name, fields.match = name, "bench_" .. name, { id = id }
  fields.decode, fields.labels = { key = KEY, value = VALUE }, { comm = "key.comm" }
  metrics.map(fields)
end
rule("every", { max_series = math.huge })
rule("top", { top = 100 })

local function command(text)
  local line = text:format(id) .. " >/dev/null 2>&1"
  return function() assert(os.execute(line), line) end
end

local function drain(source)
  local from <close> = source
  while from:read() do end -- luacheck: ignore 542
end

local function scrape(name)
  return function()
    local page <close> = metrics.page { rules = { [name] = true }, off = { lunette = true } }
    drain(page:source("text"))
  end
end

local raw = os.tmpname()
assert(os.execute(("cc -O2 -o %s tests/bench/raw_batch.c -lbpf"):format(raw)))

-- name, how, and the bar as a multiple of the raw loop
local ITEMS = {
  { "raw batch loop, one thread", command(raw .. " %d") },
  { "bpftool map dump -j", command("bpftool map dump id %d -j") },
  { "map dump -j", command(binary .. " map dump %d -j"), 0.65 },
  { "map dump --ndjson", command(binary .. " map dump %d --ndjson"), 0.6 },
  { "map dump --csv", command(binary .. " map dump %d --csv"), 0.6 },
  { "map dump, a table", command(binary .. " map dump %d"), 2 },
  { "map dump -j, on one CPU", command("taskset 1 " .. binary .. " map dump %d -j"), 1.5 },
  { "map dump -j --sort value", command(binary .. " map dump %d -j --sort value"), 1.8 },
  { "map dump -j --sort value --top 100",
    command(binary .. " map dump %d -j --sort value --top 100"), 0.7 },
  { "NDJSON, a Lua function an entry", function()
    drain(map:stream { format = "ndjson", decoder = by_lua })
  end, 1.8 },
  { "a scrape of every entry", scrape("every"), 1 },
  { "a scrape of the top 100", scrape("top"), 0.7 },
}

local function seconds(work)
  collectgarbage()
  local start = lunette.now()
  work()
  return lunette.now() - start
end

local times = {}
for i in ipairs(ITEMS) do times[i] = {} end
for _ = 1, ROUNDS do
  for i, item in ipairs(ITEMS) do table.insert(times[i], seconds(item[2])) end
end
os.remove(raw)

local function median(list) return list[#list // 2 + 1] end

for _, list in ipairs(times) do table.sort(list) end
local limit, bpftool = median(times[1]), median(times[2])
print(("%d entries, medians of %d by turns"):format(ENTRIES, ROUNDS))
print(("%-36s %9s %15s %7s %6s  %s"):format("", "seconds", "spread", "x raw", "bar", "x bpftool"))
for i, item in ipairs(ITEMS) do
  local middle, bar = median(times[i]), item[3]
  local ratio = middle / limit
  print(("%-36s %9.3f %7.3f–%.3f %7.2f %6s  %5.1f%s"):format(item[1], middle, times[i][1],
    times[i][ROUNDS], ratio, bar or "", bpftool / middle,
    bar and (ratio <= bar and "  ok" or "  over") or ""))
end
