-- Attach view rows found at places: control groups, interfaces, routes and network namespaces,
-- socket maps, infrared devices. An attachment found there that has a link completes the link's
-- row.

local bpf = require("bpf")
local links = require("lunette.attach.links")

local places = {}

-- Rows by a key of kind and program. Two namespaces may have an interface of the same number, so a
-- key may have several rows.
local function key_of(kind, prog_id, place, attach_type)
  return ("%s %d %u %s"):format(kind, prog_id, place, attach_type or "")
end

local function index_links(rows)
  local index = {}
  for _, row in ipairs(rows) do
    local place = row.cgroup_id or row.ifindex or row.netns or row.map_id
    if row.prog_id and place then
      local key = key_of(row.kind, row.prog_id, place, row.attach_type)
      index[key] = index[key] or {}
      table.insert(index[key], row)
    end
  end
  return index
end

-- The row of the link that this attachment belongs to; each row is returned once.
local function known(index, kind, prog_id, place, attach_type)
  local rows = prog_id and index[key_of(kind, prog_id, place, attach_type)]
  return rows and table.remove(rows)
end

local function cgroup_row(item)
  local row = {
    kind = "cgroup", how = item.inherited and "inherited" or "prog", prog_id = item.prog_id,
    attach_type = item.attach_type, target = item.path, cgroup_id = item.cgroup_id,
    cgroup_path = item.path,
  }
  if item.inherited then
    row.from_cgroup_id, row.from_cgroup_path = item.from_id, item.from_path
    row.target = ("%s, from %s"):format(item.path, item.from_path or "a group out of our sight")
  end
  return row
end

local function add_cgroups(rows, index, view)
  local list = view:ask("control groups", bpf.cgroup_progs, { effective = view.effective })
  for _, item in ipairs(list) do
    local row = not item.inherited
      and known(index, "cgroup", item.prog_id, item.cgroup_id, item.attach_type)
    if not row then rows[#rows + 1] = cgroup_row(item) end
  end
end

local function in_namespace(text, row)
  local elsewhere = row.netns_path ~= "/proc/self/ns/net"
  return elsewhere and ("%s in %s"):format(text, row.netns_path) or text
end

local function route_words(row)
  local to = row.dst and ("route to %s/%d"):format(row.dst, row.dst_len)
    or ("next hop %d"):format(row.nexthop)
  if row.ifname then to = ("%s over %s"):format(to, row.ifname) end
  return in_namespace(("%s (%s)"):format(to, row.mode), row)
end

local function action_words(row)
  if not row.classifier then return in_namespace(("action %d"):format(row.index), row) end
  return ("action %d of a filter (%s) on %s"):format(row.index, row.classifier,
    links.interface(row))
end

-- Words for an interface. A program at the peer of a netkit pair is queried through the primary
-- interface.
local function interface_words(row)
  local words = links.interface(row)
  return row.peer_ifindex and "the peer of " .. words or words
end

local HOW = { xdp = "netlink", tc = "netlink", tc_action = "netlink", route = "netlink" }

local function net_row(item)
  local row = {}
  for key, value in pairs(item) do row[key] = value end
  row.attach_type_id, row.how = nil, HOW[item.kind] or "prog"
  if item.kind == "route" then
    row.target = route_words(row)
  elseif item.kind == "tc_action" then
    row.target = action_words(row)
  elseif item.ifindex then
    row.target = interface_words(row)
  else
    row.target = "network namespace " .. item.netns_path
  end
  return row
end

-- Adds names to a link's row that only the namespace knows.
local function complete(row, item)
  row.netns, row.netns_path, row.mode = item.netns, item.netns_path, item.mode
  row.ifindex, row.ifname, row.peer_ifindex = item.ifindex, item.ifname, item.peer_ifindex
  row.target = item.ifindex and interface_words(row) or "network namespace " .. item.netns_path
end

-- True when a program for routes is loaded. Routes are read only then, because there may be very
-- many.
local function any_for_routes(view)
  for _, prog in pairs(view.progs) do
    if prog.type:find("^lwt_") then return true end
  end
  return false
end

local function add_net(rows, index, view)
  local opts = { routes = any_for_routes(view) }
  local list, missed = view:ask("network namespaces", bpf.net_progs, opts)
  if missed then view.notes[#view.notes + 1] = missed end
  for _, item in ipairs(list) do
    local place = item.peer_ifindex or item.ifindex or item.netns
    local row = known(index, item.kind, item.prog_id, place, item.attach_type)
    if row then complete(row, item) else rows[#rows + 1] = net_row(item) end
  end
end

local function socket_maps(view)
  local ids = {}
  for _, map in ipairs(view.map_list) do
    if map.type == "sockmap" or map.type == "sockhash" then ids[#ids + 1] = map.id end
  end
  return ids
end

local function add_socket_maps(rows, index, view)
  for _, item in ipairs(view:ask("socket maps", bpf.sock_progs, socket_maps(view))) do
    if not known(index, "sockmap", item.prog_id, item.map_id, item.attach_type) then
      rows[#rows + 1] = {
        kind = "sockmap", how = "prog", prog_id = item.prog_id, map_id = item.map_id,
        attach_type = item.attach_type, target = links.map_name(view, item.map_id),
      }
    end
  end
end

local function add_infrared(rows, view)
  for _, item in ipairs(view:ask("infrared devices", bpf.lirc_progs)) do
    rows[#rows + 1] =
      { kind = "lirc", how = "prog", prog_id = item.prog_id, target = item.device }
  end
end

--- Adds attachments found at places, and completes the rows of links.
---@param rows lunette.Attachment[] those of the links
---@param view table
function places.add(rows, view)
  local index = index_links(rows)
  add_cgroups(rows, index, view)
  add_net(rows, index, view)
  add_socket_maps(rows, index, view)
  add_infrared(rows, view)
end

return places
