-- What funccount and funclatency share: functions chosen by a pattern, and probes on them.
--
-- A pattern: vfs_* (functions of the kernel), c:malloc* or /usr/bin/bash:readline (of a library or
-- a file), t:sched:sched_switch* (tracepoints).

local bpf = require("bpf")

local functions = {}

local MOST <const> = 5000 -- probes of one run
local TRACING = { "/sys/kernel/tracing/", "/sys/kernel/debug/tracing/" }

-- A glob as a Lua pattern.
local function lua_pattern(glob)
  local text = glob:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0"):gsub("%*", ".*"):gsub("%?", ".")
  return "^" .. text .. "$"
end

local function lines_of(name)
  for _, folder in ipairs(TRACING) do
    local f = io.open(folder .. name)
    if f then return f end
    local other <close> = io.open(folder .. "available_events")
    if other then return nil, "this kernel traces no functions (CONFIG_FUNCTION_TRACER)" end
  end
  return nil, ("can't read %s of tracefs: mount -t tracefs none /sys/kernel/tracing"):format(name)
end

local function matching_lines(name, glob)
  local f <close>, err = lines_of(name)
  if not f then return nil, err end
  local pattern, list = lua_pattern(glob), {}
  for line in f:lines() do
    local word = line:match("^%S+")
    if word:find(pattern) then list[#list + 1] = { name = word } end
  end
  return list
end

-- The file of a library: "c" is libc.so.6.
local function file_of(name)
  if name:find("/", 1, true) then return name end
  for _, folder in ipairs { "/lib/" .. bpf.host().machine .. "-linux-gnu", "/usr/lib64", "/lib64",
    "/usr/lib", "/usr/local/lib" } do
    for version = -1, 20 do
      local path = ("%s/lib%s.so%s"):format(folder, name, version < 0 and "" or "." .. version)
      local f <close> = io.open(path, "rb")
      if f and f:read(4) == "\127ELF" then return path end
    end
  end
  return nil, ("there is no library '%s': name its file"):format(name)
end

local function in_file(name, glob)
  local path, err = file_of(name)
  if not path then return nil, err end
  local found, why = bpf.elf_functions(path, glob)
  if not found then return nil, why end
  local go = bpf.elf_functions(path, "runtime.goexit*")
  local list, seen = {}, {}
  for _, one in ipairs(found) do
    if not seen[one.offset] then
      seen[one.offset] = true
      list[#list + 1] = { name = one.name, path = path, offset = one.offset, size = one.size,
        go = go and #go > 0 }
    end
  end
  return list
end

--- The functions that a pattern means: { name, path?, offset?, tracepoint? }, numbered.
---@param pattern string
---@return table[]|nil list, string? err
function functions.find(pattern)
  local list, err
  local category = pattern:match("^t:(.+)$")
  local name, glob = pattern:match("^p?:?([^:]+):([^:]+)$")
  if category then
    list, err = matching_lines("available_events", category)
    for _, one in ipairs(list or {}) do one.tracepoint = one.name end
  elseif name then
    list, err = in_file(name, glob)
  else
    list, err = matching_lines("available_filter_functions", pattern)
  end
  if not list then return nil, err end
  if #list == 0 then return nil, ("no function matches '%s'"):format(pattern) end
  if #list > MOST then
    return nil, ("'%s' means %d functions; at most %d are traced"):format(pattern, #list, MOST)
  end
  return list
end

-- All kernel functions by one link; without kprobe.multi one by one. Those that the kernel refuses
-- are left out, unless it refuses all.
local function attach_kernel(object, list, program, values)
  local names, cookies = {}, {}
  for i, one in ipairs(list) do names[i], cookies[i] = one.name, i end
  local returns = program == "leaves"
  local all = { kprobes = names, cookies = cookies, returns = returns }
  if values.multi then return object:attach(program .. "_all", all) end
  local count, why = 0, nil
  for i, one in ipairs(list) do
    local ok, err = object:attach(program .. "_one",
      { kprobe = one.name, cookie = i, returns = returns })
    if ok then count = count + 1 else why = why or err end
  end
  if count > 0 then return true end
  return nil, why
end

local function attach_file(object, one, i, program, pid)
  local place = { uprobe = one.path, offset = one.offset, cookie = i, pid = pid }
  if program ~= "leaves" then return object:attach(program .. "_one", place) end
  if not one.go then
    place.returns = true
    return object:attach("leaves_one", place)
  end
  local offsets, err = bpf.elf_returns(one.path, one.offset, one.size) -- a uretprobe breaks Go
  if not offsets then return nil, err end
  for _, offset in ipairs(offsets) do
    place.offset = offset
    local ok, why = object:attach("leaves_go", place)
    if not ok then return nil, why end
  end
  return true
end

--- Attaches a kind of program ("counts", "enters", "leaves") to the functions.
---@param object bpf.Object
---@param list table[] of functions.find
---@param program string
---@param values table parameters of the tool; multi: the kernel has kprobe.multi
---@return any ok, string? err
function functions.attach(object, list, program, values)
  if not list[1].path and not list[1].tracepoint then
    return attach_kernel(object, list, program, values)
  end
  for i, one in ipairs(list) do
    local ok, err
    if one.path then ok, err = attach_file(object, one, i, program, values.pid)
    else
      ok, err = object:attach("counts_tracepoint", { tracepoint = one.tracepoint, cookie = i })
    end
    if not ok then return nil, err end
  end
  return true
end

--- The programs for this pattern, and whether kernel functions are attached by one link.
---@param pattern string
---@param kinds string[]
---@return string[] programs, boolean multi
function functions.programs(pattern, kinds)
  local list = {}
  if pattern:find("^t:") then return { "counts_tracepoint" }, false end
  local kernel = not pattern:find(":", 1, true)
  local multi = kernel and functions.has_multi()
  for _, kind in ipairs(kinds) do list[#list + 1] = kind .. (multi and "_all" or "_one") end
  if not kernel and kinds[2] then list[#list + 1] = "leaves_go" end
  return list, multi
end

--- Whether this kernel has kprobe.multi.
---@return boolean
function functions.has_multi()
  return bpf.ksym_address("bpf_kprobe_multi_link_attach") ~= nil
    and bpf.ksym_address("register_fprobe") ~= nil -- CONFIG_FPROBE
end

functions.PATTERN = { "pattern", type = "text", positional = true, set = false,
  help = "Functions: vfs_*, c:malloc (of a library), /bin/bash:read*, t:sched:* (tracepoints)." }

return functions
