-- Page faults by process name.

local lunette = require("lunette")
local metrics = lunette.metrics

lunette.load("page_faults", "page_faults.bpf.o")

metrics.map {
  name = "page_faults_total", type = "counter", help = "Page faults by process name.",
  match = { name = "page_faults" },
  labels = { comm = "key.comm",
    mode = { "key.kernel", { "static_map", { [0] = "user", [1] = "kernel" } } } },
  top = 100,
}
