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

return process
