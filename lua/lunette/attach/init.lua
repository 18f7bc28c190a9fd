-- Where programs hang: one view of links, perf events, control groups, interfaces in every
-- network namespace, sockets, socket maps, and program arrays (tail calls).

local bpf = require("bpf")
local links = require("lunette.attach.links")

local attach = {}

---@class lunette.Attachment
---@field kind string "tracepoint", "kprobe", "fentry", "cgroup", "xdp", "tc", "tail_call", …
---@field how "link"|"fd"|"prog"|"netlink"|"socket"|"map"|"inherited" how it is held there
---@field target string where, in words
---@field prog_id? integer nil for a struct_ops link, whose programs are in its map
---@field since? integer when the program was loaded (ns since boot): it hangs there since then
---@field link_id? integer
---@field pid? integer of the process whose descriptor holds it, with fd and comm
---@field attach_type? string the kernel's
---@field cgroup_id? integer with cgroup_path
---@field ifindex? integer with ifname, and netns (inode) and netns_path
---@field map_id? integer of the socket map, program array or struct_ops map; index in an array
---@field func? string function, with offset; file or addr where it has one; tracepoint
---@field [string] any

local function index_by(list, field)
  local index = {}
  for _, item in ipairs(list) do
    local key = item[field]
    if key then
      index[key] = index[key] or {}
      table.insert(index[key], item)
    end
  end
  return index
end

-- What the other sources tell again of a link: the rows they belong to, by a key of both.
-- Two namespaces may have an interface of the same number, so there can be several.
local function key_of(kind, prog_id, place, attach_type)
  return ("%s %d %u %s"):format(kind, prog_id, place, attach_type or "")
end

local function link_places(rows)
  local places = {}
  for _, row in ipairs(rows) do
    local place = row.cgroup_id or row.ifindex or row.netns or row.map_id
    if row.prog_id and place then
      local key = key_of(row.kind, row.prog_id, place, row.attach_type)
      places[key] = places[key] or {}
      table.insert(places[key], row)
    end
  end
  return places
end

-- The link's row that this is, each once.
local function known(places, kind, prog_id, place, attach_type)
  local rows = places[key_of(kind, prog_id, place, attach_type)]
  return rows and table.remove(rows)
end

local function cgroup_row(item, how)
  return {
    kind = "cgroup", how = how, prog_id = item.prog_id, attach_type = item.attach_type,
    target = item.path, cgroup_id = item.cgroup_id, cgroup_path = item.path,
  }
end

local function add_cgroups(rows, places)
  for _, item in ipairs(bpf.cgroup_progs() or {}) do
    if not known(places, "cgroup", item.prog_id, item.cgroup_id, item.attach_type) then
      rows[#rows + 1] = cgroup_row(item, "prog")
    end
  end
end

-- What a group's members run because an ancestor has it.
local function add_inherited(rows)
  local own = {}
  local function key(item)
    return ("%u %d %d"):format(item.cgroup_id, item.attach_type_id, item.prog_id)
  end
  for _, item in ipairs(bpf.cgroup_progs() or {}) do own[key(item)] = true end
  for _, item in ipairs(bpf.cgroup_progs { effective = true } or {}) do
    if not own[key(item)] then rows[#rows + 1] = cgroup_row(item, "inherited") end
  end
end

local function net_row(item)
  local row = {
    kind = item.kind, prog_id = item.prog_id, attach_type = item.attach_type,
    how = (item.kind == "xdp" or item.kind == "tc") and "netlink" or "prog",
    netns = item.netns, netns_path = item.netns_path, ifindex = item.ifindex,
    ifname = item.ifname, mode = item.mode, priority = item.priority, protocol = item.protocol,
    handle = item.handle, parent = item.parent, chain = item.chain,
  }
  row.target = item.ifindex and links.interface(row)
    or ("%s of %s"):format(item.attach_type, item.netns_path)
  return row
end

-- The link's row learns the names that only the namespace knows.
local function complete(row, item)
  row.netns, row.netns_path, row.ifname = item.netns, item.netns_path, item.ifname
  row.mode = item.mode
  row.target = item.ifindex and links.interface(row) or "network namespace " .. item.netns_path
end

local function add_net(rows, places)
  for _, item in ipairs(bpf.net_progs() or {}) do
    local place = item.ifindex or item.netns
    local row = known(places, item.kind, item.prog_id, place, item.attach_type)
    if row then complete(row, item) else rows[#rows + 1] = net_row(item) end
  end
end

local function add_socket_maps(rows, places, view)
  for _, item in ipairs(bpf.sock_progs() or {}) do
    if not known(places, "sockmap", item.prog_id, item.map_id, item.attach_type) then
      rows[#rows + 1] = {
        kind = "sockmap", how = "prog", prog_id = item.prog_id, map_id = item.map_id,
        attach_type = item.attach_type, target = links.map_name(view, item.map_id),
      }
    end
  end
end

local function add_infrared(rows)
  for _, item in ipairs(bpf.lirc_progs() or {}) do
    rows[#rows + 1] =
      { kind = "lirc", how = "prog", prog_id = item.prog_id, target = item.device }
  end
end

local function held(kind, item)
  return {
    kind = kind, how = "fd", prog_id = item.prog_id or item.id, pid = item.pid, fd = item.fd,
    comm = item.comm, target = "",
  }
end

local function of_task(task)
  local row = held(task.type, task)
  row.target = task.name or ""
  if task.type == "uprobe" or task.type == "uretprobe" then
    row.file, row.file_offset = task.name, task.probe_offset
    row.target = links.uprobe(row, task.pid)
  elseif task.type == "kprobe" or task.type == "kretprobe" then
    row.target = links.kprobe(row,
      { func_name = task.name or "", offset = task.probe_offset, addr = task.probe_addr })
  else
    row.tracepoint = task.name
  end
  return row
end

-- Perf events and raw tracepoints that no link tells of.
local function add_events(rows, owners)
  local linked, told = {}, {}
  for _, row in ipairs(rows) do
    if row.link_id and row.prog_id then linked[row.prog_id] = true end
  end
  for _, task in ipairs(bpf.task_fd_query() or {}) do
    told[("%d %d"):format(task.pid, task.fd)] = true
    if not linked[task.prog_id] then rows[#rows + 1] = of_task(task) end
  end
  for _, owner in ipairs(owners) do
    if owner.kind == "perf_event" and not linked[owner.id]
      and not told[("%d %d"):format(owner.pid, owner.fd)] then
      local row = held("perf_event", owner)
      row.target = "a perf event"
      rows[#rows + 1] = row
    end
  end
end

local function add_sockets(rows, owners)
  for _, owner in ipairs(owners) do
    if owner.kind == "socket" or owner.kind == "reuseport" then
      local row = held(owner.kind, owner)
      row.how = "socket"
      row.target = ("descriptor %d of %s (%d)"):format(owner.fd, owner.comm, owner.pid)
      rows[#rows + 1] = row
    end
  end
end

-- Maps that hold programs: which kind of row an entry is, and where its value has the program.
local HOLDERS = {
  prog_array = { kind = "tail_call", at = 1 },
  devmap = { kind = "xdp", at = 5, attach_type = "xdp_devmap" },
  devmap_hash = { kind = "xdp", at = 5, attach_type = "xdp_devmap" },
  cpumap = { kind = "xdp", at = 5, attach_type = "xdp_cpumap" },
}

local function slot(info, holder, key, value)
  local index, id = ("<I4"):unpack(key), ("<I4"):unpack(value, holder.at)
  if id == 0 then return nil end
  return {
    kind = holder.kind, how = "map", prog_id = id, map_id = info.id, index = index,
    attach_type = holder.attach_type,
    target = ("slot %d of map %d (%s)"):format(index, info.id, info.name),
  }
end

local function add_slots(rows, maps)
  for _, info in ipairs(maps) do
    local holder = HOLDERS[info.type]
    local map = holder and info.value_size >= holder.at + 3 and bpf.map(info.id)
    if map then
      local handle <close> = map
      for key, value in handle:each { raw = true } do
        rows[#rows + 1] = slot(info, holder, key, value)
      end
    end
  end
end

-- What the rows are made of, read once. A holder's process id helps to find its files.
local function look()
  local progs, maps, owners = bpf.progs() or {}, bpf.maps() or {}, bpf.owners() or {}
  local view = { progs = {}, maps = {}, holders = {}, map_list = maps, owners = owners }
  links.learn_functions(progs)
  for _, prog in ipairs(progs) do view.progs[prog.id] = prog end
  for _, map in ipairs(maps) do view.maps[map.id] = map end
  for _, owner in ipairs(owners) do
    local key = owner.kind .. " " .. owner.id
    view.holders[key] = view.holders[key] or owner.pid
  end
  return view
end

local function finish(rows, view, own)
  local list = {}
  for _, row in ipairs(rows) do
    local prog = row.prog_id and view.progs[row.prog_id]
    row.own = row.own or (prog and prog.own) or false
    row.since = prog and prog.load_time
    if own ~= false or not row.own then list[#list + 1] = row end
  end
  return list
end

--- Everything that is attached anywhere. What can't be asked for want of privileges or support
--- is left out. own = false leaves out Lunette's own; effective adds what control groups inherit.
---@param opts? { own?: boolean, effective?: boolean }
---@return lunette.Attachment[]|nil, string? err, integer? errno
function attach.list(opts)
  local list, err, errno = bpf.links()
  if not list then return nil, err, errno end
  local view, rows = look(), {}
  for i, link in ipairs(list) do rows[i] = links.row(link, view) end
  local places = link_places(rows)
  add_cgroups(rows, places)
  if opts and opts.effective then add_inherited(rows) end
  add_net(rows, places)
  add_socket_maps(rows, places, view)
  add_infrared(rows)
  add_events(rows, view.owners)
  add_sockets(rows, view.owners)
  add_slots(rows, view.map_list)
  return finish(rows, view, opts and opts.own)
end

--- The same by program.
---@param opts? { own?: boolean }
---@return table<integer, lunette.Attachment[]>|nil, string? err, integer? errno
function attach.by_program(opts)
  local rows, err, errno = attach.list(opts)
  if not rows then return nil, err, errno end
  return index_by(rows, "prog_id")
end

return attach
