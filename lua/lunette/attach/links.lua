-- Attach view rows of links: the place of each link type, with names in place of numbers.

local bpf = require("bpf")
local struct_ops = require("lunette.attach.struct_ops")
local tracepoints = require("lunette.attach.tracepoints")

local links = {}

local TRACING = {
  trace_fentry = "fentry",
  trace_fexit = "fexit",
  trace_raw_tp = "tp_btf",
  modify_return = "fmod_ret",
  lsm_mac = "lsm",
}

local EVENTS = {
  [0] = { [0] = "cpu-cycles", "instructions", "cache-references", "cache-misses",
    "branch-instructions", "branch-misses", "bus-cycles", "stalled-cycles-frontend",
    "stalled-cycles-backend", "ref-cycles" },
  [1] = { [0] = "cpu-clock", "task-clock", "page-faults", "context-switches", "cpu-migrations",
    "minor-faults", "major-faults", "alignment-faults", "emulation-faults", "dummy", "bpf-output",
    "cgroup-switches" },
}

local EPERM = 1

local PROTOCOL_FAMILIES = { [2] = "ipv4", [10] = "ipv6", [1] = "inet", [7] = "bridge" }
local NETFILTER_HOOKS =
  { [0] = "prerouting", "input", "forward", "output", "postrouting", "ingress" }

-- Names of BTF types by "object type". They never change: the kernel's are fixed, and a program's
-- BTF goes with its id. Bounded, since programs come and go.
local btf_names, btf_count = {}, 0
local BTF_NAMES_MAX = 4096

local function key_of(object, number) return ("%d %d"):format(object, number) end

-- True when a link's kernel function is worth looking up: the program may have lost it after
-- attaching, and before Linux 6.0 programs do not report it.
local function wants_name(link, is_kernel_btf)
  return link.type == "tracing" and link.target_obj_id ~= 0 and is_kernel_btf(link.target_obj_id)
end

--- Looks up the functions that programs were loaded for, one BTF object at a time.
---@param progs table[]
---@param list table[] links
---@param is_kernel_btf fun(id: integer): boolean
function links.learn_functions(progs, list, is_kernel_btf)
  local unknown = {}
  local function want(object, number)
    if number == 0 or object == 0 or btf_names[key_of(object, number)] then return end
    unknown[object] = unknown[object] or {}
    table.insert(unknown[object], number)
  end
  for _, prog in ipairs(progs) do want(prog.attach_btf_obj_id, prog.attach_btf_id) end
  for _, link in ipairs(list) do
    if wants_name(link, is_kernel_btf) then want(link.target_obj_id, link.target_btf_id) end
  end
  for object, ids in pairs(unknown) do
    if btf_count + #ids > BTF_NAMES_MAX then btf_names, btf_count = {}, 0 end
    for i, name in ipairs(bpf.btf_names(object, ids) or {}) do
      btf_names[key_of(object, ids[i])] = name
      btf_count = btf_count + 1
    end
  end
end

-- A kernel function, tracepoint or hook by BTF; nil where it has no name.
local function function_name(object, number)
  local name = btf_names[key_of(object, number)]
  if not name or name == "" then return nil end
  return (name:gsub("^btf_trace_", ""):gsub("^bpf_iter_", ""):gsub("^bpf_lsm_", ""))
end

-- The function that the program was loaded for, or that its link is attached to.
local function function_of(prog, link)
  return prog and function_name(prog.attach_btf_obj_id, prog.attach_btf_id)
    or function_name(link.target_obj_id, link.target_btf_id)
end

--- True when a tracing link is attached to another program: its target is then a program id, else a
--- BTF object id. An attached program no longer shows that it was made for another program, and
--- before Linux 6.0 the kernel never reports that.
---@param prog table
---@param link table
---@param is_kernel_btf fun(id: integer): boolean|nil nil where there is no such object
---@return boolean
function links.is_on_program(prog, link, is_kernel_btf)
  if (link.target_obj_id or 0) == 0 then return false end
  if prog.type == "ext" then return true end
  local object = prog.attach_btf_obj_id or 0
  if object ~= 0 then return is_kernel_btf(object) == false end
  return prog.attach_btf_id ~= 0 or not is_kernel_btf(link.target_obj_id)
end

local function at_offset(name, offset)
  return offset and offset ~= 0 and ("%s+0x%x"):format(name, offset) or name
end

-- Words for an offset in a file: function+offset, and the USDT probe there. The file is opened as
-- the process sees it.
local function in_file(file, offset, pid)
  local func, within = bpf.elf_symbol(file, offset, pid)
  local words = func and at_offset(func, within) or ("0x%x"):format(offset)
  local probe = bpf.elf_probe(file, offset, pid)
  if probe then words = ("%s (USDT %s)"):format(words, probe) end
  return words, func, func and within, probe
end

--- Words for a uprobe: the symbol at its file offset, or its USDT probe.
---@param row table with file and file_offset; gets func, offset and usdt
---@param pid integer|nil a process that sees the file
---@return string
function links.uprobe(row, pid)
  local words
  words, row.func, row.offset, row.usdt = in_file(row.file, row.file_offset, pid)
  return ("%s:%s"):format(row.file, words)
end

--- Words for a kprobe.
---@param row table gets func, offset and addr
---@param link table func_name, offset and addr
---@return string
function links.kprobe(row, link)
  local name = link.func_name ~= "" and link.func_name or nil
  if not name and link.addr ~= 0 then name = bpf.ksym(link.addr) end
  row.func, row.offset, row.addr = name, link.offset, link.addr
  return at_offset(name or "?", link.offset)
end

--- The event that a perf event counts. The kernel turns its clocks into types of their own, which
--- always have the first two free numbers.
---@param row table gets event_type and event_config
---@param event { event_type: integer?, event_config: integer? }
function links.counted(row, event)
  local clock = event.event_type and event.event_type - 6 == event.event_config
    and event.event_config < 2
  row.event_type = clock and 1 or event.event_type
  row.event_config = event.event_config
end

--- Words for a perf event.
---@param event { event_type: integer?, event_config: integer?, frequency: integer?,
---  period: integer?, cpu: integer? }
---@return string
function links.event(event)
  if not event.event_type then return "a perf event" end
  local name = (EVENTS[event.event_type] or {})[event.event_config]
    or ("event type %d, config 0x%x"):format(event.event_type, event.event_config)
  local clock = event.event_type == 1 and event.event_config < 2 -- these count nanoseconds
  if event.frequency then
    name = ("%s, %u times a second"):format(name, event.frequency)
  elseif event.period and event.period ~= 0 then
    name = clock and ("%s, each %g ms"):format(name, event.period / 1e6)
      or ("%s, each %u"):format(name, event.period)
  end
  return event.cpu and ("%s on CPU %d"):format(name, event.cpu) or name
end

-- The first of many items, and the number of others.
local function some(words, total)
  local first = table.move(words, 1, math.min(3, #words), 1, {})
  if total > #first then first[#first + 1] = ("%d more"):format(total - #first) end
  return table.concat(first, ", ")
end

-- The row of a multi link; its addresses are read link by link.
local function kprobe_multi(row, link)
  local full = bpf.link_info(link.id) or link
  row.funcs, row.count = {}, link.count
  for i, address in ipairs(full.addrs or {}) do
    row.funcs[i] = address ~= 0 and bpf.ksym(address) or "?"
  end
  if link.retprobe then row.kind = "kretprobe_multi" end
  return some(row.funcs, link.count)
end

local function uprobe_multi(row, link, pid)
  local full = bpf.link_info(link.id) or link
  row.file, row.funcs, row.count = link.file_name, {}, link.count
  if (link.pid or 0) ~= 0 then pid = link.pid end -- the traced process has the file mapped
  for i, offset in ipairs(full.offsets or {}) do
    row.funcs[i] = in_file(link.file_name, offset, pid)
  end
  if link.retprobe then row.kind = "uretprobe_multi" end
  row.ref_ctr_offsets = full.ref_ctr_offsets
  local words = ("%s:%s"):format(link.file_name, some(row.funcs, link.count))
  if (link.pid or 0) == 0 then return words end
  row.traced_pid = link.pid
  return ("%s, in process %d alone"):format(words, link.pid)
end

local function perf_event(row, link, pid)
  row.kind = link.perf_type or row.kind
  if link.perf_type == "tracepoint" then
    row.tracepoint = link.tp_name
    return tracepoints.words(link.tp_name)
  elseif link.file_name then
    row.file, row.file_offset = link.file_name, link.offset
    return links.uprobe(row, pid)
  elseif link.func_name then
    return links.kprobe(row, link)
  end
  row.kind = "perf_event"
  links.counted(row, link)
  return links.event(row)
end

-- The target of an iterator: everything of its kind, or one map, process or control group.
local function iter(row, link, view)
  if link.map_id then
    row.map_id = link.map_id
    return ("%s of %s"):format(link.target_name, links.map_name(view, link.map_id))
  elseif (link.pid or 0) ~= 0 or (link.tid or 0) ~= 0 then
    local pid = link.pid ~= 0 and link.pid
    return pid and ("%s of process %d"):format(link.target_name, pid)
      or ("%s of thread %d"):format(link.target_name, link.tid)
  elseif (link.cgroup_id or 0) ~= 0 then
    return ("%s of %s"):format(link.target_name, links.cgroup(row, link.cgroup_id))
  end
  return link.target_name
end

--- Words for a map.
---@param view table
---@param id integer
---@return string
function links.map_name(view, id)
  local map = view.maps[id]
  return map and ("map %d (%s)"):format(id, map.full_name or map.name) or ("map %d"):format(id)
end

--- Words for a control group: its path.
---@param row table gets cgroup_id and cgroup_path
---@param id integer
---@return string
function links.cgroup(row, id)
  local path, _, errno = bpf.cgroup_path(id)
  row.cgroup_id, row.cgroup_path = id, path
  return path or (errno == EPERM and "control group %u, whose path only root can read"
    or "control group %u, which is gone"):format(id)
end

-- The program to which a tracing link is attached, if any.
local function target_program(prog, link, view)
  local on_program = prog
    and links.is_on_program(prog, link, function(id) return view:is_kernel_btf(id) end)
  return on_program and view.progs[link.target_obj_id] or nil
end

-- The function of a program, by the program's own BTF.
local function function_in(target, btf_id)
  if not target or target.btf_id == 0 then return nil end
  local names = bpf.btf_names(target.btf_id, { btf_id })
  return names and names[1] ~= "" and names[1] or nil
end

local function tracing(row, link, view)
  local prog = view.progs[link.prog_id]
  row.kind = prog and prog.type == "ext" and "freplace" or TRACING[link.attach_type]
    or link.attach_type
  local target = target_program(prog, link, view)
  if not target then
    row.func = function_of(prog, link)
    if row.func then return row.func end
    return link.target_btf_id ~= 0 and ("BTF type %d"):format(link.target_btf_id)
      or "a function; this kernel does not tell which"
  end
  row.target_prog_id = target.id
  row.func = function_in(target, link.target_btf_id)
  return ("%s of program %d (%s)"):format(row.func or "a function", target.id, target.name)
end

-- Functions that fill the row of each link type and return the words for its target.
local LINKS = {
  raw_tracepoint = function(row, link, view)
    local prog = view.progs[link.prog_id]
    if prog and prog.type == "tracing" then row.kind = "tp_btf" end
    row.tracepoint = link.tp_name
    return link.tp_name
  end,
  tracing = tracing,
  cgroup = function(row, link) return links.cgroup(row, link.cgroup_id) end,
  iter = iter,
  netns = function(row, link)
    row.netns = link.netns_ino
    return ("network namespace %u"):format(link.netns_ino)
  end,
  perf_event = function(row, link, view)
    return perf_event(row, link, view:holder_of(link.id))
  end,
  kprobe_multi = kprobe_multi,
  uprobe_multi = function(row, link, view)
    return uprobe_multi(row, link, view:holder_of(link.id))
  end,
  struct_ops = function(row, link, view)
    row.map_id = link.map_id
    return links.map_name(view, link.map_id)
  end,
  sockmap = function(row, link, view)
    row.map_id = link.map_id
    return links.map_name(view, link.map_id)
  end,
  netfilter = function(_, link)
    return ("%s %s, priority %d"):format(PROTOCOL_FAMILIES[link.pf] or link.pf,
      NETFILTER_HOOKS[link.hooknum] or link.hooknum, link.priority)
  end,
}

--- Words for an interface, with its namespace when it is not ours.
---@param row table
---@return string
function links.interface(row)
  local name = row.ifname or ("interface %d"):format(row.ifindex)
  local where = row.netns_path and row.netns_path ~= "/proc/self/ns/net"
    and " in " .. row.netns_path or ""
  return name .. where
end

local ON_INTERFACE = { xdp = true, tcx = true, netkit = true }

-- The row of a link on an interface. When the interface is gone, its number is 0.
local function interface_link(row, link)
  if link.ifindex == 0 then return "an interface that is gone" end
  row.ifindex = link.ifindex
  return links.interface(row)
end

-- The row of a link by its type, with names for numbers.
local function row_of(link, view)
  local row = {
    kind = link.type, how = "link", link_id = link.id, attach_type = link.attach_type,
    prog_id = link.prog_id ~= 0 and link.prog_id or nil, own = link.own, cookie = link.cookie,
  }
  local fill = ON_INTERFACE[link.type] and interface_link or LINKS[link.type]
  row.target = fill and fill(row, link, view) or ""
  return row
end

--- Adds the row of a link; for struct_ops, one row for each program.
---@param rows lunette.Attachment[]
---@param link bpf.LinkInfo
---@param view table programs, maps and holders by id
function links.add(rows, link, view)
  local map = link.type == "struct_ops" and view.maps[link.map_id]
  if map and struct_ops.add(rows, map, { how = "link", link_id = link.id }) then return end
  rows[#rows + 1] = row_of(link, view)
end

return links
