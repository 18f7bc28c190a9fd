-- Loads a BPF program, lets it count for a while and prints what it counted: a whole tracer in
-- one script. lunette run examples/count-syscalls.lua [SECONDS]

local bpf = require("bpf")
local lunette = require("lunette")
local tty = require("lunette.core.tty")

local seconds = tonumber(arg[1]) or 0.5

-- Keys and values are the structs of syscalls.bpf.c; of a per-CPU map there is one a CPU.
local function sum(cpus)
  local total = 0
  for _, count in ipairs(cpus) do total = total + count.calls end
  return total
end

-- Released on every way out: the end, an error, Ctrl-C.
local object <close> = assert(bpf.load(lunette.path("syscalls/syscalls.bpf.o")))
assert(object:attach())
tty.sleep(seconds)

local map <close> = object:map("SYSCALLNUM")
local rows = {}
for process, cpus in map:each() do
  rows[#rows + 1] = { comm = process.comm, calls = sum(cpus) }
end
table.sort(rows, function(a, b) return a.calls > b.calls end)
for i = 1, math.min(#rows, 10) do
  print(("%-16s %8.0f/s"):format(rows[i].comm, rows[i].calls / seconds))
end
