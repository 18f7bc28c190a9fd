-- Stands in for a bpftrace of a current version: holds maps in its layouts, as its command line
-- says (`-e SCRIPT`), says its process id, and waits to be ended.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local function i64(x) return ("<i8"):pack(x) end

local cpus = bpf.cpus()

-- What CPU 0 has, what the last has, and nothing on the others.
local function split(first, last, size)
  local values = {}
  for cpu = 1, cpus do values[cpu] = ("\0"):rep(size) end
  values[1], values[cpus] = first, last
  return values
end

local object <close> = assert(bpf.load(fixture.object("bpftrace_maps")))

local function put(name, key, ...)
  local map <close> = object:map(name)
  assert(map:update(key, split(...)))
end

put("AT_zn_avg", i64(7), i64(30) .. i64(2), i64(30) .. i64(1), 16)
put("AT_zn_stats", i64(7), i64(-30) .. i64(2), i64(10) .. i64(2), 16)
put("AT_zn_min", i64(7), ("\0"):rep(16), i64(5) .. i64(1), 16)
put("AT_zn_min", i64(8), i64(3) .. i64(1), i64(4) .. i64(1), 16)
put("AT_zn_max", i64(7), i64(-9) .. i64(1), ("\0"):rep(16), 16)
put("AT_zn_hist", i64(7) .. i64(0), i64(1), i64(0), 8)
put("AT_zn_hist", i64(7) .. i64(4), i64(2), i64(3), 8)
put("AT_zn_keys", i64(1) .. i64(-2), i64(5), i64(6), 8)

print(fixture.pid())
io.stdout:flush()
while os.execute("sleep 0.2") do end
