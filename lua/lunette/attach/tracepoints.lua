-- Categories of tracepoints: for a program's perf event the kernel reports only "sys_enter";
-- tracefs lists "raw_syscalls:sys_enter".

local tracepoints = {}

local FILES = { "/sys/kernel/tracing/available_events",
  "/sys/kernel/debug/tracing/available_events" }

local AGAIN = 10 -- seconds until tracefs is read again, because modules add events

local categories, read_at = {}, -math.huge

-- The category by name; false when several categories have a tracepoint of that name.
local function read()
  local found = {}
  for _, path in ipairs(FILES) do
    local file <close> = io.open(path)
    if file then
      for category, name in file:read("a"):gmatch("([^\n:]+):([^\n]+)") do
        found[name] = found[name] == nil and category or false
      end
      return found
    end
  end
  return found
end

--- The category of a tracepoint; nil when tracefs can't be read, or several categories have the
--- name.
---@param name string
---@return string|nil
function tracepoints.category(name)
  local now = os.time()
  if categories[name] == nil and now - read_at >= AGAIN then
    categories, read_at = read(), now
  end
  return categories[name] or nil
end

--- The tracepoint with its category, as tracefs and bpftrace write it: "raw_syscalls:sys_enter".
---@param name string
---@return string
function tracepoints.words(name)
  local category = tracepoints.category(name)
  return category and ("%s:%s"):format(category, name) or name
end

return tracepoints
