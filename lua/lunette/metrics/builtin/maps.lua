-- How full each map is, and what it takes. Entries are counted by a walk of the keys, so only
-- for maps that are not too large for that at every scrape.

local bpf = require("bpf")

local maps = {}

local COUNT_BELOW = 65536 -- max_entries of the maps whose entries are counted

-- Whether "entries" means anything: an array always holds all of its own.
local COUNTED = { hash = true, percpu_hash = true, lru_hash = true, lru_percpu_hash = true,
  lpm_trie = true, hash_of_maps = true, devmap_hash = true, sockhash = true, rhash = true }

local function entries_of(info)
  if not COUNTED[info.type] or info.max_entries > COUNT_BELOW then return nil end
  local map = bpf.map(info.id)
  if not map then return nil end
  local handle <close> = map
  return (handle:count())
end

local function families(emit)
  emit.family { name = "ebpf_map_memory_bytes", unit = "bytes",
    help = "Memory that the map takes." }
  emit.family { name = "ebpf_map_max_entries", help = "Entries that the map can hold." }
  emit.family { name = "ebpf_map_entries", help = "Entries that the map holds." }
  emit.family { name = "ebpf_map_fill_ratio", unit = "ratio",
    help = "Share of its room that the map's entries take." }
end

function maps.run(emit)
  families(emit)
  for _, info in ipairs(bpf.maps { own = false } or {}) do
    local labels = { id = info.id, name = info.name, type = info.type }
    emit("ebpf_map_memory_bytes", info.memlock or 0, labels)
    emit("ebpf_map_max_entries", info.max_entries, labels)
    local entries = entries_of(info)
    if entries then
      emit("ebpf_map_entries", entries, labels)
      if info.max_entries > 0 then
        emit("ebpf_map_fill_ratio", entries / info.max_entries, labels)
      end
    end
  end
end

return maps
