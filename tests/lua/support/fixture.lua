-- Helpers of the bpf module's specs: fixtures, other tools' output, descriptors.

local json = require("lunette.runtime.json")
local lfs = require("lfs")

local fixture = {}

--- The path of a BPF object of tests/bpf.
---@param name string
---@return string
function fixture.object(name)
  return ("%s/tests/bpf/%s.bpf.o"):format(os.getenv("LUNETTE_BUILD") or "build", name)
end

--- The output of a command.
---@param command string
---@return string
function fixture.output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("a")
  pipe:close()
  return text
end

--- The value of a command's JSON output.
---@param command string
---@return any
function fixture.json(command) return assert(json.decode(fixture.output(command))) end

--- The number of descriptors that this process has open.
---@return integer
function fixture.descriptors()
  local n = 0
  for _ in lfs.dir("/proc/self/fd") do n = n + 1 end
  return n
end

--- This process's id.
---@return integer
function fixture.pid()
  local file <close> = assert(io.open("/proc/self/stat"))
  return math.tointeger(tonumber(file:read("l"):match("^%d+")))
end

--- The program under test.
---@return string
function fixture.binary()
  return os.getenv("LUNETTE") or (os.getenv("LUNETTE_BUILD") or "build") .. "/lunette"
end

--- The first element that has these fields.
---@param list table[]
---@param fields table
---@return table|nil
function fixture.find(list, fields)
  for _, item in ipairs(list) do
    local same = true
    for key, value in pairs(fields) do same = same and item[key] == value end
    if same then return item end
  end
  return nil
end

--- Repeats a question until its answer is true, and returns the answer: the kernel frees objects
--- with a delay, and other processes need time. nil after a minute, which is long enough for a busy
--- machine.
---@param ask fun(): any
---@return any
function fixture.eventually(ask)
  local uptime <close> = assert(io.open("/proc/uptime"))
  local function now()
    uptime:seek("set")
    return uptime:read("n")
  end
  local stop = now() + 60
  repeat
    local answer = ask()
    if answer then return answer end
    os.execute("sleep 0.05")
  until now() > stop
  return nil
end

--- Waits until the kernel has freed the maps of an object loaded before.
---@param names string[] as the kernel has them
function fixture.wait_for_none(names)
  local is = {}
  for _, name in ipairs(names) do is[name] = true end
  assert(fixture.eventually(function()
    for _, info in ipairs(assert(require("bpf").maps())) do
      if is[info.name] then return false end
    end
    return true
  end))
end

--- Runs a shell command; returns whether it succeeded, and its output.
---@param command string a format for what follows
---@return boolean, string
function fixture.try(command, ...)
  local pipe = assert(io.popen(("{ %s; } 2>&1"):format(command:format(...))))
  local text = pipe:read("a")
  return pipe:close() == true, text
end

--- Runs a shell command; raises its output when it fails.
---@param command string a format for what follows
function fixture.run(command, ...)
  local ok, text = fixture.try(command, ...)
  if not ok then error(("%s: %s"):format(command:format(...), text), 2) end
end

--- True when the running kernel is of this version or newer.
---@param major integer
---@param minor integer
---@return boolean
function fixture.since(major, minor)
  local has_major, has_minor = require("bpf").host().kernel:match("^(%d+)%.(%d+)")
  has_major, has_minor = tonumber(has_major), tonumber(has_minor)
  return has_major > major or has_major == major and has_minor >= minor
end

fixture.CONTAINED = "processes: only those of our own namespace are seen, "
  .. "so what others hold seems held by none"

--- The expected notes of the attach view: these, and in a container that it is one.
---@param notes string[]
---@return string[]
function fixture.notes(notes)
  local contained = not require("bpf").host().all_processes
  return contained and { fixture.CONTAINED, table.unpack(notes) } or notes
end

--- A path for a pin of this test only.
---@param name string
---@return string
function fixture.pin(name)
  return ("/sys/fs/bpf/lunette-test-%d-%d-%s"):format(fixture.pid(), os.time(), name)
end

return fixture
