-- Maps: fill level and memory.

local bpf = require("bpf")
local entries = require("lunette.metrics.entries")
local facts = require("lunette.metrics.facts")

local maps = {}

local function families(emit)
  emit.family { name = "ebpf_map_memory_bytes", unit = "bytes",
    help = "Memory that the map takes." }
  emit.family { name = "ebpf_map_max_entries", help = "Entries that the map can hold." }
  emit.family { name = "ebpf_map_entries", help = "Entries that the map holds." }
  emit.family { name = "ebpf_map_fill_ratio", unit = "ratio",
    help = "Share of its room that the map's entries take." }
end

function maps.run(emit)
  local list = facts.listed(bpf.maps { own = false })
  families(emit)
  local count = entries.counter()
  for _, info in ipairs(list) do
    local labels = { id = info.id, name = info.name, type = info.type }
    if info.memlock then emit("ebpf_map_memory_bytes", info.memlock, labels) end
    emit("ebpf_map_max_entries", info.max_entries, labels)
    local held = count(info)
    if held then
      emit("ebpf_map_entries", held, labels)
      if info.max_entries > 0 then
        emit("ebpf_map_fill_ratio", held / info.max_entries, labels)
      end
    end
  end
end

return maps
