-- What a bpftrace script says of its maps: the parts of each key, and what is kept. Reads as
-- much of the language as that needs: assignments to @maps, and the types of expressions.

local script = {}

local INT, COMM, STRING = 8, 16, 64

local AGGREGATES = { count = true, sum = true, min = true, max = true, avg = true,
  stats = true, hist = true, lhist = true }

-- Types of calls and builtins that are not 8-byte integers.
local function int() return { kind = "int", size = INT } end
local BUILTINS = {
  comm = function() return { kind = "string", size = COMM } end,
  kstack = function() return { kind = "kstack", size = 8, frames = 127 } end,
  ustack = function() return { kind = "ustack", size = 8, frames = 127 } end,
  func = function() return { kind = "ksym", size = 8 } end,
  nsecs = int, elapsed = int, pid = int, tid = int, uid = int, gid = int, cpu = int,
}
BUILTINS.stack = BUILTINS.kstack

local CALLS = {
  str = function(args)
    return { kind = "string", size = math.tointeger(tonumber(args[2])) or STRING }
  end,
  ksym = function() return { kind = "ksym", size = 8 } end,
  usym = function() return { kind = "usym", size = 16 } end,
  kstack = function(args)
    return { kind = "kstack", size = 8, frames = math.tointeger(tonumber(args[#args])) or 127 }
  end,
  ustack = function(args)
    return { kind = "ustack", size = 8, frames = math.tointeger(tonumber(args[#args])) or 127 }
  end,
  ntop = function() return { kind = "inet", size = 24 } end,
  macaddr = function() return { kind = "mac", size = 8 } end,
  buf = function() return { kind = "buf" } end,
  path = function() return { kind = "string", size = STRING } end,
  kptr = int, uptr = int, kaddr = int, uaddr = int, reg = int, strlen = int, cgroupid = int,
}
CALLS.kstr = CALLS.str

-- The text without comments; what is inside strings stays.
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

-- The end of what is opened at `from`, where its bracket closes.
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

-- Splits at a separator that is in no bracket and no string.
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
  return make and make(split(rest:sub(2, -2), ",")) or int(), known
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

-- A cast's width matters inside tuples only: keys and values hold 8-byte integers.
local function cast_type(text)
  local name = text:match("^%(%s*(u?int%d+)%s*%)")
  return name and { kind = "int", size = INT, width = INTS[name],
    unsigned = name:sub(1, 1) == "u" } or nil
end

--- The type of an expression: { kind, size, … }; an int where nothing else is known.
function type_of(known, text)
  text = trim(text)
  local variable = text:match("^%$[%w_]+$")
  if variable then return known.variables[variable] or int() end
  local map = text:match("^(@[%w_]*)%s*%b[]$") or text:match("^@[%w_]*$")
  if map and known.maps[map] then return known.maps[map].value or int() end
  local chosen = text:match("^[^?\"]+%?(.*)$")
  if chosen then return type_of(known, split(chosen, ":")[1]) end
  local builtin = BUILTINS[text]
  return builtin and builtin() or literal(text) or cast_type(text) or tuple_type(known, text)
    or call_type(known, text) or { kind = "int", size = INT,
      guessed = not text:match("^%-?%w+$") or nil }
end

local function aggregate(known, text)
  local name, args = text:match("^([%a]+)%s*(%b())")
  if not AGGREGATES[name] then return { value = type_of(known, text) } end
  local list = split(args:sub(2, -2), ",")
  return { aggregate = name, unsigned = list[1]:match("^%(%s*uint") ~= nil or nil,
    low = tonumber(list[2]), high = tonumber(list[3]), step = tonumber(list[4]) }
end

-- One statement: `@name[keys] = value`, `@name++`, `$x = value`.
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

--- What is known of every map: ["@name"] = { keys = { { kind, size, text }… },
--- aggregate = "hist" | nil, value = type | nil }.
---@param text string a bpftrace script
---@return table<string, table>
function script.maps(text)
  local known = { maps = {}, variables = {} }
  text = strip(text)
  local at = text:find("[@$]")
  while at do
    local read = text:sub(at, at) == "@" and read_map or read_variable
    at = text:find("[@$]", math.max(read(known, text, at), at + 1))
  end
  return known.maps
end

return script
