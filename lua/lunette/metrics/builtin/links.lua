-- Links: their number by type, and each link's program.

local bpf = require("bpf")
local facts = require("lunette.metrics.facts")

local links = {}

function links.run(emit)
  local list = facts.listed(bpf.links { own = false })
  emit.family { name = "ebpf_links", help = "Links by type." }
  local counts = {}
  for _, link in ipairs(list) do
    local kind = link.type
    counts[kind] = (counts[kind] or 0) + 1
    emit { name = "ebpf_link", type = "info", help = "What the link attaches.",
      labels = { id = link.id, type = kind, program_id = link.prog_id } }
  end
  for kind, count in pairs(counts) do emit("ebpf_links", count, { type = kind }) end
end

return links
