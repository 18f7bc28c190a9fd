-- The parts of decoders (d.u32, d.struct …). Each function returns a node, a table that describes
-- some bytes; bpf.plan compiles a tree of nodes to C operations. Nodes never change: as(), at() and
-- the others return a changed copy, so a node can be used in many decoders.

local cpus = require("lunette.decode.cpus")
local strict = require("lunette.runtime.strict")
local u64 = require("lunette.runtime.u64")

local combinators = {}

local Node = {}
Node.__index = Node

local function node(fields) return setmetatable(fields, Node) end

local function copy(self, changes)
  local new = {}
  for k, v in pairs(self) do new[k] = v end
  for k, v in pairs(changes) do new[k] = v end
  return node(new)
end

--- Names the part: as a field of its struct, a column, and for d.key and d.value.
function Node:as(name) return copy(self, { name = name }) end

--- Puts the part at this offset in its struct; by default C's layout decides.
function Node:at(offset) return copy(self, { offset = offset }) end

--- The unit of the number: "bytes", "ns".
function Node:unit(unit) return copy(self, { unit_name = unit }) end

--- Stored in network byte order.
function Node:be() return copy(self, { big_endian = true }) end

--- Stored as 0xffffffff minus the number, as bpftrace keeps a minimum.
function Node:mirrored() return copy(self, { is_mirrored = true }) end

function Node:if_set() return copy(self, { is_if_set = true }) end

--- How the values of the CPUs are merged for this part: d.u64():cpus("sum").
function Node:cpus(how) return copy(self, { reduce = cpus.check(how, 2) }) end


local function fixed(kind, size, more)
  combinators[kind] = function()
    local n = { kind = kind, size = size, align = size }
    for k, v in pairs(more or {}) do n[k] = v end
    return node(n)
  end
end

for bits = 8, 64, 8 do
  if bits & (bits - 1) == 0 then
    fixed("u" .. bits, bits // 8)
    fixed("i" .. bits, bits // 8)
  end
end
fixed("u128", 16)
fixed("i128", 16)
fixed("be16", 2)
fixed("be32", 4)
fixed("be64", 8)
fixed("f32", 4)
fixed("f64", 8)
fixed("bool", 1)
fixed("pointer", 8)
fixed("ipv4", 4)
fixed("ipv6", 16, { align = 4 })
fixed("mac", 6, { align = 1 })
fixed("inet", 24, { align = 8 })
fixed("port", 2)
fixed("duration", 8, { unit_name = "ns" })
fixed("timestamp", 8)
fixed("errno", 4)
fixed("dev", 4)
fixed("ifindex", 4)
fixed("cgroup", 8)
fixed("ksym", 8)
fixed("usym", 16, { align = 8 })
fixed("build_id", 32, { align = 8 })
fixed("prog", 4)
fixed("map", 4)

-- Makes the functions of a kind with several sizes.
local function sized(kind, default)
  combinators[kind] = function(size)
    size = size or default
    return node { kind = kind, size = size, align = size }
  end
end

sized("pid", 4)
sized("syscall", 4)

local function text(kind)
  combinators[kind] = function(size)
    if math.type(size) ~= "integer" or size < 1 then
      error(("d.%s: needs a size in bytes"):format(kind), 2)
    end
    return node { kind = kind, size = size, align = 1 }
  end
end

text("cstring")
text("bytes")
text("hex")

--- Bytes that are not shown.
function combinators.skip(size) return node { kind = "skip", size = size, align = 1 } end

--- Bits of a number, counted from bit 0, the lowest.
---@param offset integer
---@param width integer
---@param size? integer bytes of the number they are in (4)
function combinators.bits(offset, width, size)
  size = size or 4
  return node { kind = "bits", bit_offset = offset, bit_size = width, size = size, align = size }
end

-- The integer of a named value. Lua reads a decimal literal of 2^63 or more as a float.
local function item_value(name, value)
  local whole = type(value) == "string" and u64.integer(value) or math.tointeger(value)
  if whole then return whole end
  error(("d.enum, d.flags: %s = %s is no whole number of 64 bits; write one of 2^63 and more in "
    .. "hex (0xffffffffffffffff) or as text"):format(tostring(name), tostring(value)), 3)
end

-- Converts { NAME = 1, … } or { [1] = "NAME", … } to a list of { value, name }.
local function items(names)
  local list = {}
  for k, v in pairs(names) do
    local name, value = k, v
    if type(k) ~= "string" then name, value = v, k end
    list[#list + 1] = { item_value(name, value), name }
  end
  -- of two names for one number, the alphabetically first comes first
  table.sort(list, function(a, b)
    if a[1] ~= b[1] then return a[1] < b[1] end
    return a[2] < b[2]
  end)
  return list
end

--- A number with names: d.enum { OK = 0, FAILED = 1 }.
---@param names table
---@param size? integer bytes (4)
function combinators.enum(names, size)
  size = size or 4
  return node { kind = "enum", items = items(names), size = size, align = size }
end

--- Bits with names: d.flags { READ = 1, WRITE = 2 } shows "READ|WRITE".
function combinators.flags(names, size)
  size = size or 4
  return node { kind = "flags", items = items(names), size = size, align = size }
end

--- The key of an LPM trie, a prefix length and `size` bytes of address; shown as CIDR.
---@param size integer 4 for IPv4, 16 for IPv6
function combinators.lpm(size) return node { kind = "lpm", size = size + 4, align = 4 } end

--- An id of a stack in a stack trace map; shown as symbols.
---@param map_id integer
function combinators.stack(map_id)
  return node { kind = "stack", map = map_id, size = 4, align = 4 }
end

--- A stack id with its process (u32 id, u32 process), as bpftrace stores it.
---@param map_id integer
function combinators.ustack(map_id)
  return node { kind = "ustack", map = map_id, size = 8, align = 8 }
end

--- A Lua function of the bytes; its result is shown.
---@param size integer
---@param fn fun(bytes: string): any
function combinators.func(size, fn)
  if type(fn) ~= "function" then error("d.func: needs a function", 2) end
  return node { kind = "func", size = size, align = 1, func = fn }
end

local function align_up(at, align) return (at + align - 1) // align * align end

-- Gives members their offsets: C's layout, or without gaps when packed.
local function place(kind, members, packed)
  local at, size, align, placed = 0, 0, 1, {}
  for i, member in ipairs(members) do
    if getmetatable(member) ~= Node then
      error(("d.%s: member %d is not made by lunette.decode"):format(kind, i), 3)
    end
    local own = packed and 1 or member.align
    local offset = member.offset or (kind == "union" and 0 or align_up(at, own))
    at = offset + member.size
    size, align = math.max(size, at), math.max(align, own)
    placed[i] = copy(member, { offset = offset })
  end
  local n = { kind = kind, size = align_up(size, align), align = align }
  for i, member in ipairs(placed) do n[i] = member end
  return node(n)
end

--- A struct: members in order, laid out as by a C compiler.
function combinators.struct(members) return place("struct", members, false) end

--- A struct without gaps.
function combinators.packed(members) return place("struct", members, true) end

--- Members at the same offset.
function combinators.union(members) return place("union", members, false) end

--- An array of `count` elements.
---@param element table
---@param count integer
---@param options? { to_zero?: boolean } to_zero: ends at the first that is all zeros
function combinators.array(element, count, options)
  if getmetatable(element) ~= Node then error("d.array: needs an element", 2) end
  local stride = align_up(element.size, element.align)
  if stride ~= element.size then element = copy(element, { size = stride }) end
  return node { kind = "array", size = stride * count, align = element.align, count = count,
    to_zero = options and options.to_zero, copy(element, { offset = 0 }) }
end

--- Counts in power-of-two slots (bcc, libbpf-tools); shown as a list.
function combinators.log2_slots(count, size)
  local slot = size == 8 and combinators.u64() or combinators.u32()
  return copy(combinators.array(slot, count), { log2 = true })
end

--- A type from BTF.
---@param btf Btf
---@param type_id integer
---@param size integer
function combinators.btf(btf, type_id, size)
  return node { kind = "btf", btf = btf, type_id = type_id, size = size, align = 8 }
end

combinators.none = function() return node { kind = "none", size = 0, align = 1 } end

local function spec_of(n)
  local spec = { kind = n.kind, name = n.name, offset = n.offset, size = n.size,
    count = n.count, be = n.big_endian, signed = n.signed, bit_offset = n.bit_offset,
    bit_size = n.bit_size, items = n.items, map = n.map, func = n.func, unit = n.unit_name,
    reduce = n.reduce, mirrored = n.is_mirrored, if_set = n.is_if_set, to_zero = n.to_zero,
    log2 = n.log2, btf = n.btf, type_id = n.type_id }
  for _, member in ipairs(n) do
    if member.kind ~= "skip" then spec[#spec + 1] = spec_of(member) end
  end
  return spec
end

--- The node as plain tables for bpf.plan.
function combinators.spec(n) return spec_of(n) end

--- True when a value is a node.
function combinators.is_node(v) return getmetatable(v) == Node end

return strict.module(combinators, "lunette.decode")
