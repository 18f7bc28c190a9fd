-- Stands in for a current version of bpftrace: holds maps in its layouts, with its command line
-- (`-e SCRIPT`), prints its process id, and waits to be killed.

package.path = "./?.lua;" .. package.path

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local function i64(x) return ("<i8"):pack(x) end

local cpus = bpf.cpus()

-- A value for CPU 0, one for the last CPU, and 0 for the others.
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

-- Stacks of two frames: of the kernel, and of this process's C library.
local function address_of_libc()
  for line in io.lines("/proc/self/maps") do
    local start, offset = line:match("^(%x+)%-%x+ r%-xp (%x+) .*/libc%.so%.6$")
    if start then return tonumber(start, 16) - tonumber(offset, 16) end
  end
end

local getpgid = tonumber(fixture.output("readelf -sW $(ldconfig -p | sed -n "
  .. "'s|.*libc.so.6 .*x86-64.*=> ||p' | head -1) | awk '/ getpgid@@/ { print $2; exit }'"), 16)
local kernel = i64(bpf.ksym_address("do_exit") + 5) .. i64(bpf.ksym_address("vfs_read"))
local user = i64(address_of_libc() + (getpgid or 0) + 4) .. i64(0)
local own = ("<I4I4"):pack(fixture.pid(), 1)
local rest = ("\0"):rep(32)

put("AT_zn_khash", i64(77) .. i64(2), i64(5), i64(0), 8)
put("AT_zn_uhash", i64(78) .. i64(1) .. own, i64(6), i64(0), 8)
put("AT_zn_kin", i64(2) .. kernel .. rest, i64(7), i64(0), 8)
put("AT_zn_uin", own .. i64(1) .. user .. rest, i64(8), i64(0), 8)
local other <close> = assert(bpf.load(fixture.object("bpftrace_stacks")))
do
  local stacks <close> = other:map("stack_bpftrace_6")
  assert(stacks:update(i64(77) .. i64(2), kernel .. rest))
  assert(stacks:update(i64(78) .. i64(1), user .. rest))
end
put("AT_zn_mixed", ("<c16i8c8"):pack("sleep", 7, "abc"), i64(1), i64(2), 8)

print(fixture.pid())
io.stdout:flush()
while os.execute("sleep 0.2") do end
