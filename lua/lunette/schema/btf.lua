-- BTF objects and their types.

local kernel = require("lunette.schema.kernel")

local btf = {}

btf.sdl = [[
extend type Query {
  "One BTF object by its id."
  btf("The kernel's id." id: Int!): Btf!
  "The BTF objects, by id."
  btfs: [Btf!]!
}

"A BTF object: a description of types."
type Btf {
  "The kernel's id."
  id: Int!
  "Why nothing else could be read, or null."
  error: String
  "Its name, of the kernel's and modules'."
  name: String
  "Its size in bytes."
  size: Int
  "Is it the kernel's or a module's?"
  kernel: Boolean!
  "The programs that use it."
  programs: [Program!]!
  "The maps that use it."
  maps: [Map!]!
  "The processes that hold it."
  owners: [Owner!]!
  "Its types."
  types(
    "Text that the name contains."
    search: String
    "A kind: struct, union, enum, typedef, func, …"
    kind: String
    "How many at most."
    first: Int = 100
    "How many to skip."
    offset: Int = 0
  ): [BtfType!]!
  "One type by its number, or null."
  type("Its number." id: Int!): BtfType
}

"A type that BTF describes."
type BtfType {
  "Its number in the object."
  id: Int!
  "Its name; null when it has none."
  name: String
  "struct, union, enum, int, ptr, array, typedef, func, …"
  kind: String!
  "Its size in bytes, where it has one."
  size: Int
  "Its definition in C."
  c: String!
}
]]

local MOST = 1000 -- types in one response

local ENOENT = 2

-- The last used object stays open, because fields of many types read it. nil without an error when
-- it has been removed since it was listed.
local last = {}

local function open(id)
  if last.id == id then return last.handle end
  if last.handle then last.handle:close() end
  last = {}
  local handle, err, errno = kernel.open("btf", id)
  if not handle and errno == ENOENT then return nil end
  if not handle then error(err, 0) end
  last = { id = id, handle = handle }
  return handle
end

local function type_of(id, number)
  local handle = open(id)
  if not handle or number < 1 or number >= handle:count() then return nil end
  local found = handle:type(number)
  found.btf_id = id
  return found
end

local function matches(found, search, kind)
  if kind and found.kind ~= kind then return false end
  return not search or (found.name and found.name:lower():find(search, 1, true)) ~= nil
end

local function types(info, args)
  local handle = open(info.id)
  local search = args.search and args.search:lower()
  local first, skip, list = math.min(args.first, MOST), args.offset, {}
  if not handle then return list end
  for number = 1, handle:count() - 1 do
    if #list >= first then break end
    local found = handle:type(number)
    if matches(found, search, args.kind) then
      if skip > 0 then skip = skip - 1 else list[#list + 1] = found end
      found.btf_id = info.id
    end
  end
  return list
end

-- The BTF type of a map's key or value.
local function named_by(field)
  return function(info)
    local number = info[field] or 0
    if number == 0 or (info.btf_id or 0) == 0 then return nil end
    return type_of(info.btf_id, number)
  end
end

btf.resolvers = {
  Query = {
    btf = function(_, args, ctx) return kernel.of(ctx):demand("btf", args.id) end,
    btfs = function(_, _, ctx) return kernel.of(ctx):list("btf") end,
  },
  Map = {
    keyType = named_by("btf_key_type_id"),
    valueType = named_by("btf_value_type_id"),
  },
  Btf = {
    kernel = function(info) return info.kernel or false end,
    programs = function(info, _, ctx) return kernel.of(ctx):having("prog", "btf_id", info.id) end,
    maps = function(info, _, ctx) return kernel.of(ctx):having("map", "btf_id", info.id) end,
    owners = function(info, _, ctx) return kernel.of(ctx):owners_of("btf", info.id) end,
    types = types,
    type = function(info, args) return type_of(info.id, args.id) end,
  },
  BtfType = {
    c = function(found)
      local handle = open(found.btf_id)
      if not handle then return "" end
      local text, err = handle:c(found.id)
      if not text then error(err, 0) end
      return text
    end,
  },
}

return btf
