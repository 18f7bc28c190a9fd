-- Facts about maps for matching, beyond map info: pins, programs, processes. Each kind is read for
-- all maps at its first use and kept for a second, or until a younger map is asked for.

local bpf = require("bpf")

local facts = {}

local FRESH = 1 -- seconds

-- The id of the youngest map: ids increase.
local function newest()
  local ids = bpf.ids("map") or {}
  return ids[#ids] or 0
end

local function remembered(build)
  local index, at, youngest = nil, 0, 0
  return function(key)
    local now = os.time()
    local id = math.type(key) == "integer" and key or newest()
    if not index or now - at > FRESH or id > youngest then
      youngest = math.max(newest(), id)
      index, at = build(), now
    end
    return index[key] or {}
  end
end

local function add(index, id, name)
  index[id] = index[id] or {}
  table.insert(index[id], name)
end

facts.pins = remembered(function()
  local index = {}
  for _, pin in ipairs(bpf.pins() or {}) do
    if pin.kind == "map" then add(index, pin.id, pin.path) end
  end
  return index
end)

-- The pin at a path, by the path: found through the file system, so that any spelling will do.
local pinned = remembered(function()
  return setmetatable({}, { __index = function(index, path)
    local pin = bpf.pinned(path) or {}
    rawset(index, path, pin)
    return pin
  end })
end)

--- Whether a map is pinned at a path, in any spelling: "./x", "a//x", "a/../x", a symbolic link.
---@param id integer
---@param path string
---@return boolean
function facts.pinned_at(id, path)
  for _, have in ipairs(facts.pins(id)) do
    if have == path then return true end
  end
  local pin = pinned(path)
  return pin.kind == "map" and pin.id == id
end

-- Full names by their first 15 characters.
local cut_names = remembered(function()
  local index = {}
  for _, info in ipairs(bpf.maps() or {}) do
    if #info.name == 15 then add(index, info.name, info) end
  end
  return index
end)

--- The ids of maps with a name longer than the kernel keeps: those known to have it, else those
--- that may have it.
---@param name string
---@return integer[]
function facts.named(name)
  local sure, maybe = {}, {}
  for _, info in ipairs(cut_names(name:sub(1, 15))) do
    if info.full_name == name then sure[#sure + 1] = info.id end
    if not info.full_name then maybe[#maybe + 1] = info.id end
  end
  return #sure > 0 and sure or maybe
end

facts.programs = remembered(function()
  local index = {}
  for _, prog in ipairs(bpf.progs() or {}) do
    for _, id in ipairs(prog.map_ids) do add(index, id, prog.name) end
  end
  return index
end)

--- The BTF objects of the programs that use a map.
facts.btfs = remembered(function()
  local index = {}
  for _, prog in ipairs(bpf.progs() or {}) do
    for _, id in ipairs(prog.btf_id > 0 and prog.map_ids or {}) do add(index, id, prog.btf_id) end
  end
  return index
end)

facts.owners = remembered(function()
  local index = {}
  for _, owner in ipairs(bpf.owners() or {}) do
    if owner.kind == "map" then add(index, owner.id, owner) end
  end
  return index
end)

--- Names of the processes that hold a map.
function facts.processes(id)
  local names = {}
  for i, owner in ipairs(facts.owners(id)) do names[i] = owner.comm end
  return names
end

return facts
