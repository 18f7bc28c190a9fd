-- Relations of holders and objects; a part of kernel.lua.

local bpf = require("bpf")

local object_holders = {}

local Holds = {}

local OBJECTS = { prog = true, map = true, link = true, btf = true }

local NONE = {}

local MAX_PID = 1 << 22 -- the kernel's own limit

-- A holder of a perf event or a socket also holds the program that it runs.
local function as_holds(owners)
  local list = {}
  for i, hold in ipairs(owners) do
    list[i] = OBJECTS[hold.kind] and hold
      or { kind = "prog", id = hold.id, pid = hold.pid, fd = hold.fd, comm = hold.comm }
  end
  return list
end

--- The descriptors by which processes hold programs, maps, links and BTF objects.
---@return table[]
function Holds:owners()
  if not self.holds then
    local told, method = bpf.owners()
    self.told_owners, self.owners_by = told or NONE, told and method
    self.holds = as_holds(self.told_owners)
  end
  return self.holds
end

-- A request's first lookup of owners is for one object, because most requests need no more; lists
-- of objects need all of them.
local function first_owners(self, key, opts)
  local asked = self.asked_owners
  if self.holds or self.several[opts.kind] or asked and asked.key ~= key then return nil end
  if not asked then
    asked = { key = key, holds = as_holds(bpf.owners(opts) or NONE) }
    self.asked_owners = asked
  end
  return asked.holds
end

--- The holders of an object.
---@param kind string
---@param id integer
---@return table[]
function Holds:owners_of(kind, id)
  local key = kind .. id
  return first_owners(self, key, { kind = kind, id = id }) or self:index("owners", function(add)
    for _, owner in ipairs(self:owners()) do add(owner.kind .. owner.id, owner) end
  end)[key] or NONE
end

--- The objects that a process holds.
---@param pid integer
---@return table[]
function Holds:held_by(pid)
  if pid < 1 or pid > MAX_PID then return NONE end
  return first_owners(self, pid, { pid = pid }) or self:index("held", function(add)
    for _, owner in ipairs(self:owners()) do add(owner.pid, owner) end
  end)[pid] or NONE
end

--- Adds these methods to a class.
---@param class table
function object_holders.extend(class)
  for name, method in pairs(Holds) do class[name] = method end
end

return object_holders
