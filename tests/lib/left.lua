-- Finds leftovers of tests: BPF objects, pins, control groups, network namespaces and interfaces by
-- their names, processes by a mark in their environment.

local left = {}

local function capture(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("a")
  pipe:close()
  return text
end
left.capture = capture

-- Places of the kernel and the machine have other names than the tests' ones.
local PLACES = [[find /sys/fs/bpf -type f -printf 'pin %p\n' 2>/dev/null
find /sys/fs/cgroup -maxdepth 4 -type d -name 'lun*' -printf 'cgroup %p\n' 2>/dev/null
find /run/netns -mindepth 1 -printf 'network namespace %f\n' 2>/dev/null
find /sys/class/net -mindepth 1 -name 'lun*' -printf 'interface %f\n' 2>/dev/null
true]]

local function lines_of(text, into)
  for line in text:gmatch("[^\n]+") do into[line] = into[line] or line end
  return into
end

-- The existing objects, from bpftool, which reports names, too.
local function objects()
  local held = {}
  for _, kind in ipairs({ "prog", "map", "link" }) do
    local text = capture(("bpftool -j %s list 2>/dev/null"):format(kind))
    for id, rest in text:gmatch('{"id":(%d+)([^{]*)') do
      local type, name = rest:match('"type":"?([^",}]*)'), rest:match('"name":"([^"]*)"')
      held[kind .. " " .. id] = ("%s %s (%s)"):format(kind, id,
        name and type .. " " .. name or type or "?")
    end
  end
  return held
end

--- All leftovers: { [key] = description }.
function left.all() return lines_of(capture(PLACES), objects()) end

--- The same by key only, quickly, by our own binary.
---@param binary string
function left.quick(binary)
  local ids = ("'%s' run tests/lib/ids.lua 2>/dev/null\n"):format(binary)
  return lines_of(capture(ids .. PLACES), {})
end

local function read(path)
  local file <close> = io.open(path)
  return file and file:read("a") or ""
end

--- Objects held only by processes without the mark: another program on the host made them. { [key]
--- = true }
---@param binary string of ours
---@param mark string
function left.foreign(binary, mark)
  local foreign, marked = {}, {}
  for _, process in ipairs(left.processes(mark)) do marked[process.pid] = true end
  local text = capture(("'%s' run tests/lib/owners.lua 2>/dev/null"):format(binary))
  for object, pid in text:gmatch("(%a+ %d+) (%d+)\n") do
    if foreign[object] ~= false then foreign[object] = not marked[pid] end
  end
  return foreign
end

--- Processes with a mark in their environment; the mark ends in a number and a dot: { { pid =,
--- command =, number = } }.
---@param mark string "NAME=…-", or with its number: those of one suite
function left.processes(mark)
  local list = {}
  local pids = capture(("grep -lsF '%s' /proc/[0-9]*/environ"):format(mark))
  for pid in pids:gmatch("/proc/(%d+)/") do
    local environment = read(("/proc/%s/environ"):format(pid))
    local at = environment:find(mark, 1, true)
    local number = at and environment:match("^[^-]*-(%d+)%.", at)
    local command = read(("/proc/%s/cmdline"):format(pid)):gsub("%z", " "):sub(1, 100)
    if number and command ~= "" then
      list[#list + 1] = { pid = pid, command = command, number = tonumber(number) }
    end
  end
  return list
end

return left
