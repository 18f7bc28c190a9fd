-- Objects that seem forgotten: kept alive, and of no use to anyone that can be seen.

local bpf = require("bpf")

local leaks = {}

---@class lunette.Leak
---@field kind "prog"|"map"|"link"
---@field id integer
---@field name? string
---@field why string a sentence
---@field memory? integer bytes that it holds

-- A program this young (ns) may be on its way to its attach point.
local YOUNG = 10 * 1000000000

local HOLDS_MAPS = { array_of_maps = true, hash_of_maps = true }

local function counter()
  return setmetatable({}, { __index = function() return 0 end })
end

-- How many holders of a sort each object has, by "kind id".
local function count(list, key)
  local counts = counter()
  for _, item in ipairs(list) do
    local name = key(item)
    if name then counts[name] = counts[name] + 1 end
  end
  return counts
end

local function kind_and_id(item) return item.kind .. " " .. item.id end

-- Attachments by program, slots of program arrays apart.
local function places(attachments)
  local attached, slots = counter(), {}
  for _, row in ipairs(attachments) do
    local id = row.prog_id
    if id and row.kind == "tail_call" then
      slots[id] = slots[id] or row
    elseif id then
      attached[id] = attached[id] + 1
    end
  end
  return attached, slots
end

-- Who uses each map: programs, maps that hold it, and links that are on it.
local function map_users(see)
  local users = counter()
  for _, prog in ipairs(see.progs) do
    for _, id in ipairs(prog.map_ids) do users[id] = users[id] + 1 end
  end
  for _, link in ipairs(see.links) do
    if link.map_id then users[link.map_id] = users[link.map_id] + 1 end
  end
  for _, map in ipairs(see.maps) do
    if HOLDS_MAPS[map.type] then
      for _, id in ipairs(see.inner(map)) do users[id] = users[id] + 1 end
    end
  end
  return users
end

local function prog_leak(prog, held)
  if prog.orphaned then return "the device that it was loaded for is gone" end
  if held.owners["prog " .. prog.id] > 0 or held.attached[prog.id] > 0 then return nil end
  if held.now - prog.load_time < YOUNG then return nil end
  local slot = held.slots[prog.id]
  if held.pins["prog " .. prog.id] > 0 then
    local where = slot and "pinned and in " .. slot.target or "pinned"
    return where .. ", but attached nowhere and held by no process"
  end
  if slot then return "held by no one but " .. slot.target end
  return "attached nowhere that can be seen, held by no process, and pinned nowhere"
end

local function map_leak(map, held)
  if held.users[map.id] > 0 or held.owners["map " .. map.id] > 0 then return nil end
  if held.pins["map " .. map.id] > 0 then
    return "pinned, but no program uses it and no process holds it"
  end
  return "no program uses it, no process holds it, and it is pinned nowhere"
end

local function place_gone(link)
  if (link.type == "xdp" or link.type == "tcx" or link.type == "netkit") and link.ifindex == 0 then
    return "the interface that it was on is gone"
  elseif link.type == "cgroup" and link.cgroup_id == 0 then
    return "the control group that it was on is gone"
  elseif link.type == "netns" and link.netns_ino == 0 then
    return "the network namespace that it was on is gone"
  end
  return nil
end

local function link_leak(link, held)
  local gone = place_gone(link)
  if gone then return gone end
  if held.owners["link " .. link.id] > 0 then return nil end
  if held.pins["link " .. link.id] > 0 then
    return "pinned, and held by no process: who made it is gone, and its program still runs"
  end
  return "held by no process, and pinned nowhere"
end

local function judge_all(list, kind, judge, held, found)
  for _, info in ipairs(list) do
    local why = not info.own and judge(info, held)
    if why then
      found[#found + 1] =
        { kind = kind, id = info.id, name = info.name, why = why, memory = info.memlock }
    end
  end
end

--- What of all that is given seems forgotten. `inner(map)` gives the ids of the maps that a map of
--- maps holds; `now` is the time since boot in nanoseconds.
---@param see table progs, maps, links, owners, pins, attachments (lunette.attach), inner, now
---@return lunette.Leak[]
function leaks.find(see)
  local attached, slots = places(see.attachments)
  local held = {
    owners = count(see.owners, kind_and_id), pins = count(see.pins, kind_and_id),
    attached = attached, slots = slots, users = map_users(see), now = see.now,
  }
  local found = {}
  judge_all(see.progs, "prog", prog_leak, held, found)
  judge_all(see.maps, "map", map_leak, held, found)
  judge_all(see.links, "link", link_leak, held, found)
  return found
end

--- The ids of the maps that a map of maps holds.
---@param map bpf.MapInfo
---@return integer[]
function leaks.inner(map)
  local ids, handle = {}, bpf.map(map.id)
  if not handle then return ids end
  local opened <close> = handle
  for _, value in opened:each { raw = true } do ids[#ids + 1] = ("<I4"):unpack(value) end
  return ids
end

--- Everything that seems forgotten now.
---@return lunette.Leak[]|nil, string? err, integer? errno
function leaks.list()
  local progs, err, errno = bpf.progs()
  if not progs then return nil, err, errno end
  return leaks.find {
    progs = progs, maps = bpf.maps() or {}, links = bpf.links() or {}, owners = bpf.owners() or {},
    pins = bpf.pins() or {}, attachments = require("lunette.attach").list() or {},
    inner = leaks.inner, now = math.tointeger(bpf.uptime() * 1000000000 // 1),
  }
end

return leaks
