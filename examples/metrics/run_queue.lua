-- Run-queue latency: how long tasks that could run wait for a CPU.

local lunette = require("lunette")
local metrics = lunette.metrics

lunette.load("run_queue", "run_queue.bpf.o")

metrics.map {
  name = "run_queue_latency", type = "histogram", unit = "seconds",
  help = "Time from waking until running.",
  match = { name = "rq_latency" },
  slots = "value.waits_us", sum = "value.sum_us", from = "us",
  buckets = { kind = "log2", max = 25, unit = "us" },
}
