-- The container, pod and service of a process, by its control group's path.

local container = {}

local function parts(path) return (path or ""):gmatch("[^/]+") end

--- The innermost systemd unit (service or scope) in a cgroup's path.
---@param path string|nil
---@return string|nil
function container.unit(path)
  local unit
  for part in parts(path) do
    if part:match("%.service$") or part:match("%.scope$") then unit = part end
  end
  return unit
end

-- How container runtimes name cgroups. The id is 64 hex digits, except for runtimes that use names.
local RUNTIMES = {
  { "^docker%-(%x+)%.scope$", "docker" },
  { "^cri%-containerd%-(%x+)%.scope$", "containerd" },
  { "^nerdctl%-(%x+)%.scope$", "containerd" },
  { ":cri%-containerd:(%x+)$", "containerd" },
  { "^crio%-(%x+)%.scope$", "cri-o" },
  { "^crio%-(%x+)$", "cri-o" },
  { "^libpod%-(%x+)%.scope$", "podman" },
  { "^libpod%-(%x+)$", "podman" },
  { "^lxc%.payload%.(.+)$", "lxc", named = true },
  { "^systemd%-nspawn@(.+)%.service$", "nspawn", named = true },
  { "^machine%-(.+)%.scope$", "machine", named = true },
}

-- A path part that is only an id belongs to the runtime that the part before it names.
local PARENTS = { docker = "docker", lxc = "lxc", containerd = "containerd", ecs = "ecs" }

local function container_in(part, before)
  for _, runtime in ipairs(RUNTIMES) do
    local id = part:match(runtime[1])
    if id and (runtime.named or #id == 64) then return id, runtime[2] end
  end
  if before == "lxc" then return part, "lxc" end
  local bare = #part == 64 and part:match("^%x+$")
  return bare or nil, bare and (PARENTS[before] or "container") or nil
end

--- The innermost container in a cgroup's path: its id (or name), and the runtime; "container" when
--- the path does not show which runtime it is.
---@param path string|nil
---@return string|nil id, string|nil runtime
function container.id(path)
  local found, runtime, before
  for part in parts(path) do
    local id, which = container_in(part, before)
    if id then found, runtime = id, which end
    before = part
  end
  return found, runtime
end

--- The innermost id of a Kubernetes or Podman pod in a cgroup's path.
---@param path string|nil
---@return string|nil
function container.pod(path)
  local pod
  for part in parts(path) do
    local id = part:match("pod(%x+[%x_%-]+)") or part:match("libpod_pod_(%x+)")
    if id and #id >= 32 then pod = id:gsub("_", "-") end
  end
  return pod
end

--- A process's place in words: its container and pod, or its service.
---@param path string|nil
---@return string|nil
function container.place(path)
  local id, runtime = container.id(path)
  local pod = container.pod(path)
  local words = id and ("%s %s"):format(runtime, #id == 64 and id:sub(1, 12) or id)
  if words then return pod and ("%s of pod %s"):format(words, pod) or words end
  if pod then return "pod " .. pod end
  local unit = container.unit(path)
  return unit and unit:match("%.service$") and unit or nil
end

return container
