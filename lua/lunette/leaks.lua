-- Finds objects that seem forgotten: kept alive, but without any visible use.

local bpf = require("bpf")
local escape = require("lunette.runtime.escape")
local struct_ops = require("lunette.attach.struct_ops")

local leaks = {}

-- A program younger than this (ns) may not be attached yet.
local YOUNG = 10 * 1000000000

local HOLDS_MAPS = { array_of_maps = true, hash_of_maps = true }
local REBOOT = "nothing but a reboot"

local function key_of(kind, id) return kind .. " " .. id end

local function group(list, key, value)
  local groups = {}
  for _, item in ipairs(list) do
    local name = key(item)
    if name then
      groups[name] = groups[name] or {}
      table.insert(groups[name], value(item))
    end
  end
  return groups
end

-- The users of each map: programs, maps that hold it, and links attached to it.
local function map_users(see)
  local users = {}
  local function add(id, kind, user)
    users[id] = users[id] or {}
    table.insert(users[id], key_of(kind, user))
  end
  for _, prog in ipairs(see.progs) do
    for _, id in ipairs(prog.map_ids) do add(id, "prog", prog.id) end
  end
  for _, link in ipairs(see.links) do
    if link.map_id then add(link.map_id, "link", link.id) end
  end
  for _, map in ipairs(see.maps) do
    if HOLDS_MAPS[map.type] then
      for _, id in ipairs(see.inner(map)) do add(id, "map", map.id) end
    end
  end
  return users
end

-- Programs by their holders: attachments, or slots of maps. A slot's program is as alive as the
-- map.
local function places(see)
  local attached, slots = {}, {}
  local function put(id, slot)
    slots[id] = slots[id] or {}
    table.insert(slots[id], slot)
  end
  for _, row in ipairs(see.attachments) do
    if row.prog_id and row.how == "map" and row.kind ~= "struct_ops" then
      put(row.prog_id, { map_id = row.map_id, words = row.target })
    elseif row.prog_id then
      attached[row.prog_id] = true
    end
  end
  for _, map in ipairs(see.maps) do
    if map.type == "struct_ops" then
      for _, id in ipairs(see.inner(map)) do
        put(id, { map_id = map.id,
          words = ("map %d (%s)"):format(map.id, map.full_name or map.name) })
      end
    end
  end
  return attached, slots
end

-- True when a process or an attachment uses the object. A map is alive through its users, a program
-- through the maps whose slots hold it; `seen` stops cycles.
local function is_alive(held, kind, id, seen)
  local key = key_of(kind, id)
  if seen[key] then return false end
  seen[key] = true
  if held.owners[key] or kind == "link" or (kind == "prog" and held.attached[id]) then
    return true
  end
  for _, slot in ipairs(kind == "prog" and held.slots[id] or {}) do
    if is_alive(held, "map", slot.map_id, seen) then return true end
  end
  for _, user in ipairs(kind == "map" and held.users[id] or {}) do
    local user_kind, user_id = user:match("^(%a+) (%d+)$")
    if is_alive(held, user_kind, math.tointeger(tonumber(user_id)), seen) then return true end
  end
  return false
end

local function unpin(pins)
  local words = { "rm" }
  for i, path in ipairs(pins) do words[i + 1] = escape.shell(path) end
  return table.concat(words, " ")
end

-- The command that removes a slot's program, or the map with it.
local function empty(held, slot)
  local pins = held.pins[key_of("map", slot.map_id)]
  if pins then return unpin(pins) end
  return ("lunette map delete %d %s"):format(slot.map_id, slot.words:match("^slot (%d+)") or "0")
end

local function prog_leak(prog, held)
  local key = key_of("prog", prog.id)
  local pins, owners = held.pins[key], held.owners[key]
  if prog.orphaned then
    return "the device that it was loaded for is gone", pins and unpin(pins)
      or owners and "kill " .. owners[1] or REBOOT
  end
  local is_young = held.now - prog.load_time < held.young
  if is_young or is_alive(held, "prog", prog.id, {}) then return nil end
  local slot = (held.slots[prog.id] or {})[1]
  if pins then
    local where = slot and "pinned and in " .. slot.words or "pinned"
    return where .. ", but attached nowhere and held by no process", unpin(pins)
  end
  if slot then return "held by no one but " .. slot.words, empty(held, slot) end
  return "attached nowhere that can be seen, held by no process, and pinned nowhere",
    "take away what holds it and can't be seen: a rule of xtables, a tun or team device, a socket "
    .. "on its way between processes"
end

-- The unused map that alone holds a map, or nil.
local function only_holder(map, held)
  local users = held.users[map.id]
  if held.pins[key_of("map", map.id)] or is_alive(held, "map", map.id, {}) then return nil end
  for _, user in ipairs(users) do
    if not user:find("^map ") then return nil end -- the entry for the program says enough
  end
  return users[1]
end

-- A struct_ops map registered without a link stays registered until it is unregistered.
local function registered_words(pins)
  return ("registered without a link, %sand held by no process: who registered it is gone, and the "
    .. "kernel still calls its programs"):format(pins and "pinned, " or "")
end

local function map_leak(map, held)
  local key = key_of("map", map.id)
  local pins = held.pins[key]
  if held.owners[key] then return nil end
  if held.registered[map.id] then
    return held.linked[map.id] == nil and registered_words(pins) or nil,
      "lunette map delete " .. map.id .. " 0"
  end
  if held.users[map.id] then
    local holder = only_holder(map, held)
    local pinned = holder and held.pins[holder]
    return holder and ("held by no one but %s, which no one uses"):format(holder),
      pinned and unpin(pinned) or REBOOT
  end
  if pins then return "pinned, but no program uses it and no process holds it", unpin(pins) end
  local why = "no program uses it, no process holds it, and it is pinned nowhere"
  if map.type == "prog_array" then why = why .. " (a fault of Linux 6.18 with such arrays)" end
  return why, REBOOT
end

local ON_INTERFACE = { xdp = true, tcx = true, netkit = true }

local function place_gone(link)
  if ON_INTERFACE[link.type] and link.ifindex == 0 then
    return "the interface that it was on is gone"
  elseif link.type == "cgroup" and link.cgroup_id == 0 then
    return "the control group that it was on is gone"
  elseif link.type == "netns" and link.netns_ino == 0 then
    return "the network namespace that it was on is gone"
  end
  return nil
end

local function link_leak(link, held)
  local key = key_of("link", link.id)
  local gone, pins, owners = place_gone(link), held.pins[key], held.owners[key]
  if gone then
    return gone, pins and unpin(pins) or owners and "kill " .. owners[1] or REBOOT
  end
  if owners then return nil end
  if pins then
    return "pinned, and held by no process: who made it is gone, and its program still runs",
      unpin(pins)
  end
  return "held by no process, and pinned nowhere", "lunette link detach " .. link.id
end

local function judge_all(list, kind, judge, held, found)
  for _, info in ipairs(list) do
    local why, remedy
    if not info.own then why, remedy = judge(info, held) end
    if why then
      found[#found + 1] = {
        kind = kind, id = info.id, name = info.full_name or info.name or held.targets[info.id],
        why = why, remedy = remedy, memory = info.memlock,
      }
    end
  end
end

-- Users by "kind id". Perf events and sockets hold the program that they run.
local function held_of(see)
  local attached, slots = places(see)
  local registered, linked, targets = {}, {}, {}
  for _, row in ipairs(see.attachments) do
    if row.kind == "struct_ops" then registered[row.map_id] = true end
    if row.kind == "struct_ops" and row.link_id then linked[row.map_id] = row.link_id end
    if row.link_id then targets[row.link_id] = row.link_target or row.target end
  end
  local KINDS = { prog = "prog", map = "map", link = "link", btf = "btf" }
  return {
    owners = group(see.owners, function(o) return key_of(KINDS[o.kind] or "prog", o.id) end,
      function(o) return o.pid end),
    pins = group(see.pins, function(pin) return key_of(pin.kind, pin.id) end,
      function(pin) return pin.path end),
    attached = attached, slots = slots, users = map_users(see), registered = registered,
    linked = linked, targets = targets, now = see.now, young = see.young or YOUNG,
  }
end

--- The objects among those given that seem forgotten. `inner(map)` returns the ids of the maps in a
--- map of maps, or of the programs of a struct_ops map; `now` is the time since boot in
--- nanoseconds; programs younger than `young` are left out.
---@param see table progs, maps, links, owners, pins, attachments (lunette.attach), inner, now
---@return lunette.Leak[]
function leaks.find(see)
  local held, found = held_of(see), {}
  judge_all(see.progs, "prog", prog_leak, held, found)
  judge_all(see.maps, "map", map_leak, held, found)
  judge_all(see.links, "link", link_leak, held, found)
  return found
end

-- The objects in a map: other maps, or a struct_ops map's programs.
local function inner(map)
  local ids = {}
  if map.type == "struct_ops" then
    local found = struct_ops.read(map)
    for i, member in ipairs(found and found.members or {}) do ids[i] = member.prog_id end
    return ids
  end
  local handle = bpf.map(map.id)
  if not handle then return ids end
  local opened <close> = handle
  for _, value in opened:each { raw = true } do ids[#ids + 1] = ("<I4"):unpack(value) end
  return ids
end

local function look(opts)
  local progs, err, errno = bpf.progs()
  if not progs then return nil, err, errno end
  local see = {
    progs = progs, maps = bpf.maps() or {}, links = bpf.links() or {}, owners = bpf.owners() or {},
    pins = bpf.pins() or {}, inner = inner, now = math.tointeger(bpf.uptime() * 1000000000 // 1),
    young = opts and opts.young and opts.young * 1000000000,
  }
  see.attachments = require("lunette.attach").list { seen = see } or {}
  return leaks.find(see)
end

--- The objects that seem forgotten now. Reads everything twice, because objects that come and go in
--- between would seem forgotten, too. Programs younger than `young` seconds (10) are left out: they
--- may not be attached yet.
---@param opts? { young?: number }
---@return lunette.Leak[]|nil, string? err, integer? errno
function leaks.list(opts)
  local first, err, errno = look(opts)
  if not first or #first == 0 then return first, err, errno end
  local before, both = {}, {}
  for _, leak in ipairs(first) do before[key_of(leak.kind, leak.id)] = true end
  for _, leak in ipairs(look(opts) or {}) do
    if before[key_of(leak.kind, leak.id)] then both[#both + 1] = leak end
  end
  return both
end

return leaks
