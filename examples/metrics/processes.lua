-- Processes that begin, and programs that are run, by name.

local bpf = require("bpf")
local lunette = require("lunette")
local metrics = lunette.metrics

lunette.service("processes", function(svc)
  local object <close> = assert(bpf.load(lunette.path("processes.bpf.o")))
  assert(object:attach())
  while svc:sleep(60) do end
end)

metrics.map {
  name = "processes_begun_total", type = "counter",
  help = "Forks (by parent) and runs (by program), by name.",
  match = { name = "processes" },
  labels = { comm = "key.comm",
    event = { "key.exec", { "static_map", { [0] = "fork", [1] = "exec" } } } },
  top = 100,
}
