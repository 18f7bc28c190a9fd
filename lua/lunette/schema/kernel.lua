-- The kernel's state during one request. Every list is read at most once and every relation indexed
-- once, and all fields of the request share them: no N+1 system calls.

local bpf = require("bpf")
local object_holders = require("lunette.schema.object_holders")
local process = require("lunette.schema.process")
local samples = require("lunette.sampler")

local kernel = {}

local Kernel = {}
Kernel.__index = Kernel
object_holders.extend(Kernel)

-- After so many single lookups, reading all objects is cheaper.
local SINGLE_MAX = 8

-- Methods of a program for scripts' resolvers.
local Program = {}
Program.__index = Program

--- Current costs from the sampler: { runs, cpu, average, misses }; empty before the first samples.
--- Calling it keeps the sampler running.
---@return table
function Program:rate()
  samples.want()
  return bpf.sampler():rate(self.id) or {}
end

local KINDS = {
  prog = { list = bpf.progs, info = bpf.prog_info, open = bpf.prog, word = "program",
    methods = Program },
  map = { list = bpf.maps, info = bpf.map_info, open = bpf.map, word = "map" },
  link = { list = bpf.links, info = bpf.link_info, open = bpf.link, word = "link" },
  btf = { list = bpf.btfs, info = bpf.btf_info, open = bpf.btf, word = "BTF object" },
}

local NONE = {}

local EPERM, ENOENT = 1, 2
local NEEDS_ROOT = " (the kernel lists objects to CAP_SYS_ADMIN only: run as root)"

local function hex(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local function by_id(a, b) return a.id < b.id end

--- The state of this request, shared by all its fields.
---@param ctx table
---@return table
function kernel.of(ctx)
  local cache = ctx.cache
  if not cache then
    cache = {}
    ctx.cache = cache
  end
  local self = cache.kernel
  if not self then
    self = setmetatable({
      lists = {}, found = {}, several = {}, indexes = {}, singles = {},
    }, Kernel)
    cache.kernel = self
  end
  return self
end

--- Drops the state, so that the next event of a subscription reads again.
---@param ctx table
function kernel.forget(ctx)
  if ctx.cache then ctx.cache.kernel = nil end
end

-- True when listing needs more privileges.
local function refused(err, errno) error(errno == EPERM and err .. NEEDS_ROOT or err, 0) end

--- The ids of all objects of a kind, in order, without reading the objects.
---@param kind string
---@return integer[]
function kernel.ids(kind)
  local ids, err, errno = bpf.ids(kind)
  if not ids then refused(err, errno) end
  return ids
end

--- All objects of a kind ("prog", "map", "link", "btf"), by id.
---@param kind string
---@return table[]
function Kernel:list(kind)
  local list = self.lists[kind]
  if list then return list end
  local err, errno
  list, err, errno = KINDS[kind].list()
  if not list then refused(err, errno) end
  table.sort(list, by_id)
  local found, methods = {}, KINDS[kind].methods
  for i = 1, #list do
    local info = list[i]
    found[info.id] = methods and setmetatable(info, methods) or info
  end
  self.lists[kind], self.found[kind], self.several[kind] = list, found, true
  return list
end

--- A sentence on why an object could not be read.
---@param kind bpf.Kind
---@param id integer
---@param err? string of the bpf module, which names the object too; nil: it is not there
---@param errno? integer
---@return string
function kernel.why_not(kind, id, err, errno)
  local word = KINDS[kind].word
  if not err or errno == ENOENT then return ("%s with ID %d not found"):format(word, id) end
  return ("%s with ID %d: %s"):format(word, id, (err:gsub("^%a+ %d+: ", "")))
end

--- Opens an object; nil and the reason when it can't be opened. Negative ids do not exist.
---@param kind bpf.Kind
---@param id integer
---@return table|nil handle, string? err, integer? errno
function kernel.open(kind, id)
  if id < 0 then return nil, kernel.why_not(kind, id), ENOENT end
  local handle, err, errno = KINDS[kind].open(id)
  if not handle then return nil, kernel.why_not(kind, id, err, errno), errno end
  return handle
end

-- One object, cached or read now; nil when it does not exist, with a reason when it could not be
-- read.
local function read_one(self, kind, id)
  local found = self.found[kind] or {}
  self.found[kind] = found
  if found[id] == nil and id >= 0 and not self.lists[kind] then
    local info, err, errno = KINDS[kind].info(id)
    if not info and errno ~= ENOENT then
      return nil, kernel.why_not(kind, id, err, errno)
    end
    found[id] = info and setmetatable(info, KINDS[kind].methods) or false
  end
  return found[id] or nil
end

-- Reads those maps together that are not read yet. Read one by one, each program array would cost a
-- wait.
local function read_maps(self, ids)
  local found, unread = self.found.map or {}, {}
  self.found.map = found
  if self.lists.map then return end
  for _, id in ipairs(ids) do
    if found[id] == nil and id >= 0 then unread[#unread + 1] = id end
  end
  if #unread < 2 then return end
  for _, info in ipairs(bpf.maps { ids = unread } or NONE) do found[info.id] = info end
end

--- One object by id, or nil and the reason. After SINGLE_MAX lookups all are read at once.
---@param kind string
---@param id integer
---@return table|nil info, string? err
function Kernel:find(kind, id)
  local found = self.found[kind]
  if not (found and found[id] ~= nil) then
    local singles = (self.singles[kind] or 0) + 1
    self.singles[kind] = singles
    if singles > SINGLE_MAX then self:list(kind) end
  end
  local info, err = read_one(self, kind, id)
  if info then return info end
  return nil, err or kernel.why_not(kind, id)
end

--- The existing objects among some ids; only they are read.
---@param kind string
---@param ids integer[]
---@return table[]
function Kernel:some(kind, ids)
  local list, seen = {}, {}
  if kind == "map" then read_maps(self, ids) end
  self.several[kind] = self.several[kind] or #ids > 1
  for _, id in ipairs(ids) do
    local info, err = read_one(self, kind, id)
    if err then error(err, 0) end
    if info and not seen[id] then list[#list + 1] = info end
    seen[id] = true
  end
  table.sort(list, by_id)
  return list
end

--- One object by id; a removed one is an object that says so.
---@param kind string
---@param id integer
---@return table
function Kernel:object(kind, id)
  local info, err = self:find(kind, id)
  return info or { id = id, error = err }
end

--- One object that the request names by id; raises when it does not exist.
---@param kind string
---@param id integer
---@return table
function Kernel:demand(kind, id)
  local info, err = self:find(kind, id)
  if not info then error(err, 0) end
  return info
end

-- An index, made once per request: lists by some key.
function Kernel:index(name, fill)
  local index = self.indexes[name]
  if not index then
    index = {}
    self.indexes[name] = index
    fill(function(key, item)
      local list = index[key]
      if list then list[#list + 1] = item else index[key] = { item } end
    end)
  end
  return index
end

-- A list that the kernel may refuse; a refusal counts as an empty list, not as an error.
local function listed(list) return list or NONE end

--- The objects whose field has that id: links by their prog_id, for example.
---@param kind string
---@param field string
---@param id integer
---@return table[]
function Kernel:having(kind, field, id)
  return self:index(kind .. "." .. field, function(add)
    for _, info in ipairs(self:list(kind)) do
      if info[field] then add(info[field], info) end
    end
  end)[id] or NONE
end

--- The programs that use a map.
---@param map_id integer
---@return table[]
function Kernel:users(map_id)
  return self:index("users", function(add)
    for _, prog in ipairs(self:list("prog")) do
      for _, id in ipairs(prog.map_ids or NONE) do add(id, prog) end
    end
  end)[map_id] or NONE
end

-- The ids of the maps of all programs read so far.
local function used_maps(self)
  local ids = {}
  for _, prog in pairs(self.found.prog or NONE) do
    if prog then table.move(prog.map_ids or NONE, 1, #(prog.map_ids or NONE), #ids + 1, ids) end
  end
  return ids
end

--- The maps that a program uses; a removed one says so. After a few programs the maps of all read
--- programs are read at once.
---@param prog table
---@return table[]
function Kernel:maps_of(prog)
  local maps, ids = {}, prog.map_ids or NONE
  self.using = (self.using or 0) + 1
  read_maps(self, self.using == SINGLE_MAX and used_maps(self) or ids)
  for i, id in ipairs(ids) do
    local info, err = read_one(self, "map", id)
    maps[i] = info or { id = id, error = err or kernel.why_not("map", id) }
  end
  return maps
end

--- Everything pinned.
---@return table[]
function Kernel:pins()
  if not self.pinned then self.pinned = listed(bpf.pins()) end
  return self.pinned
end

--- The paths of an object's pins.
---@param kind string
---@param id integer
---@return string[]
function Kernel:pins_of(kind, id)
  return self:index("pins", function(add)
    for _, pin in ipairs(self:pins()) do add(pin.kind .. pin.id, pin.path) end
  end)[kind .. id] or NONE
end

--- The path of a process's cgroup, or nil.
---@param pid integer
---@return string|nil
function Kernel:cgroup_of_process(pid)
  self.cgroups = self.cgroups or {}
  local path = self.cgroups[pid]
  if path == nil then
    path = process.cgroup(pid) or false
    self.cgroups[pid] = path
  end
  return path or nil
end

--- The perf events with programs.
---@return table[]
function Kernel:tasks()
  if not self.perf_events then self.perf_events = listed(bpf.task_fd_query()) end
  return self.perf_events
end

--- The perf events with this program.
---@param prog_id integer
---@return table[]
function Kernel:tasks_of(prog_id)
  return self:index("tasks", function(add)
    for _, task in ipairs(self:tasks()) do add(task.prog_id, task) end
  end)[prog_id] or NONE
end

--- The ids in a map of maps or a program array, by key.
---@param map table
---@return { key: string, index: integer?, id: integer }[]
function Kernel:slots(map)
  return self:index("slots", function() end)[map.id] or self:read_slots(map)
end

function Kernel:read_slots(map)
  local slots = {}
  self.indexes.slots[map.id] = slots
  if map.type == "prog_array" then
    for i, found in ipairs(listed(bpf.prog_slots { map = map.id })) do
      slots[i] = { key = hex(("<I4"):pack(found.index)), index = found.index, id = found.prog_id }
    end
    return slots
  end
  local opened = bpf.map(map.id)
  if not opened then return slots end
  local handle <close> = opened
  for key, value in handle:each { raw = true } do
    local id = ("<I4"):unpack(value)
    if id ~= 0 then
      local index = #key == 4 and ("<I4"):unpack(key) or nil
      slots[#slots + 1] = { key = hex(key), index = index, id = id }
    end
  end
  return slots
end

--- Numbers of entries by map id, for types that the kernel counts; one read for all maps.
---@return table<integer, integer>
function Kernel:fills()
  if not self.filled then self.filled = listed(bpf.fill()) end
  return self.filled
end

--- The views of scripts' pages and panels, each computed once per request.
---@return table<string, table>
function Kernel:views()
  self.described = self.described or {}
  return self.described
end

-- Reads the attach view, with notes on sources that could not be read.
local function look_at_attachments(self, effective)
  local key = effective and "effective" or "attached"
  if not self[key] then
    local seen = { progs = self:list("prog"), maps = self:list("map"), links = self:list("link"),
      pins = self:pins(), owners = self:owners() and self.told_owners,
      method = self.owners_by }
    local attach = require("lunette.attach")
    local list, notes, errno = attach.list { effective = effective, seen = seen }
    if not list then error(errno == EPERM and notes .. NEEDS_ROOT or notes, 0) end
    self[key] = { list = list, notes = notes }
  end
  return self[key]
end

--- Every attachment of a program.
---@param effective? boolean with what control groups inherit
---@return table[]
function Kernel:attachments(effective) return look_at_attachments(self, effective).list end

--- Sources of attachments that could not be read, and why.
---@return string[]
function Kernel:attachment_notes()
  return (self.effective or look_at_attachments(self, false)).notes
end

--- A link's row in the attach view, or nil.
---@param id integer
---@return table|nil
function Kernel:attachment_of_link(id)
  local rows = self:index("link rows", function(add)
    for _, row in ipairs(self:attachments()) do
      if row.link_id then add(row.link_id, row) end
    end
  end)[id]
  return rows and rows[1]
end

--- The time of boot, in seconds since 1970.
---@return number
function Kernel:boot_time() return self:host().boot_time end

--- The current time in seconds since 1970, on the clock of the samples' times.
---@return number
function Kernel:now() return self:boot_time() + bpf.uptime() end

--- The host.
---@return table
function Kernel:host()
  if not self.host_info then self.host_info = assert(bpf.host()) end
  return self.host_info
end

return kernel
