-- Maps: their properties and relations. Their entries are in entries.lua (compatible text) and
-- table.lua (typed).

local names = require("lunette.names")
local filter = require("lunette.schema.filter")
local kernel = require("lunette.schema.kernel")

local map = {}

map.sdl = [[
extend type Query {
  "One map by its id."
  map("The kernel's id." id: Int!): Map!
  "The maps, by id."
  maps(
    "Only maps that match. Without a filter Lunette's own are left out; {} has them, too."
    filter: MapFilter = { own: false }
  ): [Map!]!
}

"Which maps. All conditions given must hold."
input MapFilter {
  "One of these ids."
  ids: [Int!]
  "The name, or a glob for it, such as sys_*."
  name: String
  "A type, in dev-agent's spelling (PerCPUHash) or the kernel's (percpu_hash)."
  type: String
  "False leaves out Lunette's own maps, true leaves only those."
  own: Boolean
  "Text in the name, id, type, a pin, a program's name or an owner's command."
  search: String
}

"A BPF map."
type Map {
  "The kernel's id."
  id: Int!
  "Why nothing else could be read, or null."
  error: String
  "The kernel's name: at most 15 characters."
  name: String
  "Its name as its program declares it; the kernel's where nothing has the rest."
  fullName: String
  "Its type in dev-agent's spelling, such as PerCPUHash."
  type: String!
  "Its type in the kernel's spelling, such as percpu_hash."
  kernelType: String!
  "The kernel's number of the type."
  typeId: Int!
  "The flags that it was made with, as a number."
  flags: Int
  "The flags by name."
  flagNames: [String!]!
  "Is it pinned in a BPF file system?"
  isPinned: Boolean!
  "The paths it is pinned at."
  pins: [String!]
  "Bytes of a key."
  keySize: Int
  "Bytes of a value; of a per-CPU map, of one CPU's value."
  valueSize: Int
  "Entries that it may hold; bytes of a ring buffer."
  maxEntries: Int
  "Does each CPU have its own values?"
  isPerCPU: Boolean!
  "Memory that it holds, in bytes."
  memory: Float
  "Is it frozen: closed to writes from user space?"
  frozen: Boolean!
  "Extra number for the type, such as a bloom filter's hash count."
  mapExtra: UInt64
  "The interface that it was made for, of offloaded maps."
  ifindex: Int
  "Id of its BTF object."
  btfId: Int
  "Its BTF object."
  btf: Btf
  "The key's type, by BTF."
  keyType: BtfType
  "The value's type, by BTF."
  valueType: BtfType
  "Is it one of Lunette's own?"
  own: Boolean!
  "The programs that use it."
  programs: [Program!]!
  "The links that hold it (struct_ops, iterators)."
  links: [Link!]!
  "The processes that hold it."
  owners: [Owner!]!
  "The maps in it, of maps of maps."
  innerMaps: [InnerMap!]!
  "The maps of maps that hold it."
  outerMaps: [Map!]!
}

"A map in a map."
type InnerMap {
  "The key in the outer map, in hex."
  key: String!
  "The inner map."
  map: Map!
}
]]

-- Names of the bits in map_flags, from bit 0.
local FLAGS = {
  [0] = "no_prealloc", "no_common_lru", "numa_node", "rdonly", "wronly", "stack_build_id",
  "zero_seed", "rdonly_prog", "wronly_prog", "clone", "mmapable", "preserve_elems", "inner_map",
  "link", "path_fd", "vtype_btf_obj_fd", "token_fd", "segv_on_fault", "no_user_conv",
  "rb_overwrite",
}

-- Unsigned 32-bit numbers and counts: they may exceed Int and are plain JSON numbers.
local function wide(resolve) return { resolve = resolve, wide = true } end

local function type_name(info) return info.type and names.map(info.type) or "" end

local function flag_names(info)
  local list, flags = {}, info.map_flags or 0
  for bit = 0, 31 do
    if flags & (1 << bit) ~= 0 then list[#list + 1] = FLAGS[bit] or ("bit %d"):format(bit) end
  end
  return list
end

local function nonzero(n) return n ~= 0 and n or nil end

-- The words of a map that a search looks through.
local function haystack(info, k)
  local words = { info.name or "", info.full_name or "", tostring(info.id), type_name(info),
    info.type or "" }
  for _, path in ipairs(k:pins_of("map", info.id)) do words[#words + 1] = path end
  for _, prog in ipairs(k:users(info.id)) do words[#words + 1] = prog.name or "" end
  for _, owner in ipairs(k:owners_of("map", info.id)) do words[#words + 1] = owner.comm end
  return words
end

local function list(_, args, ctx)
  local k = kernel.of(ctx)
  local wanted = args.filter
  if not wanted then return k:list("map") end
  return filter.objects(k, "map", wanted, { parse_type = names.parse_map, haystack = haystack })
end

local function is_outer(info) return info.type == "array_of_maps" or info.type == "hash_of_maps" end

local function inner_maps(info, _, ctx)
  local k = kernel.of(ctx)
  local inner = {}
  if not is_outer(info) then return inner end
  for i, slot in ipairs(k:slots(info)) do
    inner[i] = { key = slot.key, map = k:object("map", slot.id) }
  end
  return inner
end

local function outer_maps(info, _, ctx)
  local k = kernel.of(ctx)
  return k:index("outer", function(add)
    for _, outer in ipairs(k:list("map")) do
      if is_outer(outer) then
        for _, slot in ipairs(k:slots(outer)) do add(slot.id, outer) end
      end
    end
  end)[info.id] or {}
end

map.resolvers = {
  Query = {
    map = function(_, args, ctx) return kernel.of(ctx):demand("map", args.id) end,
    maps = list,
  },
  Map = {
    fullName = function(info) return info.full_name or info.name end,
    type = type_name,
    kernelType = function(info) return info.type or "" end,
    typeId = function(info) return info.type_id or -1 end,
    flags = wide(function(info) return info.map_flags end),
    flagNames = flag_names,
    isPinned = function(info, _, ctx) return #kernel.of(ctx):pins_of("map", info.id) > 0 end,
    pins = function(info, _, ctx) return kernel.of(ctx):pins_of("map", info.id) end,
    keySize = function(info) return info.key_size end,
    valueSize = function(info) return info.value_size end,
    maxEntries = wide(function(info) return info.max_entries end),
    isPerCPU = function(info) return info.per_cpu or false end,
    memory = function(info) return info.memlock end,
    frozen = function(info) return info.frozen or false end,
    mapExtra = function(info) return nonzero(info.map_extra) end,
    ifindex = function(info) return nonzero(info.ifindex) end,
    btfId = function(info) return nonzero(info.btf_id) end,
    btf = function(info, _, ctx)
      return nonzero(info.btf_id) and kernel.of(ctx):object("btf", info.btf_id)
    end,
    own = function(info) return info.own or false end,
    programs = function(info, _, ctx) return kernel.of(ctx):users(info.id) end,
    links = function(info, _, ctx) return kernel.of(ctx):having("link", "map_id", info.id) end,
    owners = function(info, _, ctx) return kernel.of(ctx):owners_of("map", info.id) end,
    innerMaps = inner_maps,
    outerMaps = outer_maps,
  },
}

return map
