-- Packets that an interface receives, by source prefix: an LPM trie whose keys are the rule's
-- labels as CIDR.

local bpf = require("bpf")
local lunette = require("lunette")
local d, metrics = lunette.decode, lunette.metrics

local PREFIXES = { "10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "0.0.0.0/0" }

local function key_of(cidr)
  local a, b, c, e, length = cidr:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)/(%d+)$")
  return ("<I4BBBB"):pack(length, a, b, c, e)
end

lunette.service("xdp_prefixes", function(svc)
  local object <close> = assert(bpf.load(lunette.path("xdp_prefixes.bpf.o")))
  local map <close> = object:map("xdp_prefixes")
  for _, cidr in ipairs(PREFIXES) do assert(map:update(key_of(cidr), ("<I8"):pack(0))) end
  -- Which one to look at: lo, or what the environment says.
  local interface = os.getenv("LUNETTE_INTERFACE") or "lo"
  assert(object:attach("xdp_by_prefix", { interface = interface }))
  while svc:sleep(60) do end
end)

metrics.map {
  name = "xdp_source_packets_total", type = "counter", help = "Packets by source prefix.",
  match = { name = "xdp_prefixes" },
  decode = { key = d.lpm(4):as("prefix") },
  labels = { prefix = "key" },
}
