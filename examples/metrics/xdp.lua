-- Packets and bytes that an interface receives, counted before the network stack sees them: by
-- protocol, and by the longest of our prefixes that the source is in (an LPM trie, whose keys are
-- CIDR as labels). One program feeds both maps, as an interface takes one.

local lunette = require("lunette")
local d, metrics = lunette.decode, lunette.metrics

local PREFIXES = { "10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "0.0.0.0/0" }
local PROTOCOLS = { [0] = "none", [1] = "ICMP", [2] = "IGMP", [6] = "TCP", [17] = "UDP",
  [47] = "GRE", [58] = "ICMPv6", [132] = "SCTP" }
local ETHERTYPES = { [0x0800] = "IPv4", [0x0806] = "ARP", [0x86dd] = "IPv6" }

local function key_of(cidr)
  local a, b, c, e, length = cidr:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)/(%d+)$")
  return ("<I4BBBB"):pack(length, a, b, c, e)
end

lunette.load("xdp", "xdp.bpf.o", function(object)
  local map <close> = object:map("xdp_prefixes")
  for _, cidr in ipairs(PREFIXES) do assert(map:update(key_of(cidr), ("<I8"):pack(0))) end
  -- Which one to look at: lo, or what the environment says.
  local interface = os.getenv("LUNETTE_INTERFACE") or "lo"
  assert(object:attach("xdp_count", { interface = interface }))
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

metrics.map {
  name = "xdp_source_packets_total", type = "counter", help = "Packets by source prefix.",
  match = { name = "xdp_prefixes" },
  decode = { key = d.lpm(4):as("prefix") },
  labels = { prefix = "key" },
}
