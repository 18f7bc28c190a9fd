-- Reads a bpftrace script for the layout of its maps: the parts of each key, and the kind of value.
-- Parses only as much of the language as needed: probes, assignments to @maps, types of
-- expressions. Sizes and signs are those of bpftrace 0.17; the BTF of later versions takes
-- precedence.

local probes = require("lunette.decode.bpftrace_probes")

local script = {}

local INT, COMM, STRING = 8, 16, 64

local AGGREGATES = { count = true, sum = true, min = true, max = true, avg = true,
  stats = true, hist = true, lhist = true }

local function int() return { kind = "int", size = INT } end
local function unsigned() return { kind = "int", size = INT, unsigned = true } end
local function string_of(size) return { kind = "string", size = size } end

-- The stack of "ustack(perf, 3)": its storage and number of frames.
local function stack(kind, args)
  local frames
  for _, arg in ipairs(args) do frames = math.tointeger(tonumber(arg)) or frames end
  return { kind = kind, size = 8, frames = frames or 127 }
end

-- The type of `func`: a user symbol in user space probes, else a kernel symbol.
local function func(known)
  local probe = known.probes[1] or ""
  local user = probe:find("^u") ~= nil
  return user and { kind = "usym", size = 16 } or { kind = "ksym", size = 8 }
end

local BUILTINS = {
  comm = function() return string_of(COMM) end,
  kstack = function() return stack("kstack", {}) end,
  ustack = function() return stack("ustack", {}) end,
  func = func,
  probe = function(known) return { kind = "probe", size = 8, names = known.probe_names } end,
  username = function() return { kind = "username", size = 8 } end,
  retval = unsigned, ctx = unsigned, curtask = unsigned,
}
for name in ("nsecs elapsed pid tid uid gid cpu cgroup rand numaid cpid"):gmatch("%a+") do
  BUILTINS[name] = unsigned
end
BUILTINS.stack = BUILTINS.kstack

local function field(known, text)
  local name = text:match("^args%s*%->%s*([%w_]+)$") or text:match("^args%.([%w_]+)$")
  return name and probes.field(known.probes, name)
end

local function buffer(known, args)
  local from = field(known, args[1] or "")
  local length = math.tointeger(tonumber(args[2])) or not args[2] and from and from.size
  return { kind = "buf", size = (length or known.strlen) + 1, guessed = not length or nil }
end

-- Calls whose result is not a signed 8-byte integer.
local CALLS = {
  str = function(known) return string_of(known.strlen) end,
  ksym = function() return { kind = "ksym", size = 8 } end,
  usym = function() return { kind = "usym", size = 16 } end,
  kstack = function(_, args) return stack("kstack", args) end,
  ustack = function(_, args) return stack("ustack", args) end,
  ntop = function() return { kind = "inet", size = 24 } end,
  pton = function(_, args)
    return { kind = "bytes", size = (args[1] or ""):find(":", 1, true) and 16 or 4 }
  end,
  macaddr = function() return { kind = "mac", size = 6 } end,
  buf = buffer,
  path = function(known) return string_of(known.strlen) end,
  kptr = function() return { kind = "pointer", size = 8 } end,
  strftime = function(known)
    return { kind = "strftime", size = 16, formats = known.formats }
  end,
}
CALLS.kstr, CALLS.uptr = CALLS.str, CALLS.kptr
for name in ("kaddr uaddr reg strlen cgroupid strncmp sizeof bswap"):gmatch("%a+") do
  CALLS[name] = unsigned
end

-- The text without comments; strings are kept.
local function strip(text)
  local out, i = {}, 1
  while i <= #text do
    local c = text:sub(i, i)
    if c == '"' then
      local j = i + 1
      while j <= #text and text:sub(j, j) ~= '"' do
        j = j + (text:sub(j, j) == "\\" and 2 or 1)
      end
      out[#out + 1] = text:sub(i, j)
      i = j + 1
    elseif text:sub(i, i + 1) == "//" then
      i = text:find("\n", i, true) or #text + 1
    elseif text:sub(i, i + 1) == "/*" then
      local _, close = text:find("*/", i + 2, true)
      i = (close or #text) + 1
    else
      out[#out + 1] = c
      i = i + 1
    end
  end
  return table.concat(out)
end

local OPEN = { ["("] = ")", ["["] = "]", ["{"] = "}" }

-- The position of the bracket that closes the one at `from`.
local function closing(text, from)
  local depth, i = 0, from
  while i <= #text do
    local c = text:sub(i, i)
    if c == '"' then
      i = i + 1
      while i <= #text and text:sub(i, i) ~= '"' do
        i = i + (text:sub(i, i) == "\\" and 2 or 1)
      end
    elseif OPEN[c] then
      depth = depth + 1
    elseif c == ")" or c == "]" or c == "}" then
      depth = depth - 1
      if depth == 0 then return i end
    end
    i = i + 1
  end
  return nil
end

local function trim(text) return (text:gsub("^%s+", ""):gsub("%s+$", "")) end

-- Splits at a separator outside brackets and strings.
local function split(text, separator)
  local parts, from, i = {}, 1, 1
  while i <= #text do
    local c = text:sub(i, i)
    if OPEN[c] then
      i = closing(text, i) or #text
    elseif c == '"' then
      i = (text:find('[^\\]"', i) or #text) + 1
    elseif c == separator then
      parts[#parts + 1] = trim(text:sub(from, i - 1))
      from = i + 1
    end
    i = i + 1
  end
  parts[#parts + 1] = trim(text:sub(from))
  return parts
end

local function literal(text)
  local body = text:match('^"(.*)"$')
  if not body then return nil end
  local length = #body:gsub("\\x%x%x", "."):gsub("\\.", ".")
  return { kind = "string", size = length + 1 }
end

local type_of

local function call_type(known, text)
  local name, rest = text:match("^([%a_]%w*)%s*(%b())$")
  if not name then return nil end
  local make = CALLS[name]
  return make and make(known, split(rest:sub(2, -2), ",")) or int()
end

local function tuple_type(known, text)
  if text:sub(1, 1) ~= "(" or closing(text, 1) ~= #text then return nil end
  local parts = split(text:sub(2, -2), ",")
  if #parts == 1 then return type_of(known, parts[1]) end
  local members = {}
  for i, part in ipairs(parts) do members[i] = type_of(known, part) end
  return { kind = "tuple", members = members }
end

local INTS = { int8 = 1, uint8 = 1, int16 = 2, uint16 = 2, int32 = 4, uint32 = 4, int64 = 8,
  uint64 = 8 }

-- A cast changes the width only inside tuples: keys and values hold 8-byte integers.
local function cast_type(text)
  local name = text:match("^%(%s*(u?int%d+)%s*%)")
  return name and { kind = "int", size = INT, width = INTS[name],
    unsigned = name:sub(1, 1) == "u" or nil } or nil
end

-- The operands of all operators outside brackets; the whole text when there is no operator.
local function operands(text)
  local parts, from, i = {}, 1, 1
  while i <= #text do
    local c = text:sub(i, i)
    if OPEN[c] then
      i = closing(text, i) or #text
    elseif c == '"' then
      i = (text:find('[^\\]"', i) or #text) + 1
    elseif text:find("^%->", i) then
      i = i + 1
    elseif c:find("[-+*/%%&|^<>=!]") then
      -- An operator needs an operand before it; else it is a sign.
      if text:sub(from, i - 1):find("%S") then
        parts[#parts + 1] = text:sub(from, i - 1)
        from = i + 1
      end
    end
    i = i + 1
  end
  parts[#parts + 1] = text:sub(from):match("^[-+*/%%&|^<>=!%s]*(.*)$")
  return parts
end

-- The type of a computed integer: unsigned when one of the operands is unsigned.
local function computed(known, text)
  local parts = operands(text)
  if #parts < 2 then return nil end
  for _, part in ipairs(parts) do
    local of = type_of(known, part)
    if of.unsigned or of.kind == "pointer" then return unsigned() end
  end
  return int()
end

local function named(known, text)
  local variable = text:match("^%$[%w_]+$")
  if variable then return known.variables[variable] or int() end
  local map = text:match("^(@[%w_]*)%s*%b[]$") or text:match("^@[%w_]*$")
  if map and known.maps[map] then return known.maps[map].value or int() end
  local builtin = BUILTINS[text]
  if builtin then return builtin(known) end
  return text:find("^arg%d$") and unsigned() or field(known, text)
end

--- The type of an expression: { kind, size, … }; int when nothing else is known.
function type_of(known, text)
  text = trim(text)
  local chosen = text:match("^[^?\"]+%?(.*)$")
  if chosen then return type_of(known, split(chosen, ":")[1]) end
  return named(known, text) or literal(text) or computed(known, text) or cast_type(text)
    or tuple_type(known, text) or call_type(known, text)
    or { kind = "int", size = INT, guessed = not text:match("^%-?%w+$") or nil }
end

-- A number of lhist(). bpftrace 0.17 uses a parameter's position as its value.
local function bound(known, text)
  local position = text and text:match("^%$(%d+)$")
  if not position then return text and math.tointeger(tonumber((text:gsub("_", "")))) end
  if not known.params then return math.tointeger(position) end
  return math.tointeger(tonumber(known.params[math.tointeger(position)]))
end

local function aggregate(known, text)
  local name, args = text:match("^([%a]+)%s*(%b())")
  if not AGGREGATES[name] then return { value = type_of(known, text) } end
  local list = split(args:sub(2, -2), ",")
  return { aggregate = name, unsigned = type_of(known, list[1]).unsigned,
    low = bound(known, list[2]), high = bound(known, list[3]), step = bound(known, list[4]) }
end

-- Reads a statement: `@name[keys] = value`, `@name++`, `$x = value`.
local function note_map(known, name, keys, value)
  if known.maps[name] then return end
  local map = value and aggregate(known, value) or { value = int() }
  map.keys = {}
  for i, key in ipairs(keys and split(keys, ",") or {}) do
    map.keys[i] = type_of(known, key)
    map.keys[i].text = key
  end
  known.maps[name] = map
end

local function statement_end(text, from)
  local i = from
  while i <= #text do
    local c = text:sub(i, i)
    if c == '"' then
      i = (text:find('[^\\]"', i) or #text) + 1
    elseif OPEN[c] then
      i = closing(text, i) or #text
    elseif c == ";" or c == "}" then
      return i - 1
    end
    i = i + 1
  end
  return #text
end

local function read_map(known, text, at)
  local _, last, name = text:find("^(@[%w_]*)%s*", at)
  local keys
  if text:sub(last + 1, last + 1) == "[" then
    local close = closing(text, last + 1)
    if not close then return last + 1 end
    keys, last = text:sub(last + 2, close - 1), close
  end
  local _, assigned = text:find("^%s*[%+%-%*/|&]?=%s*", last + 1)
  if assigned and text:sub(assigned, assigned + 1) ~= "==" then
    local stop = statement_end(text, assigned + 1)
    note_map(known, name, keys, trim(text:sub(assigned + 1, stop)))
    return assigned + 1
  elseif text:find("^%s*%+%+", last + 1) or text:find("^%s*%-%-", last + 1) then
    note_map(known, name, keys, nil)
  end
  return last + 1
end

local function read_variable(known, text, at)
  local _, last, name = text:find("^(%$[%w_]+)%s*=%s*", at)
  if not name or text:sub(last, last + 1) == "==" then return at + 1 end
  local stop = statement_end(text, last + 1)
  known.variables[name] = known.variables[name] or type_of(known, text:sub(last + 1, stop))
  return last + 1
end

-- The probes of the block at a position.
local function probes_at(blocks, at)
  for _, block in ipairs(blocks) do
    if at >= block.from and at <= block.to then return block.probes end
  end
  return {}
end

-- The possible values of `probe` by number: bpftrace numbers the probes that use it.
local function probe_names(blocks, text)
  local names, seen = {}, {}
  for _, block in ipairs(blocks) do
    local body = (" " .. text:sub(block.from, block.to)):gsub('"[^"]*"', "")
    if body:find("[^%w_$@]probe%f[^%w_]") then
      for _, name in ipairs(block.probes) do
        local matches = probes.matches(name)
        if not matches then return names end -- the following numbers are unknown
        for _, match in ipairs(matches) do
          if not seen[match] then names[#names + 1] = match end
          seen[match] = true
        end
      end
    end
  end
  return names
end

local ESCAPED = { n = "\n", t = "\t", ["\\"] = "\\", ['"'] = '"' }

-- The formats of all strftime() calls, numbered in order.
local function time_formats(text)
  local formats = {}
  for format in text:gmatch('%f[%w_]strftime%s*%(%s*"(.-[^\\])"') do
    formats[#formats + 1] = format:gsub("\\(.)", ESCAPED)
  end
  return formats
end

--- The layout of every map: ["@name"] = { keys = { { kind, size, text }… }, aggregate = "hist" |
--- nil, value = type | nil }.
---@param text string a bpftrace script
---@param given? { strlen?: integer, params?: string[] } bytes of a string, and what $1 … are (nil:
--- bpftrace 0.17, whose lhist() takes no parameters)
---@return table<string, table>
function script.maps(text, given)
  given = given or {}
  text = strip(text)
  local blocks = probes.blocks(text, closing)
  local known = { maps = {}, variables = {}, strlen = given.strlen or STRING, probes = {},
    params = given.params, formats = time_formats(text), probe_names = probe_names(blocks, text) }
  local at = text:find("[@$]")
  while at do
    known.probes = probes_at(blocks, at)
    local read = text:sub(at, at) == "@" and read_map or read_variable
    at = text:find("[@$]", math.max(read(known, text, at), at + 1))
  end
  return known.maps
end

return script
