-- Run-queue latency: how long tasks that could run wait for a CPU.

local bpf = require("bpf")
local lunette = require("lunette")
local metrics = lunette.metrics

lunette.service("run_queue", function(svc)
  local object <close> = assert(bpf.load(lunette.path("run_queue.bpf.o")))
  assert(object:attach())
  while svc:sleep(60) do end
end)

metrics.map {
  name = "run_queue_latency", type = "histogram", unit = "seconds",
  help = "Time from waking until running.",
  match = { name = "rq_latency" },
  slots = "value.waits_us", sum = "value.sum_us", from = "us",
  buckets = { kind = "log2", max = 25, unit = "us" },
}
