-- Page faults by process name.

local bpf = require("bpf")
local lunette = require("lunette")
local metrics = lunette.metrics

lunette.service("page_faults", function(svc)
  local object <close> = assert(bpf.load(lunette.path("page_faults.bpf.o")))
  assert(object:attach())
  while svc:sleep(60) do end
end)

metrics.map {
  name = "page_faults_total", type = "counter", help = "Page faults by process name.",
  match = { name = "page_faults" },
  labels = { comm = "key.comm",
    mode = { "key.kernel", { "static_map", { [0] = "user", [1] = "kernel" } } } },
  top = 100,
}
