-- Block I/O: how long requests take and how large they are, two histograms a disk from one pass.

local lunette = require("lunette")
local metrics = lunette.metrics

lunette.load("block_io", "block_io.bpf.o")

metrics.map {
  rule = "block_io",
  match = { name = "io_by_disk" },
  labels = { disk = { "key", "majorminor" } },
  metrics = {
    { name = "block_io_latency", type = "histogram", unit = "seconds",
      help = "Time from issue to completion of a block request.",
      slots = "value.latency_us", sum = "value.latency_sum_us", from = "us",
      buckets = { kind = "log2", max = 25, unit = "us" } },
    { name = "block_io_size", type = "histogram", unit = "bytes",
      help = "Size of a block request.",
      slots = "value.size", sum = "value.size_sum", buckets = { kind = "log2", max = 25 } },
  },
}
