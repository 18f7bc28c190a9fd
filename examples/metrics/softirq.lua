-- Soft interrupts: how many, and how long they took, by kind.

local lunette = require("lunette")
local metrics = lunette.metrics

local KINDS = { [0] = "HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED",
  "HRTIMER", "RCU" }

lunette.load("softirq", "softirq.bpf.o")

metrics.map {
  rule = "softirq",
  match = { name = "softirqs" },
  labels = { kind = { "key", { "static_map", KINDS } } },
  filter = { kind = "^[A-Z]" }, -- the array has room for more kinds than there are
  metrics = {
    { name = "softirqs_total", type = "counter", help = "Soft interrupts.",
      value = "value.count" },
    { name = "softirq_time", type = "counter", unit = "seconds", from = "ns",
      help = "Time in soft interrupts.", value = "value.ns" },
  },
}
