-- Bytes that each control group sends, by its path.

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

lunette.load("cgroup_egress", "cgroup_egress.bpf.o", function(object)
  assert(object:attach("cgroup_sent", { cgroup = cgroup_root() }))
end)

metrics.map {
  name = "cgroup_egress", type = "counter", unit = "bytes",
  help = "Bytes sent by control group.",
  match = { name = "cgroup_egress" },
  decode = { key = d.cgroup():as("cgroup") },
  labels = { cgroup = "key" },
  top = 100,
}
