-- Attach view rows found through holders: processes with perf events and sockets, and maps whose
-- entries are programs. Also adds to every row who holds the attachment.

local bpf = require("bpf")
local links = require("lunette.attach.links")
local struct_ops = require("lunette.attach.struct_ops")
local tracepoints = require("lunette.attach.tracepoints")

local holders = {}

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
  elseif task.name then
    row.tracepoint = task.name
    row.target = row.kind == "tracepoint" and tracepoints.words(task.name) or task.name
  end
  return row
end

local function of_event(owner)
  local row = held("perf_event", owner)
  links.counted(row, owner)
  row.target = links.event(owner)
  return row
end

-- Kinds of rows that belong to perf events, from a link or from a descriptor.
local PERF = {
  perf_event = true, tracepoint = true, kprobe = true, kretprobe = true, uprobe = true,
  uretprobe = true,
}

-- A perf event's place, equal for rows from links and from descriptors. nil when the kernel does
-- not report it for links.
local function place_key(row)
  local place = row.tracepoint or row.file or row.func or row.event_type
  return place and ("%s %d %s %s"):format(row.kind, row.prog_id, place,
    row.file_offset or row.offset or row.event_config or "")
end

local function is_of_link(row) return row.how == "link" and row.prog_id and PERF[row.kind] end

-- The number of links of each program at each place.
local function count_links(rows)
  local linked = {}
  for _, row in ipairs(rows) do
    local key = is_of_link(row) and place_key(row)
    if key then linked[key] = (linked[key] or 0) + 1 end
  end
  return linked
end

-- Perf events as rows, by process and descriptor.
local function events_of(view)
  local events, told, list = {}, {}, {}
  for _, owner in ipairs(view.owners) do
    if owner.kind == "perf_event" then events[#events + 1] = owner end
  end
  for _, task in ipairs(view:ask("perf events", bpf.task_fd_query, events)) do
    told[("%d %d"):format(task.pid, task.fd)] = task
  end
  for i, owner in ipairs(events) do
    local task = told[("%d %d"):format(owner.pid, owner.fd)]
    list[i] = task and of_task(task) or of_event(owner)
  end
  table.sort(list, function(a, b)
    if a.pid ~= b.pid then return a.pid < b.pid end
    return a.fd < b.fd
  end)
  return list
end

-- The perf event of a link: a process opens the event just before it makes the link. When no
-- process holds both, the first event that runs the program.
local function event_of_link(row, events, used, view)
  local best
  for _, holder in ipairs(view.owned["link " .. row.link_id] or {}) do
    for _, event in ipairs(events) do
      if event.prog_id == row.prog_id and event.pid == holder.pid and event.fd < holder.fd
        and not used[event] then
        best = event
      end
    end
    if best then return best end
  end
  for _, event in ipairs(events) do
    if event.prog_id == row.prog_id and not used[event] then return event end
  end
  return nil
end

local OF_HOLDER = { how = true, pid = true, fd = true, comm = true }

-- Before Linux 6.6 the kernel does not report the place of a perf event link; the event's own
-- descriptor has it, if a process holds one.
local function place_links(rows, events, view)
  local used = {}
  for _, row in ipairs(rows) do
    if is_of_link(row) and not place_key(row) then
      local event = event_of_link(row, events, used, view)
      if event then
        used[event] = true
        for name, value in pairs(event) do
          if not OF_HOLDER[name] then row[name] = value end
        end
      else
        row.target = "a perf event; this kernel does not tell on what"
      end
    end
  end
end

-- Adds perf events without a link. A process that holds a link usually holds its event, too: so of
-- a process's events at one place, as many belong to links as it has links there.
local function add_events(rows, view)
  local events = events_of(view)
  place_links(rows, events, view)
  local linked, of_links = count_links(rows), {}
  for _, row in ipairs(events) do
    local key = place_key(row) or ""
    local mine = ("%d %s"):format(row.pid, key)
    of_links[mine] = (of_links[mine] or 0) + 1
    if of_links[mine] > (linked[key] or 0) then rows[#rows + 1] = row end
  end
end

local function add_sockets(rows, view)
  for _, owner in ipairs(view.owners) do
    if owner.kind == "socket" or owner.kind == "reuseport" then
      local row = held(owner.kind, owner)
      row.how, row.socket = "socket", owner.socket
      row.target = ("%s, descriptor %d of %s (%d)"):format(owner.socket or "a socket", owner.fd,
        owner.comm, owner.pid)
      rows[#rows + 1] = row
    end
  end
end

-- Maps that hold programs: the row kind of an entry, and the program's place in its value.
local HOLDERS = {
  devmap = { kind = "xdp", at = 5, attach_type = "xdp_devmap" },
  devmap_hash = { kind = "xdp", at = 5, attach_type = "xdp_devmap" },
  cpumap = { kind = "xdp", at = 5, attach_type = "xdp_cpumap" },
}

local function slot(kind, map, index, prog_id, attach_type)
  return {
    kind = kind, how = "map", prog_id = prog_id, map_id = map.id, index = index,
    attach_type = attach_type,
    target = ("slot %d of map %d (%s)"):format(index, map.id, map.full_name or map.name),
  }
end

-- Program arrays may have hundreds of thousands of slots, so a BPF program reads all of them in the
-- kernel.
local function add_tail_calls(rows, view)
  for _, found in ipairs(view:ask("program arrays", bpf.prog_slots)) do
    local map = view.maps[found.map_id]
    if map then rows[#rows + 1] = slot("tail_call", map, found.index, found.prog_id) end
  end
end

local function add_slots(rows, view)
  add_tail_calls(rows, view)
  for _, info in ipairs(view.map_list) do
    local holder = HOLDERS[info.type]
    local map = holder and info.value_size >= holder.at + 3 and bpf.map(info.id)
    if map then
      local handle <close> = map
      for key, value in handle:each { raw = true } do
        local id = ("<I4"):unpack(value, holder.at)
        if id ~= 0 then
          rows[#rows + 1] = slot(holder.kind, info, ("<I4"):unpack(key), id, holder.attach_type)
        end
      end
    end
  end
end

-- Adds a struct_ops map that is registered without a link.
local function add_struct_ops(rows, view)
  local linked = {}
  for _, row in ipairs(rows) do
    if row.kind == "struct_ops" then linked[row.map_id] = true end
  end
  for _, info in ipairs(view.map_list) do
    if info.type == "struct_ops" and not linked[info.id] then
      struct_ops.add(rows, info, { how = "map" })
    end
  end
end

--- Adds the rows of processes and maps.
---@param rows lunette.Attachment[]
---@param view table
function holders.add(rows, view)
  add_events(rows, view)
  add_sockets(rows, view)
  add_slots(rows, view)
  add_struct_ops(rows, view)
end

-- Words for the thing that keeps an attachment when no process and no pin does.
local function place_of(row)
  if row.how == "inherited" then
    return "the control group " .. (row.from_cgroup_path or "above our sight")
  elseif row.how == "netlink" then
    return row.kind == "route" and "the route" or row.kind == "tc_action" and "the action"
      or row.kind == "tc" and "the filter" or "the interface"
  elseif row.how == "prog" and row.cgroup_id then
    return "the control group"
  elseif row.how == "prog" then
    return row.map_id and "the map" or row.ifindex and "the interface"
      or row.netns and "the network namespace" or "the device"
  end
  return nil
end

-- The object whose holders keep the row's attachment: its link, or the map it is in.
local function object_of(row)
  if row.link_id then return "link " .. row.link_id end
  if row.map_id and (row.how == "map" or row.how == "prog") then return "map " .. row.map_id end
  return nil
end

--- Adds the holders to a row: `holders` (processes), `pins` (paths), and `held_by`, a text for
--- anything else; nil when neither is known.
---@param row lunette.Attachment
---@param view table
function holders.tell(row, view)
  local object = object_of(row)
  row.holders = object and view.owned[object] or {}
  row.pins = object and view.pinned[object] or {}
  if row.pid then row.holders = { { pid = row.pid, fd = row.fd, comm = row.comm } } end
  row.held_by = place_of(row)
    or row.how == "map" and ("map %d (%s)"):format(row.map_id, view:map_label(row.map_id)) or nil
end

return holders
