-- bpftrace's maps, whose BTF says nothing: keys of several parts, aggregations a CPU. What a
-- map holds is read in the script of the process that owns it; without a script it is guessed
-- by sizes. Layouts of bpftrace 0.17, and where later ones differ (avg, stats, min and max
-- keep a struct in one value since 0.21) told apart by the value's size. Of stacks a map keeps an
-- id up to 0.20, then a hash by which another map has the frames, and the frames themselves since
-- 0.24: told apart by the key's size.

local bpf = require("bpf")
local d = require("lunette.decode.combinators")
local facts = require("lunette.decode.facts")
local script = require("lunette.decode.bpftrace_script")
local strict = require("lunette.runtime.strict")

local bpftrace = {}

local LOG2_BUCKETS = 66
local MAX_LINEAR = 1002

--- Whether bpftrace made the map: its maps are named after the script's @variables.
function bpftrace.made(info) return info.name:sub(1, 3) == "AT_" end

local function read_file(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  return text
end

-- The script of a bpftrace process: the argument of -e, or the file that it was started with.
local function script_of(pid)
  local line = read_file(("/proc/%d/cmdline"):format(pid))
  local args = {}
  for arg in (line or ""):gmatch("([^%z]*)%z") do args[#args + 1] = arg end
  for i, arg in ipairs(args) do
    if arg == "-e" then return args[i + 1] end
  end
  for i = 2, #args do
    local path = args[i]:sub(1, 1) == "/" and args[i] or ("/proc/%d/cwd/%s"):format(pid, args[i])
    local text = args[i]:sub(1, 1) ~= "-" and read_file(path)
    if text and text:find("@", 1, true) then return text end
  end
  return nil
end

-- What the owner's script says of a map: map, pid.
local function said(info)
  for _, owner in ipairs(facts.owners(info.id)) do
    local text = script_of(owner.pid)
    local maps = text and script.maps(text) or {}
    for _, name in ipairs(strict.names(maps)) do -- the kernel cuts names: several may fit
      if ("AT_" .. name:sub(2)):sub(1, 15) == info.name then return maps[name], owner.pid, name end
    end
  end
  return nil
end

-- The map with the stacks of a process that keep this many frames, and its key's size: of stack
-- traces, or a hash by what a key has of a stack.
local function stack_map(pid, frames)
  for _, owner in ipairs(bpf.owners { pid = pid } or {}) do
    local map = owner.kind == "map" and bpf.map_info(owner.id)
    if map and map.value_size == frames * 8
      and (map.type == "stack_trace" or map.name:find("^stack_") and map.key_size >= 8) then
      return map
    end
  end
  return nil
end

local function int_node(type_)
  local width = type_.width or 8
  if type_.in_tuple then
    return d[(type_.unsigned and "u" or "i") .. width * 8]()
  end
  return type_.unsigned and d.u64() or d.i64()
end

local node_of

local nodes = {
  int = int_node,
  string = function(type_) return d.cstring(type_.size) end,
  ksym = function() return d.ksym() end,
  usym = function() return d.usym() end,
  inet = function() return d.inet() end,
  mac = function() return d.struct { d.mac():as("mac"), d.skip(2) } end,
  buf = function(type_)
    return d.func(type_.size, function(bytes) return bytes:sub(2, 1 + bytes:byte(1)) end)
  end,
  tuple = function(type_, context)
    local members = {}
    for i, member in ipairs(type_.members) do
      member.in_tuple = true
      members[i] = node_of(member, context):as(tostring(i - 1))
    end
    return d.struct(members)
  end,
}

-- One frame of a user stack, by a decoder that is compiled once.
local user_symbol
local function usym(address, pid)
  user_symbol = user_symbol or bpf.plan(d.spec(d.usym()), 16)
  return tostring(user_symbol:decode(("<I8I8"):pack(address, pid)))
end

-- Frames as text, as stacks of stack trace maps are written: "inner;outer".
local function frames_text(bytes, at, count, pid)
  local names = {}
  for i = 1, math.min(count, (#bytes - at + 1) // 8) do
    local address = ("<I8"):unpack(bytes, at + 8 * (i - 1))
    if address == 0 then break end
    names[i] = pid and usym(address, pid) or bpf.ksym(address) or ("0x%x"):format(address)
  end
  return table.concat(names, ";")
end

-- Where a key has the number of frames, the process and the frames, by the way of keeping them.
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
  return function(type_, context)
    if type_.layout == "inline" then return inline_stack(type_, is_user) end
    local map = stack_map(context.pid, type_.frames)
    if type_.layout == "hash" then
      return map and map.type ~= "stack_trace" and hashed_stack(type_, is_user, map)
        or d.bytes(type_.size)
    end
    if not map or map.type ~= "stack_trace" then return d.u32() end
    return is_user and d.ustack(map.id) or d.stack(map.id)
  end
end

nodes.kstack, nodes.ustack = stack_node(false), stack_node(true)

function node_of(type_, context) return nodes[type_.kind](type_, context) end

-- A column's name out of the key's expression: "args->fd" gives "fd".
local function part_name(text, i)
  local name = text:match("([%a_][%w_]*)%s*$") or text:match("^([%a_][%w_]*)%s*%(")
  return name or ("key%d"):format(i)
end

-- "[8, 16)" and its kind, as bpftrace prints them.
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
  local buckets = math.min((map.high - map.low) // map.step, MAX_LINEAR)
  for i = 1, buckets do
    names[i] = ("[%d, %d)"):format(map.low + (i - 1) * map.step, map.low + i * map.step)
  end
  names[buckets + 1] = ("[%d, ...)"):format(map.high)
  return names
end

--- The ranges of a histogram's buckets by number, as bpftrace writes them.
---@param map { aggregate: string, low: integer?, high: integer?, step: integer? }
---@return table<integer, string>
function bpftrace.bucket_names(map)
  if map.aggregate == "lhist" then return map.step and linear_names(map) or {} end
  return log2_names()
end

-- Aggregations that keep several entries a key: what the extra 8 bytes of the key say.
local function slot_node(map, info)
  if map.aggregate == "hist" then return d.enum(log2_names(), 8):as("bucket") end
  if map.aggregate == "lhist" and map.low and map.high and map.step then
    return d.enum(linear_names(map), 8):as("bucket")
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

-- Bytes of a stack in a key: id, hash and the number of frames (with the process and the probe of
-- user stacks), or those with the frames.
local STACKS = {
  { name = "id", kstack = function() return 8 end, ustack = function() return 8 end },
  { name = "hash", kstack = function() return 16 end, ustack = function() return 24 end },
  { name = "inline", kstack = function(frames) return 8 + 8 * frames end,
    ustack = function(frames) return 16 + 8 * frames end },
}

-- Takes the way of keeping stacks that makes the sizes right.
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

-- One part whose size is not sure takes what is left; false when the sizes can't be right.
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

local function key_node(map, info, pid, name)
  local slot = slot_node(map, info)
  local size = info.key_size - (slot and 8 or 0)
  local members, names = {}, {}
  if #map.keys == 0 then
    if slot and size == 0 then return slot end
    return d.enum({ [0] = name }, info.key_size)
  end
  if not settle_sizes(map.keys, size) then return nil end
  for i, key in ipairs(map.keys) do
    local as = part_name(key.text, i)
    if names[as] then as = ("%s%d"):format(as, i) end
    names[as] = true
    members[#members + 1] = node_of(key, { pid = pid }):as(as)
    local rest = key.size - members[#members].size
    if rest > 0 and (slot or #map.keys > 1) then members[#members + 1] = d.skip(rest) end
  end
  members[#members + 1] = slot
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
  if type_.kind == "string" or type_.kind == "buf" then type_.size = info.value_size end
  settle_stacks({ type_ }, info.value_size)
  return node_of(type_, { pid = pid }), "sum"
end

local function by_script(info)
  local map, pid, name = said(info)
  if not map then return nil end
  local key = key_node(map, info, pid, name)
  local value, reduce = value_node(map, info, pid)
  if not key or value.size > info.value_size then return nil end
  map.name = name
  return { key = key, value = value, reduce = reduce, map = map,
    why = ("the script of process %d makes it %s"):format(pid,
      map.aggregate and map.aggregate .. "()" or "a plain map") }
end

local function by_size(info)
  if info.value_size ~= 8 then return nil end
  local key = info.key_size == 16 and d.cstring(16) or info.key_size == 8 and d.i64()
    or info.key_size == 4 and d.u32() or d.bytes(info.key_size)
  return { key = key, value = d.i64(), reduce = "sum",
    why = "bpftrace made it (its name begins with AT_); its script was not found" }
end

--- The decoder's parts for a map of bpftrace's, or nil.
---@return { key: table, value: table, reduce: string?, why: string, map: table? }|nil
function bpftrace.guess(info)
  if not bpftrace.made(info) or info.key_size == 0 then return nil end
  return by_script(info) or by_size(info)
end

return bpftrace
