-- The default decoding of a map's bytes without a decoder or BTF: numbers for sizes of numbers, ids
-- when the type holds objects, else hex.

local d = require("lunette.decode.combinators")

local defaults = {}

local NUMBERS = { [1] = d.u8, [2] = d.u16, [4] = d.u32, [8] = d.u64 }

-- A node for a field of this size: a number, or hex.
function defaults.field(size)
  if size == 0 then return d.none() end
  return NUMBERS[size] and NUMBERS[size]() or d.bytes(size)
end

local STACK_BUILD_ID <const> = 1 << 5 -- BPF_F_STACK_BUILD_ID

local values = {
  prog_array = function() return d.prog():as("program") end,
  array_of_maps = function() return d.map():as("map") end,
  hash_of_maps = function() return d.map():as("map") end,
  stack_trace = function(size, flags)
    local frame = flags & STACK_BUILD_ID ~= 0 and d.build_id() or d.ksym()
    return d.array(frame, size // frame.size, { to_zero = true })
  end,
  devmap = function(size) return size >= 8 and d.struct { d.ifindex():as("ifindex"),
    d.prog():as("program") } or d.ifindex():as("ifindex") end,
}
values.insn_array = function(size)
  return size >= 12 and d.struct { d.u32():as("original"), d.u32():as("translated"),
    d.u32():as("jited") }
end
values.devmap_hash = values.devmap
values.cpumap = function(size)
  return size >= 8 and d.struct { d.u32():as("queue"), d.prog():as("program") }
    or d.u32():as("queue")
end
values.sockmap = function(size) return defaults.field(size):as("cookie") end
values.sockhash = values.sockmap
values.reuseport_sockarray = values.sockmap

local keys = {
  lpm_trie = function(size) return size > 4 and d.lpm(size - 4):as("prefix") end,
  stack_trace = function() return d.u32():as("stack") end,
  cgroup_storage = function(size)
    if size == 8 then return d.cgroup():as("cgroup") end
    return size == 16 and d.struct { d.cgroup():as("cgroup"), d.u32():as("attach_type") }
  end,
}
keys.percpu_cgroup_storage = keys.cgroup_storage

--- The key's node by the map's type; nil when the type does not determine it.
function defaults.key_of_type(info)
  local make = keys[info.type]
  return make and make(info.key_size) or nil
end

--- The same for the value.
function defaults.value_of_type(info)
  local make = values[info.type]
  return make and make(info.value_size, info.map_flags or 0) or nil
end

return defaults
