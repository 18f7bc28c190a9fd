-- Bytes that each control group sends, by its path.

local bpf = require("bpf")
local lunette = require("lunette")
local d, metrics = lunette.decode, lunette.metrics

-- Where version 2 of control groups is mounted.
local function cgroup_root()
  for line in io.lines("/proc/mounts") do
    local path = line:match("^%S+ (%S+) cgroup2 ")
    if path then return path end
  end
  error("control groups (version 2) are not mounted")
end

lunette.service("cgroup_egress", function(svc)
  local object <close> = assert(bpf.load(lunette.path("cgroup_egress.bpf.o")))
  assert(object:attach("cgroup_sent", { cgroup = cgroup_root() }))
  while svc:sleep(60) do end
end)

metrics.map {
  name = "cgroup_egress", type = "counter", unit = "bytes",
  help = "Bytes sent by control group.",
  match = { name = "cgroup_egress" },
  decode = { key = d.cgroup():as("cgroup") },
  labels = { cgroup = "key" },
  top = 100,
}
