-- Packets that the kernel drops, by the name that it gives the reason.

local lunette = require("lunette")
local metrics = lunette.metrics

-- The names are the kernel's own, in the text of its trace event.
local function reasons()
  local names = {}
  local file = io.open("/sys/kernel/tracing/events/skb/kfree_skb/format")
  if not file then return names end
  for number, name in file:read("a"):gmatch('{%s*(%d+),%s*"([%w_]+)"%s*}') do
    names[tonumber(number)] = name
  end
  file:close()
  return names
end

lunette.load("dropped_packets", "dropped_packets.bpf.o")

metrics.map {
  name = "dropped_packets_total", type = "counter", help = "Packets dropped, by reason.",
  match = { name = "drop_reasons" },
  labels = { reason = { "key", { "static_map", reasons() } } },
  top = 50,
}
