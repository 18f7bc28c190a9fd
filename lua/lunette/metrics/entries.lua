-- Numbers of entries in maps: the kernel's own counts, read for all maps at once; else, for small
-- maps, a walk over the keys.

local bpf = require("bpf")

local entries = {}

local WALK_BELOW = 65536 -- max_entries

-- Types that may be partly filled; an array always has all of its entries.
local COUNTED = { hash = true, percpu_hash = true, lru_hash = true, lru_percpu_hash = true,
  lpm_trie = true, hash_of_maps = true, devmap_hash = true, sockhash = true, rhash = true }

local function walk(info)
  local map = bpf.map(info.id)
  if not map then return nil end
  local handle <close> = map
  return (handle:count())
end

--- Returns a function that counts a map's entries at this moment, for one listing of maps. It
--- returns nil when a count means nothing, or is too expensive and `always` is not set.
---@return fun(info: bpf.MapInfo, always?: boolean): integer|nil
function entries.counter()
  local known = bpf.fill() or {}
  return function(info, always)
    if known[info.id] and (always or COUNTED[info.type]) then return known[info.id] end
    if always or (COUNTED[info.type] and info.max_entries <= WALK_BELOW) then return walk(info) end
    return nil
  end
end

return entries
