-- The time to read a whole map: a hash of a million 16-byte keys and u64 values, and its per-CPU
-- form, compared with bpftool's dump and a plain batch loop in C, in one run. Also the time of
-- sorted and filtered pages.

local bpf = require("bpf")
local cells = require("lunette.table.cells")
local d = require("lunette.decode")
local lunette = require("lunette")
local pages = require("lunette.table.pages")

local build = os.getenv("LUNETTE_BUILD") or "build"
local program = os.getenv("LUNETTE") or build .. "/lunette"
local ENTRIES = tonumber(os.getenv("BENCH_ENTRIES")) or 1000000

local function seconds(work)
  local start = lunette.now()
  local result = work()
  local stop = lunette.now()
  return stop - start, result
end

local function best_of(times, work)
  local best, result = math.huge, nil
  for _ = 1, times do
    local took
    took, result = seconds(work)
    best = math.min(best, took)
  end
  return best, result
end

local function memory(field)
  for line in io.lines("/proc/self/status") do
    local kb = line:match("^" .. field .. ":%s+(%d+)")
    if kb then return tonumber(kb) / 1024 end
  end
end

local function reset_peak()
  local file <close> = io.open("/proc/self/clear_refs", "w")
  if file then file:write("5") end
end

local function raw(id)
  local binary = os.tmpname()
  assert(os.execute(("cc -O2 -o %s tests/bench/raw_batch.c -lbpf"):format(binary)))
  local command = ("%s %d >/dev/null"):format(binary, id)
  local best = best_of(3, function() assert(os.execute(command)) end)
  os.remove(binary)
  return best
end

local function drain(map, options)
  local bytes = 0
  local stream <close> = assert(map:stream(options))
  for chunk in function() return stream:read() end do bytes = bytes + #chunk end
  return bytes
end

local function show(what, took, limit, more)
  print(("  %-38s %7.3f s  %5.2f x raw%s"):format(what, took, took / limit, more or ""))
end

local function streamed(map, what, options, limit, bar)
  collectgarbage()
  reset_peak()
  local idle = memory("VmRSS")
  local took, bytes = best_of(2, function() return drain(map, options) end)
  show(what, took, limit, ("%s  %5.1f MB  +%.1f MiB"):format(
    bar and (" (bar %s)"):format(bar) or "", bytes / 1e6, memory("VmHWM") - idle))
end

-- Pages of the table, as GraphQL and `map dump --sort` read them: C reads, tests and sorts.
local function page(map, what, decoder, args, limit)
  local reader = cells.reader(map:info(), decoder, { cpus = "SUM" })
  args.first = args.first or 100
  collectgarbage()
  reset_peak()
  local idle = memory("VmRSS")
  local took, found = best_of(3, function() return pages.read(map, reader, args) end)
  show(what, took, limit, ("  %d rows of %d  +%.1f MiB"):format(#found.rows, found.scanned,
    memory("VmHWM") - idle))
  return found.pageInfo.endCursor
end

local function sorted(map, decoder, function_decoder, limit)
  local by_calls = { column = "calls", order = "DESC" }
  local after = page(map, "sort by a number, 100 rows", decoder, { sort = by_calls }, limit)
  page(map, "the page after it", decoder, { sort = by_calls, after = after }, limit)
  page(map, "10000 rows", decoder, { sort = by_calls, first = 10000 }, limit)
  page(map, "sort by a text", decoder, { sort = { column = "comm", order = "ASC" } }, limit)
  page(map, "two conditions, sorted", decoder, { sort = by_calls, filter = {
    { column = "comm", op = "CONTAINS", value = "77" },
    { column = "calls", op = "LT", value = ENTRIES // 2 },
  } }, limit)
  page(map, "a condition that none meets", decoder, {
    filter = { { column = "calls", op = "EQ", value = -1 } },
  }, limit)
  page(map, "sort by what a Lua function makes", function_decoder,
    { sort = { column = "value", order = "DESC" } }, limit)
end

local function measure(map, decoder, function_decoder)
  local id = map:id()
  local limit = raw(id)
  local bpftool = seconds(function()
    os.execute(("bpftool map dump id %d -j >/dev/null"):format(id))
  end)
  show("raw batch loop", limit, limit)
  show("bpftool map dump -j", bpftool, limit)
  local dump = best_of(2, function()
    assert(os.execute(("%s map dump %d -j >/dev/null"):format(program, id)))
  end)
  show("lunette map dump -j", dump, limit, ("  %.1f times faster than bpftool (bar 8)")
    :format(bpftool / dump))
  show("lunette map dump --sort value --ndjson", best_of(2, function()
    assert(os.execute(("%s map dump %d --sort value --ndjson >/dev/null"):format(program, id)))
  end), limit)
  map:use(decoder)
  streamed(map, "NDJSON", { format = "ndjson" }, limit, "2.5")
  streamed(map, "CSV", { format = "csv" }, limit)
  map:use(function_decoder)
  streamed(map, "NDJSON, a Lua function an entry", { format = "ndjson" }, limit, "8")
  local each = seconds(function() for _ in map:each { raw = true } do end end)
  show("for k, v in map:each { raw = true }", each, limit)
  local count = best_of(3, function() return map:count() end)
  print(("  %-38s %7.3f ms"):format("count, by one iterator read", count * 1000))
  sorted(map, decoder, function_decoder, limit)
end

local function decoder(key, value, reduce)
  return { key_plan = d.compile(key, 16), value_plan = d.compile(value, 8), reduce = reduce }
end

local object <close> = assert(bpf.load(build .. "/tests/bpf/maps_big.bpf.o"))
for _, name in ipairs { "mt_big", "mt_big_pc" } do
  local map <close> = object:map(name)
  for i = 1, ENTRIES do assert(map:update(("process-%08d"):format(i), ("<I8"):pack(i))) end
  local reduce = name == "mt_big_pc" and "sum" or nil
  print(("%s, %d entries"):format(name, ENTRIES))
  measure(map, decoder(d.cstring(16):as("comm"), d.u64():as("calls"), reduce),
    decoder(d.cstring(16):as("comm"), function(bytes)
      if type(bytes) == "table" then bytes = bytes[1] end
      return ("<I8"):unpack(bytes)
    end, reduce))
end
