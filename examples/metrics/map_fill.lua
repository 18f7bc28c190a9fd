-- How full hash maps are: a collector that looks at all of them, without a rule for each.

local bpf = require("bpf")
local lunette = require("lunette")

local FULL = 0.8 -- from here on it is worth an alert

lunette.metrics.collect("map_fill", function(emit)
  emit.family { name = "map_fill_ratio", help = "Share of a hash map's room that is taken." }
  local entries = bpf.fill() or {} -- by map id, from the kernel's own counts
  local full = 0
  for _, info in ipairs(bpf.maps { own = false }) do
    if info.type:find("hash") and entries[info.id] then
      local fill = entries[info.id] / info.max_entries
      if fill >= FULL then full = full + 1 end
      emit("map_fill_ratio", fill, { id = info.id, name = info.name, type = info.type })
    end
  end
  emit { name = "maps_nearly_full", help = "Maps that are at least 80 % full.", value = full }
end)
