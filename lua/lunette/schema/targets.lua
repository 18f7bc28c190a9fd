-- What a link is attached to, in words, and the cgroup or interface where it is on one.

local places = require("lunette.schema.places")

local targets = {}

local function probe(info)
  local address = info.addr and info.addr ~= 0 and ("0x%x"):format(info.addr)
  local name = info.func_name or address or "?"
  if info.offset and info.offset ~= 0 then return ("%s+0x%x"):format(name, info.offset) end
  return name
end

local function file_offset(info)
  return ("%s:0x%x"):format(info.file_name or "?", info.offset or 0)
end

-- Some of a list, and how many more.
local function some(list, total, one)
  local words = {}
  for i = 1, math.min(3, #list) do words[i] = one(list[i]) end
  if total > #words then words[#words + 1] = ("%d more"):format(total - #words) end
  return table.concat(words, ", ")
end

local PERF = {
  kprobe = probe,
  kretprobe = probe,
  uprobe = file_offset,
  uretprobe = file_offset,
  tracepoint = function(info) return info.tp_name end,
  event = function(info)
    return ("perf event type %d config %d"):format(info.event_type or 0, info.event_config or 0)
  end,
}

local TARGETS = {
  raw_tracepoint = function(info) return info.tp_name end,
  tracing = function(info) return info.target_name or info.attach_name end,
  cgroup = function(info) return places.cgroup(info.cgroup_id).path end,
  iter = function(info) return info.target_name end,
  perf_event = function(info)
    local describe = PERF[info.perf_type or ""]
    return describe and describe(info) or info.tp_name or info.func_name or info.file_name
  end,
  kprobe_multi = function(info)
    return some(info.funcs or {}, info.count or #(info.funcs or {}), tostring)
  end,
  uprobe_multi = function(info) return info.file_name end,
  netns = function(info) return info.netns_ino and ("netns %u"):format(info.netns_ino) end,
  netfilter = function(info)
    return ("pf %s hook %s priority %s"):format(info.pf, info.hooknum, info.priority)
  end,
  struct_ops = function(info, k)
    local map = info.map_id and k:find("map", info.map_id)
    return map and map.name
  end,
  sockmap = function(info, k)
    local map = info.map_id and k:find("map", info.map_id)
    return map and map.name
  end,
}

local ON_INTERFACE = { xdp = true, tcx = true, netkit = true }

--- The cgroup or interface that a link is on, as { cgroup = … } or { interface = … }, or nil.
---@param info table
---@return table|nil
function targets.place_of_link(info)
  if info.type == "cgroup" and info.cgroup_id then
    return { cgroup = places.cgroup(info.cgroup_id) }
  end
  if ON_INTERFACE[info.type] and info.ifindex and info.ifindex ~= 0 then
    return { interface = places.interface(info.ifindex) }
  end
  return nil
end

--- What a link is attached to, in words; nil where the kernel doesn't tell.
---@param info table
---@param k table
---@return string|nil
function targets.of_link(info, k)
  local place = targets.place_of_link(info)
  if place and place.interface then
    return place.interface.name or ("interface %d"):format(info.ifindex)
  end
  local describe = TARGETS[info.type]
  return describe and describe(info, k) or nil
end

return targets
