-- The attach view: every place where programs are attached, in one list. Links, perf events,
-- control groups, interfaces and routes in every network namespace, sockets, socket maps,
-- struct_ops, and program arrays (tail calls).

local bpf = require("bpf")
local holders = require("lunette.attach.holders")
local links = require("lunette.attach.links")
local places = require("lunette.attach.places")

local attach = {}

local View = {}
View.__index = View

local OWN_NAMESPACE = "processes: only those of our own namespace are seen, "
  .. "so what others hold seems held by none"
local NO_ITERATOR = "sockets: only a BPF iterator tells of their programs, and there is none here"

-- The results of a source (a bpf function). When it fails, a note says why.
function View:ask(what, source, ...)
  local list, err = source(...)
  if list then return list, err end
  self.notes[#self.notes + 1] = ("%s: %s"):format(what, err)
  return {}
end

function View:map_label(id)
  local map = self.maps[id]
  return map and (map.full_name or map.name) or "gone"
end

--- A process that holds the link: its paths are resolved as that process sees them.
function View:holder_of(link_id)
  local list = self.owned["link " .. link_id]
  return list and list[1].pid
end

--- True for the BTF of the kernel or a module; nil when there is no such object.
function View:is_kernel_btf(id)
  if self.kernel_btf[id] == nil then
    local info = bpf.btf_info(id)
    self.kernel_btf[id] = { info and info.kernel }
  end
  return self.kernel_btf[id][1]
end

local function by_object(list, make)
  local index = {}
  for _, item in ipairs(list) do
    local key = item.kind .. " " .. item.id
    index[key] = index[key] or {}
    table.insert(index[key], make(item))
  end
  return index
end

local function holder(owner) return { pid = owner.pid, fd = owner.fd, comm = owner.comm } end

-- Reads the kernel's lists once; lists that the caller has read are used as given.
local function look(opts, list)
  local view =
    setmetatable({ notes = {}, effective = opts.effective or false, kernel_btf = {} }, View)
  local seen = opts.seen or {}
  view.owners, view.method = seen.owners, seen.method
  if not view.owners then view.owners, view.method = view:ask("owners", bpf.owners) end
  if not bpf.host().all_processes then view.notes[#view.notes + 1] = OWN_NAMESPACE end
  if view.method == "proc" then view.notes[#view.notes + 1] = NO_ITERATOR end
  view.pin_list = seen.pins or view:ask("pins", bpf.pins)
  view.map_list = seen.maps or view:ask("maps", bpf.maps)
  local progs = seen.progs or view:ask("programs", bpf.progs)
  links.learn_functions(progs, list, function(id) return view:is_kernel_btf(id) end)
  view.progs, view.maps = {}, {}
  for _, prog in ipairs(progs) do view.progs[prog.id] = prog end
  for _, map in ipairs(view.map_list) do view.maps[map.id] = map end
  view.owned = by_object(view.owners, holder)
  view.pinned = by_object(view.pin_list, function(pin) return pin.path end)
  return view
end

-- The time by which each link existed, by its id: it was pinned then.
local function pinned_since(view)
  local since, boot = {}, bpf.host().boot_time
  for _, pin in ipairs(view.pin_list) do
    if pin.kind == "link" and pin.time then
      local at = math.max(0, (pin.time - boot) * 1e9 // 1 | 0)
      since[pin.id] = math.min(since[pin.id] or at, at)
    end
  end
  return since
end

local function finish(rows, view, own)
  local list, pinned = {}, pinned_since(view)
  for _, row in ipairs(rows) do
    local prog = row.prog_id and view.progs[row.prog_id]
    row.own = row.own or (prog and prog.own) or false
    row.since, row.since_latest = prog and prog.load_time, row.link_id and pinned[row.link_id]
    holders.tell(row, view)
    if own ~= false or not row.own then list[#list + 1] = row end
  end
  return list
end

--- Every attachment, and notes on sources that could not be read for lack of privileges or support.
--- own = false leaves out Lunette's own; effective adds programs that control groups inherit.
--- `seen`: lists that the caller has just read, which are then not read again.
---@param opts? { own?: boolean, effective?: boolean, seen?: { progs?: bpf.ProgInfo[],
---  maps?: bpf.MapInfo[], links?: bpf.LinkInfo[], owners?: bpf.Owner[], method?: string,
---  pins?: bpf.Pin[] } } method is how the owners were found
---@return lunette.Attachment[]|nil, string[]|string notes_or_err, integer? errno
function attach.list(opts)
  opts = opts or {}
  local list, err, errno = opts.seen and opts.seen.links, nil, nil
  if not list then list, err, errno = bpf.links() end
  if not list then return nil, err, errno end
  local view, rows = look(opts, list), {}
  for _, link in ipairs(list) do links.add(rows, link, view) end
  places.add(rows, view)
  holders.add(rows, view)
  return finish(rows, view, opts.own), view.notes
end

--- The same, grouped by program.
---@param opts? { own?: boolean, effective?: boolean }
---@return table<integer, lunette.Attachment[]>|nil, string? err, integer? errno
function attach.by_program(opts)
  local rows, err, errno = attach.list(opts)
  if not rows then return nil, err, errno end
  local index = {}
  for _, row in ipairs(rows) do
    if row.prog_id then
      index[row.prog_id] = index[row.prog_id] or {}
      table.insert(index[row.prog_id], row)
    end
  end
  return index
end

return attach
