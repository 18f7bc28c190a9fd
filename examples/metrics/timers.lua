-- Kernel timers by the function that they call, as a symbol.

local lunette = require("lunette")
local d, metrics = lunette.decode, lunette.metrics

lunette.load("timers", "timers.bpf.o")

metrics.map {
  name = "kernel_timers_total", type = "counter",
  help = "Timers started, and high-resolution timers expired, by function.",
  match = { name = "timer_starts" },
  decode = { key = d.struct { d.ksym():as("function"), d.u64():as("high_resolution") } },
  labels = { ["function"] = "key.function",
    kind = { "key.high_resolution", { "static_map", { [0] = "timer", [1] = "hrtimer" } } } },
  -- "tick_nohz_handler+0x0" is one function.
  relabel = { { label = "function", pattern = "^([^+]*)\\+", replace = "$1" } },
  top = 100,
}
