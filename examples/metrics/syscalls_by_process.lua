-- System calls by process and name of the call: the hundred busiest pairs.

local bpf = require("bpf")
local lunette = require("lunette")
local metrics = lunette.metrics

lunette.service("syscalls_by_process", function(svc)
  local object <close> = assert(bpf.load(lunette.path("syscalls_by_process.bpf.o")))
  assert(object:attach())
  while svc:sleep(60) do end
end)

metrics.map {
  name = "process_syscalls_total", type = "counter",
  help = "System calls by process name and call.",
  match = { name = "process_calls" },
  labels = { comm = "key.comm", syscall = { "key.number", "syscall" } },
  top = 100,
}
