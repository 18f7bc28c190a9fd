-- System calls by process and name of the call: the hundred busiest pairs.

local lunette = require("lunette")
local metrics = lunette.metrics

lunette.load("syscalls_by_process", "syscalls_by_process.bpf.o")

metrics.map {
  name = "process_syscalls_total", type = "counter",
  help = "System calls by process name and call.",
  match = { name = "process_calls" },
  labels = { comm = "key.comm", syscall = { "key.number", "syscall" } },
  top = 100,
}
