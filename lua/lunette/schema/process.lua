-- Facts from /proc about a process that holds BPF objects: its command line, and the unit,
-- container or pod in its cgroup's path.

local process = {}

local function read(path)
  local file <close> = io.open(path, "rb")
  return file and file:read("a")
end

--- The command line, arguments joined by spaces; nil when the process has ended.
---@param pid integer
---@return string|nil
function process.cmdline(pid)
  local text = read(("/proc/%d/cmdline"):format(pid))
  if not text or text == "" then return nil end
  return (text:gsub("%z+$", ""):gsub("%z", " "))
end

-- Hierarchies of cgroup version 1 that runtimes and systemd use, best first.
local VERSION_1 = { "name=systemd", "memory", "pids", "cpu", "devices" }

local function first_beside_root(lines)
  for _, controller in ipairs(VERSION_1) do
    for _, line in ipairs(lines) do
      local has = ("," .. line.names .. ","):find("," .. controller .. ",", 1, true)
      if has and line.path ~= "/" then return line.path end
    end
  end
  return nil
end

--- The path in a /proc/PID/cgroup text: of the unified hierarchy; when the process is at its root,
--- of the first version 1 hierarchy with another path.
---@param text string
---@return string|nil
function process.cgroup_of(text)
  local lines, unified = {}, nil
  for names, path in text:gmatch("%d+:([^:\n]*):([^\n]*)") do
    path = path:gsub(" %(deleted%)$", "")
    lines[#lines + 1] = { names = names, path = path }
    if names == "" then unified = path end
  end
  if unified and unified ~= "/" then return unified end
  return first_beside_root(lines) or unified or lines[1] and lines[1].path
end

--- The path of a process's cgroup; nil when the process has ended.
---@param pid integer
---@return string|nil
function process.cgroup(pid)
  local text = read(("/proc/%d/cgroup"):format(pid))
  return text and process.cgroup_of(text)
end

local function parts(path) return (path or ""):gmatch("[^/]+") end

--- The innermost systemd unit (service or scope) in a cgroup's path.
---@param path string|nil
---@return string|nil
function process.unit(path)
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
function process.container(path)
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
function process.pod(path)
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
function process.place(path)
  local id, runtime = process.container(path)
  local pod = process.pod(path)
  local words = id and ("%s %s"):format(runtime, #id == 64 and id:sub(1, 12) or id)
  if words then return pod and ("%s of pod %s"):format(words, pod) or words end
  if pod then return "pod " .. pod end
  local unit = process.unit(path)
  return unit and unit:match("%.service$") and unit or nil
end

return process
