-- Which maps' entries can be looked up, and why others can't.

local bpf = require("bpf")

local readable = {}

-- Types whose entries a cursor walks.
local BY_KEY = {
  hash = true, array = true, prog_array = true, percpu_hash = true, percpu_array = true,
  stack_trace = true, cgroup_array = true, lru_hash = true, lru_percpu_hash = true,
  lpm_trie = true, array_of_maps = true, hash_of_maps = true, devmap = true, sockmap = true,
  cpumap = true, xskmap = true, sockhash = true, cgroup_storage = true,
  reuseport_sockarray = true, percpu_cgroup_storage = true, devmap_hash = true,
}

--- Can the map's entries be walked?
---@param info table
---@return boolean
function readable.lookup(info) return BY_KEY[info.type or ""] or false end

--- Why they can't be, in a sentence.
---@param info table
---@return string
function readable.why(info)
  if info.error then return info.error end
  local map, err = bpf.map(info.id)
  if not map then return err end
  local handle <close> = map
  return handle:unreadable() or ("A %s has no keys to walk."):format(info.type)
end

return readable
