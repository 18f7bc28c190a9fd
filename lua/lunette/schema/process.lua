-- What /proc tells of a process that holds BPF objects: its command line, and the unit,
-- container or pod that its cgroup's path names.

local process = {}

local function read(path)
  local file <close> = io.open(path, "rb")
  return file and file:read("a")
end

--- The command line, its arguments joined by spaces; nil when the process is gone.
---@param pid integer
---@return string|nil
function process.cmdline(pid)
  local text = read(("/proc/%d/cmdline"):format(pid))
  if not text or text == "" then return nil end
  return (text:gsub("%z+$", ""):gsub("%z", " "))
end

--- The path of the cgroup, of the unified hierarchy where there is one.
---@param pid integer
---@return string|nil
function process.cgroup(pid)
  local text = read(("/proc/%d/cgroup"):format(pid))
  if not text then return nil end
  return text:match("^0::([^\n]*)") or text:match("\n0::([^\n]*)") or text:match(":([^:\n]*)\n")
end

--- The systemd unit (a service or a scope) in a cgroup's path, the innermost.
---@param path string|nil
---@return string|nil
function process.unit(path)
  local unit
  for part in (path or ""):gmatch("[^/]+") do
    if part:match("%.service$") or part:match("%.scope$") then unit = part end
  end
  return unit
end

--- The container's id (64 hex digits) in a cgroup's path, as the common runtimes write it.
---@param path string|nil
---@return string|nil
function process.container(path)
  local id
  for run in (path or ""):gmatch("%x+") do
    if #run == 64 then id = run end
  end
  return id
end

--- The Kubernetes pod's id in a cgroup's path.
---@param path string|nil
---@return string|nil
function process.pod(path)
  local id = (path or ""):match("pod(%x+[%x_%-]+)")
  return id and #id >= 32 and id:gsub("_", "-") or nil
end

return process
