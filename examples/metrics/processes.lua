-- Processes that begin, and programs that are run, by name.

local lunette = require("lunette")
local metrics = lunette.metrics

lunette.load("processes", "processes.bpf.o")

metrics.map {
  name = "processes_begun_total", type = "counter",
  help = "Forks (by parent) and runs (by program), by name.",
  match = { name = "processes" },
  labels = { comm = "key.comm",
    event = { "key.exec", { "static_map", { [0] = "fork", [1] = "exec" } } } },
  top = 100,
}
