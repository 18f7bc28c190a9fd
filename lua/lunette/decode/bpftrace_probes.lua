-- The probes of a bpftrace script: full names, matches of wildcards, and types of a tracepoint's
-- fields.

local probes = {}

local TRACEFS = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" }

local SHORT = {
  t = "tracepoint", k = "kprobe", kr = "kretprobe", u = "uprobe", ur = "uretprobe", U = "usdt",
  p = "profile", i = "interval", s = "software", h = "hardware", f = "kfunc", fr = "kretfunc",
  fentry = "kfunc", fexit = "kretfunc", rt = "rawtracepoint", w = "watchpoint",
  aw = "asyncwatchpoint", it = "iter",
}

-- The name with the provider in full: "t:syscalls:sys_enter_openat" gives "tracepoint:…".
local function full(name)
  local provider, rest = name:match("^(%a+)(:.*)$")
  return provider and (SHORT[provider] or provider) .. rest or name
end

-- The probes in front of a block: a comma-separated list, perhaps with a condition after it.
local function names_in(head)
  local names, at = {}, 1
  repeat
    local from, to, name, comma = head:find("^%s*([^%s,]+)%s*(,?)", at)
    if not from then break end
    names[#names + 1], at = full(name), to + 1
  until comma == ""
  return names
end

--- The blocks of a script without comments: the position of each, with its condition, and its
--- probes.
---@param text string
---@param closing fun(text: string, from: integer): integer|nil where a bracket closes
---@return { from: integer, to: integer, probes: string[] }[]
function probes.blocks(text, closing)
  local blocks, at = {}, 1
  while true do
    local open = text:find("{", at, true)
    local close = open and closing(text, open)
    if not close then return blocks end
    blocks[#blocks + 1] = { from = at, to = close, probes = names_in(text:sub(at, open - 1)) }
    at = close + 1
  end
end

local function read(path)
  for _, folder in ipairs(TRACEFS) do
    local file <close> = io.open(folder .. path)
    if file then return file:read("a") end
  end
  return nil
end

local function pattern_of(glob)
  return "^" .. glob:gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0"):gsub("%*", ".*") .. "$"
end

--- The probes that a name with wildcards matches, sorted; nil when they are unknown.
---@param name string
---@return string[]|nil
function probes.matches(name)
  if not name:find("*", 1, true) then return { name } end
  local glob = name:match("^tracepoint:(.*)$")
  local events = glob and read("/available_events")
  if not events then return nil end
  local names, pattern = {}, pattern_of(glob)
  for event in events:gmatch("[^\n]+") do
    if event:find(pattern) then names[#names + 1] = "tracepoint:" .. event end
  end
  table.sort(names)
  return names
end

-- C types whose sign tracefs does not report (it says 0 for every argument of a system call).
local SIGNED = {}
for name in ("int long short char s8 s16 s32 s64 __s32 __s64 pid_t off_t loff_t ssize_t clockid_t "
  .. "timer_t mqd_t key_t rwf_t"):gmatch("%S+") do SIGNED[name] = true end

local function field_type(declared, size, signed)
  local of, count = declared:match("^(.-)%s*[%w_]+%[(%d+)%]$")
  if of and of:find("char$") then
    return { kind = "string", size = math.tointeger(count) }
  elseif declared:find("__data_loc", 1, true) or of then
    return { kind = "int", size = 8, guessed = true }
  elseif declared:find("*", 1, true) then
    return { kind = "pointer", size = 8, unsigned = true }
  end
  local words = declared:match("^(.*)%s+[%w_]+$") or declared
  local known = not words:find("unsigned", 1, true)
    and SIGNED[words:gsub("^const%s+", ""):match("^%S+")]
  return { kind = "int", size = 8, width = size,
    unsigned = not (known or signed == "1") or nil }
end

--- The type of a field of the first tracepoint among the probes; nil when it is unknown.
---@param names string[]
---@param name string
---@return table|nil
function probes.field(names, name)
  local category, event = (names[1] or ""):match("^tracepoint:([%w_]+):([%w_]+)$")
  local text = category and read(("/events/%s/%s/format"):format(category, event))
  for declared, size, signed in (text or ""):gmatch(
    "field:([^;]+);%s*offset:%d+;%s*size:(%d+);%s*signed:(%d)") do
    if declared:match("([%w_]+)%[?%d*%]?$") == name then
      return field_type(declared, math.tointeger(size), signed)
    end
  end
  return nil
end

return probes
