-- Packets and bytes that an interface receives, by protocol, counted before the network stack
-- sees them.

local bpf = require("bpf")
local lunette = require("lunette")
local d, metrics = lunette.decode, lunette.metrics

local PROTOCOLS = { [0] = "none", [1] = "ICMP", [2] = "IGMP", [6] = "TCP", [17] = "UDP",
  [47] = "GRE", [58] = "ICMPv6", [132] = "SCTP" }
local ETHERTYPES = { [0x0800] = "IPv4", [0x0806] = "ARP", [0x86dd] = "IPv6" }

lunette.service("xdp_protocols", function(svc)
  local object <close> = assert(bpf.load(lunette.path("xdp_protocols.bpf.o")))
  -- Which one to look at: lo, or what the environment says.
  local interface = os.getenv("LUNETTE_INTERFACE") or "lo"
  assert(object:attach("xdp_count", { interface = interface }))
  while svc:sleep(60) do end
end)

metrics.map {
  rule = "xdp_protocols",
  match = { name = "xdp_protocols" },
  decode = { key = d.struct { d.u16():as("ethertype"), d.u8():as("protocol"), d.skip(1) } },
  labels = { ethertype = { "key.ethertype", { "static_map", ETHERTYPES } },
    protocol = { "key.protocol", { "static_map", PROTOCOLS } } },
  metrics = {
    { name = "xdp_packets_total", type = "counter", help = "Packets received.",
      value = "value.packets" },
    { name = "xdp_received", type = "counter", unit = "bytes", help = "Bytes received.",
      value = "value.bytes" },
  },
}
