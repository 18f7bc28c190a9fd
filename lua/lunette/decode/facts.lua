-- What matching may ask about a map beyond its info: pins, programs, processes. Each is found
-- for all maps at once, when it is first asked for, and kept for a second, or until a map is
-- asked for that is younger than what was found.

local bpf = require("bpf")

local facts = {}

local FRESH = 1 -- seconds

-- The youngest map: the kernel counts ids upwards.
local function newest()
  local ids = bpf.ids("map") or {}
  return ids[#ids] or 0
end

local function remembered(build)
  local index, at, youngest = nil, 0, 0
  return function(id)
    local now = os.time()
    if not index or now - at > FRESH or id > youngest then
      youngest = math.max(newest(), id)
      index, at = build(), now
    end
    return index[id] or {}
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

facts.programs = remembered(function()
  local index = {}
  for _, prog in ipairs(bpf.progs() or {}) do
    for _, id in ipairs(prog.map_ids) do add(index, id, prog.name) end
  end
  return index
end)

--- The BTF objects of the programs that use the map.
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

--- Names of the processes that hold the map.
function facts.processes(id)
  local names = {}
  for i, owner in ipairs(facts.owners(id)) do names[i] = owner.comm end
  return names
end

return facts
