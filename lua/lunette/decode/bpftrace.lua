-- Decodes bpftrace's maps: keys of several parts, aggregations per CPU. The layout comes from the
-- script of the process that owns the map; without the script it is guessed from sizes. Layouts of
-- bpftrace 0.17, whose maps have no BTF, and later changes of it, told apart by sizes: since 0.21
-- avg, stats, min and max keep a struct in one value; a stack is an id up to 0.20, then a hash that
-- another map maps to frames, and the frames themselves since 0.24. BTF, where present, gives the
-- offsets and sizes of a key's parts.

local bpf = require("bpf")
local btf = require("lunette.decode.btf")
local d = require("lunette.decode.combinators")
local facts = require("lunette.decode.facts")
local script = require("lunette.decode.bpftrace_script")
local strict = require("lunette.runtime.strict")

local bpftrace = {}

local LOG2_BUCKETS = 66
local MAX_LINEAR = 1002

--- True when bpftrace made the map: such maps are named like the script's @variables.
function bpftrace.made(info) return info.name:sub(1, 3) == "AT_" end

local function read_file(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  return text
end

-- The script of a bpftrace process (the argument of -e, or its file) and the script's parameters.
local function script_of(pid)
  local line = read_file(("/proc/%d/cmdline"):format(pid))
  local args = {}
  for arg in (line or ""):gmatch("([^%z]*)%z") do args[#args + 1] = arg end
  for i, arg in ipairs(args) do
    if arg == "-e" then return args[i + 1], table.move(args, i + 2, #args, 1, {}) end
  end
  for i = 2, #args do
    local path = args[i]:sub(1, 1) == "/" and args[i] or ("/proc/%d/cwd/%s"):format(pid, args[i])
    local text = args[i]:sub(1, 1) ~= "-" and read_file(path)
    if text and text:find("@", 1, true) then
      return text, table.move(args, i + 1, #args, 1, {})
    end
  end
  return nil
end

-- The length of strings, when the process was started with another one than 64.
local function strlen_of(pid)
  local environ = "\0" .. (read_file(("/proc/%d/environ"):format(pid)) or "")
  return math.tointeger(tonumber(environ:match("%zBPFTRACE_[A-Z_]*STRLEN=(%d+)%z")))
end

local function has_btf(info) return info.btf_key_type_id > 0 or info.btf_value_type_id > 0 end

-- This process only reads maps; it makes none of bpftrace's.
local function own_pid()
  return math.tointeger(tonumber((read_file("/proc/self/stat") or ""):match("^%d+")))
end

-- The map's description in the owner's script: map, pid.
local function said(info)
  local own = own_pid()
  for _, owner in ipairs(facts.owners(info.id)) do
    local text, params
    if owner.pid ~= own then text, params = script_of(owner.pid) end
    local maps = text and script.maps(text, { strlen = strlen_of(owner.pid),
      params = has_btf(info) and params or nil }) or {}
    for _, name in ipairs(strict.names(maps)) do -- the kernel cuts names: several may fit
      if ("AT_" .. name:sub(2)):sub(1, 15) == info.name then return maps[name], owner.pid, name end
    end
  end
  return nil
end

-- The maps with stacks of this many frames that a process holds: stack trace maps, one for each
-- print format, or (`hashed`) a hash from a key's stack hash to frames.
local function stack_maps(pid, frames, hashed)
  local maps = {}
  for _, owner in ipairs(bpf.owners { pid = pid } or {}) do
    local map = owner.kind == "map" and bpf.map_info(owner.id)
    local fits = map and map.value_size == frames * 8
    if fits and hashed then fits = map.name:find("^stack_") and map.key_size >= 8 end
    if fits and (map.type == "stack_trace") == not hashed then maps[#maps + 1] = map end
  end
  table.sort(maps, function(x, y) return x.id < y.id end)
  return maps
end

-- A stack id in one of several maps. It is a hash, so only one of the maps has it.
local function any_stack(make, maps)
  local plans, size = {}, make(maps[1].id).size
  for i, map in ipairs(maps) do plans[i] = bpf.plan(d.spec(make(map.id)), size) end
  return d.func(size, function(bytes)
    local first
    for _, plan in ipairs(plans) do
      local text = plan:decode(bytes)
      if type(text) == "string" and not text:find("^%d+$") then return text end
      first = first or text
    end
    return first
  end)
end

-- Names a frame of a user stack; the decoder is compiled once.
local user_symbol
local function usym(address, pid)
  user_symbol = user_symbol or bpf.plan(d.spec(d.usym()), 16)
  return tostring(user_symbol:decode(("<I8I8"):pack(address, pid)))
end

-- Frames as text, like the stacks of stack trace maps: "inner;outer".
local function frames_text(bytes, at, count, pid)
  local names = {}
  for i = 1, math.min(count, (#bytes - at + 1) // 8) do
    local address = ("<I8"):unpack(bytes, at + 8 * (i - 1))
    if address == 0 then break end
    names[i] = pid and usym(address, pid) or bpf.ksym(address) or ("0x%x"):format(address)
  end
  return table.concat(names, ";")
end

-- Offsets of the number of frames, the process and the frames in a key, by the way stacks are
-- stored.
local function inline_stack(type_, is_user)
  return d.func(type_.size, function(bytes)
    if not is_user then return frames_text(bytes, 9, (("<I8"):unpack(bytes))) end
    return frames_text(bytes, 17, (("<I8"):unpack(bytes, 9)), (("<I4"):unpack(bytes)))
  end)
end

local function hashed_stack(type_, is_user, map)
  return d.func(type_.size, function(bytes)
    local opened = bpf.map(map.id)
    if not opened then return "?" end
    local stacks <close> = opened
    local frames = stacks:lookup(bytes:sub(1, map.key_size), { raw = true })
    local count, pid = ("<I8I4"):unpack(bytes .. ("\0"):rep(8), 9)
    return frames and frames_text(frames, 1, count, is_user and pid) or "?"
  end)
end

local function stack_node(is_user)
  local make = is_user and d.ustack or d.stack
  return function(type_, context)
    if type_.layout == "inline" then return inline_stack(type_, is_user) end
    local maps = stack_maps(context.pid, type_.frames, type_.layout == "hash")
    if type_.layout == "hash" then
      return maps[1] and hashed_stack(type_, is_user, maps[1]) or d.bytes(type_.size)
    end
    if #maps == 0 then return d.u32() end
    return #maps == 1 and make(maps[1].id) or any_stack(make, maps)
  end
end

local function int_node(type_, context)
  local width = type_.width or 8
  if type_.in_tuple or type_.exact then
    return d[(type_.unsigned and "u" or "i") .. width * 8]()
  end
  return type_.unsigned and not context.is_key and d.u64() or d.i64()
end

-- Bytes as bpftrace prints a buffer.
local function printable(bytes)
  return (bytes:gsub("[^ -~]", function(c) return ("\\x%02x"):format(c:byte()) end))
end

-- A buffer: its length in one byte or, in later versions, four, then its bytes.
local function buffer_node(type_)
  local head = type_.wide and 4 or 1
  return d.func(type_.size, function(bytes)
    local length = head == 1 and bytes:byte(1) or ("<I4"):unpack(bytes)
    return printable(bytes:sub(head + 1, head + length))
  end)
end

-- User names by number.
local function user_names()
  local names = {}
  for line in (read_file("/etc/passwd") or ""):gmatch("[^\n]+") do
    local name, uid = line:match("^([^:]*):[^:]*:(%d+):")
    uid = math.tointeger(tonumber(uid))
    if uid and not names[uid] then names[uid] = name end
  end
  return names
end

-- strftime(): the number of the format, and nanoseconds since boot.
local function time_node(type_)
  local boot = bpf.host().boot_time
  return d.func(type_.size, function(bytes)
    local number, _, ns = ("<I4I4i8"):unpack(bytes)
    local format, at = type_.formats[number + 1], boot + ns / 1e9
    if not format then return ns end
    format = format:gsub("%%f", ("%06d"):format(at % 1 * 1e6 // 1 | 0))
    local ok, text = pcall(os.date, format, at // 1 | 0)
    return ok and text or ns
  end)
end

local node_of

-- Members of a tuple are laid out by LLVM: numbers are aligned, byte arrays are not.
local BYTES = { string = true, mac = true, inet = true, buf = true, bytes = true }

local function align_of(type_)
  if BYTES[type_.kind] then return 1 end
  if type_.kind == "int" then return type_.width or 8 end
  return 8
end

local function align_up(at, align) return (at + align - 1) // align * align end

local function tuple_node(type_, context)
  local members, at, align = {}, 0, 1
  for i, member in ipairs(type_.members) do
    member.in_tuple = true
    local made, own = node_of(member, context), align_of(member)
    at, align = align_up(at, own), math.max(align, own)
    members[i] = made:as(tostring(i - 1)):at(at)
    at = at + (member.kind == "int" and own or math.max(member.size or 0, made.size))
  end
  type_.size = align_up(at, align)
  return d.struct(members)
end

local nodes = {
  int = int_node,
  string = function(type_) return d.cstring(type_.size) end,
  ksym = function() return d.ksym() end,
  usym = function() return d.usym() end,
  inet = function() return d.inet() end,
  mac = function() return d.mac() end,
  bytes = function(type_) return d.array(d.u8(), type_.size) end,
  pointer = function(_, context) return context.is_key and d.pointer() or d.u64() end,
  probe = function(type_)
    local names = {}
    for i, name in ipairs(type_.names) do names[i - 1] = name end
    return #type_.names > 0 and d.enum(names, 8) or d.u64()
  end,
  username = function() return d.enum(user_names(), 8) end,
  strftime = time_node,
  buf = buffer_node,
  tuple = tuple_node,
  kstack = stack_node(false),
  ustack = stack_node(true),
}

function node_of(type_, context) return nodes[type_.kind](type_, context) end

-- A column's name from the key's expression: "args->fd" gives "fd".
local function part_name(text, i)
  local name = text:match("([%a_][%w_]*)%s*$") or text:match("^([%a_][%w_]*)%s*%(")
  return name or ("key%d"):format(i)
end

-- The buckets of hist() as bpftrace prints them: "[8, 16)", and their kind.
local function log2_names()
  local names = { [0] = "(..., 0)", [1] = "[0]", [2] = "[1]" }
  local function short(n)
    for i, unit in ipairs { "K", "M", "G", "T", "P", "E" } do
      local scale = 1 << (10 * i)
      if n >= scale and n < scale << 10 or n >= scale and i == 6 then
        return ("%d%s"):format(n // scale, unit)
      end
    end
    return tostring(n)
  end
  for i = 3, LOG2_BUCKETS - 2 do
    names[i] = ("[%s, %s)"):format(short(1 << (i - 2)), short(1 << (i - 1)))
  end
  return names
end

local function linear_names(map)
  local names = { [0] = ("(..., %d)"):format(map.low) }
  local buckets = math.min((map.high - map.low) // math.max(map.step, 1), MAX_LINEAR)
  for i = 1, buckets do
    names[i] = ("[%d, %d)"):format(map.low + (i - 1) * map.step, map.low + i * map.step)
  end
  names[buckets + 1] = ("[%d, ...)"):format(map.high)
  return names
end

--- The ranges of a histogram's buckets by number, as bpftrace prints them.
---@param map { aggregate: string, low: integer?, high: integer?, step: integer? }
---@return table<integer, string>
function bpftrace.bucket_names(map)
  if map.aggregate == "lhist" then
    return map.low and map.high and map.step and linear_names(map) or {}
  end
  return log2_names()
end

-- Aggregations with several entries per key: the meaning of the key's extra 8 bytes.
local function slot_node(map, info)
  if map.aggregate == "hist" then return d.enum(log2_names(), 8):as("bucket") end
  if map.aggregate == "lhist" then
    local known = map.low and map.high and map.step
    return (known and d.enum(linear_names(map), 8) or d.u64()):as("bucket")
  end
  if (map.aggregate == "avg" or map.aggregate == "stats") and info.value_size == 8 then
    return d.enum({ [0] = "count", [1] = "total" }, 8):as("part")
  end
  return nil
end

local function total_size(keys)
  local total = 0
  for _, key in ipairs(keys) do total = total + (key.size or 0) end
  return total
end

-- The bytes of a stack in a key, by the way it is stored: id, hash and number of frames (for user
-- stacks also the process and the probe), or with the frames.
local STACKS = {
  { name = "id", kstack = function() return 8 end, ustack = function() return 8 end },
  { name = "hash", kstack = function() return 16 end, ustack = function() return 24 end },
  { name = "inline", kstack = function(frames) return 8 + 8 * frames end,
    ustack = function(frames) return 16 + 8 * frames end },
}

-- Chooses the way of storing stacks with which the sizes add up.
local function settle_stacks(keys, size)
  for _, layout in ipairs(STACKS) do
    for _, key in ipairs(keys) do
      if layout[key.kind] then
        key.size, key.layout = layout[key.kind](key.frames), layout.name
      end
    end
    if total_size(keys) == size then return end
  end
end

-- One part of unknown size gets the remaining bytes; false when the sizes can't be right.
local function settle_sizes(keys, size)
  settle_stacks(keys, size)
  local left = size - total_size(keys)
  if left == 0 then return true end
  for _, key in ipairs(keys) do
    if key.guessed and key.size + left > 0 then
      key.kind, key.size = "string", key.size + left
      return true
    elseif key.kind == "string" and key.size + left > 0 then
      key.size = key.size + left
      return true
    end
  end
  return false
end

-- Sets a part's size by BTF; for a number also its width and sign.
local function fit_to(type_, column)
  if type_.kind == "string" and not column.type:find("^[iu]%d+$") then
    type_.size = column.size
  elseif type_.kind == "buf" then
    type_.size, type_.wide = column.size, true
  elseif type_.kind == "int" then
    local sign = column.type:match("^([iu])%d+$")
    if not sign then
      type_.kind, type_.size = "string", column.size
    else
      type_.width, type_.exact, type_.unsigned = column.size, true, sign == "u" or nil
    end
  end
  return type_
end

-- The members of a key's BTF, when they are as many as the script's parts.
local function btf_columns(info, count)
  local plan = info.btf_key_type_id > 0 and btf.plans(info).key
  local columns = plan and plan:columns("key")
  return columns and #columns == count and columns or nil
end

-- The parts of a key as nodes with their sizes: { node, size, offset? }; nil when they don't match
-- the script.
local function key_parts(map, info, context, slot)
  local columns = btf_columns(info, #map.keys + (slot and 1 or 0))
  if not columns and not settle_sizes(map.keys, info.key_size - (slot and 8 or 0)) then
    return nil
  end
  local parts = {}
  for i, key in ipairs(map.keys) do
    local column = columns and columns[i]
    if column then fit_to(key, column) end
    local made = node_of(key, context)
    if column and made.size > column.size then return nil end
    parts[i] = { node = made, size = column and made.size or key.size,
      offset = column and column.offset }
  end
  if slot then
    parts[#parts + 1] = { node = slot, size = 8, offset = columns and columns[#columns].offset }
  end
  return parts
end

local function key_node(map, info, pid, name)
  local slot = slot_node(map, info)
  if #map.keys == 0 then
    if slot and info.key_size == 8 then return slot end
    return d.enum({ [0] = name }, info.key_size)
  end
  local parts = key_parts(map, info, { pid = pid, is_key = true }, slot)
  if not parts then return nil end
  local members, names, at = {}, {}, 0
  for i, part in ipairs(parts) do
    local as = part.node.name or part_name(map.keys[i].text, i)
    if names[as] then as = ("%s%d"):format(as, i) end
    names[as] = true
    members[i] = part.node:as(as):at(part.offset or at)
    at = at + part.size
  end
  if #members == 1 then return members[1] end
  return d.packed(members)
end

local function struct_value(map)
  if map.aggregate == "min" then
    return d.struct { d.i64():as("min"):cpus("min"):if_set(), d.skip(8) }, "min"
  elseif map.aggregate == "max" then
    return d.struct { d.i64():as("max"):cpus("max"):if_set(), d.skip(8) }, "max"
  end
  return d.struct { d.i64():as("total"), d.i64():as("count") }, "sum"
end

local VALUES = {
  min = function() return d.i64():mirrored(), "min" end,
  max = function() return d.i64(), "max" end,
}

local function value_node(map, info, pid)
  if map.aggregate then
    if info.value_size == 16 then return struct_value(map) end
    local make = VALUES[map.aggregate]
    if make then return make() end
    return (map.unsigned or map.aggregate == "count") and d.u64() or d.i64(), "sum"
  end
  local type_ = map.value or { kind = "int", size = 8 }
  local plan = info.btf_value_type_id > 0 and btf.plans(info).value
  local columns = plan and plan:columns("value") or {}
  if #columns == 1 then fit_to(type_, columns[1]) end
  if type_.kind == "string" or type_.kind == "buf" then type_.size = info.value_size end
  settle_stacks({ type_ }, info.value_size)
  return node_of(type_, { pid = pid }), "sum"
end

-- The decoder by the script. Nothing without a script; nil and the reason when the map's sizes
-- don't match it.
local function by_script(info)
  local map, pid, name = said(info)
  if not map then return nil, "its script was not found" end
  local key = key_node(map, info, pid, name)
  local value, reduce = value_node(map, info, pid)
  if not key or value.size > info.value_size then
    return nil, ("the sizes are not those of the script of process %d"):format(pid)
  end
  map.name = name
  return { key = key, value = value, reduce = reduce, map = map,
    why = ("the script of process %d makes it %s"):format(pid,
      map.aggregate and map.aggregate .. "()" or "a plain map") }
end

local function by_size(info, why)
  if info.value_size ~= 8 then return nil end
  local key = info.key_size == 16 and d.cstring(16) or info.key_size == 8 and d.i64()
    or info.key_size == 4 and d.u32() or d.bytes(info.key_size)
  return { key = key, value = d.i64(), reduce = "sum",
    why = "bpftrace made it (its name begins with AT_); " .. why }
end

--- The decoder's parts for a map of bpftrace, or nil.
---@return { key: table, value: table, reduce: string?, why: string, map: table? }|nil
function bpftrace.guess(info)
  if not bpftrace.made(info) or info.key_size == 0 then return nil end
  local found, why = by_script(info)
  return found or by_size(info, why)
end

return bpftrace
