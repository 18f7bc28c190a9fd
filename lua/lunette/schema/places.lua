-- Cgroups and network interfaces by their numbers.

local bpf = require("bpf")

local places = {}

-- Names of this namespace's interfaces, by number.
local function interfaces()
  local names = {}
  for line in io.lines("/proc/net/dev") do
    local name = line:match("^%s*([^:%s]+):")
    local file <close> = name and io.open(("/sys/class/net/%s/ifindex"):format(name))
    local index = file and tonumber(file:read("l"))
    if index then names[index] = name end
  end
  return names
end

--- An interface of our network namespace: its name is nil when it is gone.
---@param ifindex integer
---@return { ifindex: integer, name: string? }
function places.interface(ifindex)
  return { ifindex = ifindex, name = interfaces()[ifindex] }
end

--- A cgroup: its path is nil when it is gone.
---@param id integer
---@return { id: integer, path: string? }
function places.cgroup(id)
  return { id = id, path = bpf.cgroup_path and bpf.cgroup_path(id) }
end

return places
