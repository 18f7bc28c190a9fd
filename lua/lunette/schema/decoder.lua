-- Decoders: the one in force for a map, with the reason, and the list of all.

local decode = require("lunette.decode")
local kernel = require("lunette.schema.kernel")
local kinds = require("lunette.schema.kinds")
local registry = require("lunette.registry")

local decoder = {}

decoder.sdl = [[
extend type Query {
  "The decoders of scripts and of Lunette."
  decoders: [Decoder!]!
}

extend type Map {
  "The decoder in force for its entries, and why it is in force."
  decoder: Decoder!
}

"The layout of a map's keys and values."
type Decoder {
  "Its name."
  name: String!
  "Why this decoder is in force for this map; null in the list of all decoders."
  why: String
  "Where it was declared, as FILE:LINE; null for a built-in one."
  source: String
  "The columns of the key."
  key: [DecoderColumn!]!
  "The columns of the value."
  value: [DecoderColumn!]!
  "The maps that it decodes now."
  maps: [Map!]!
}

"A field that a decoder reads."
type DecoderColumn {
  "Its name."
  name: String!
  "The kind of field, such as u64, cstring, ipv4 or duration."
  type: String!
  "The unit of its numbers."
  unit: String
}
]]

-- The decoder in force; found once per request and map. A removed map has none.
local function in_force(k, info)
  if info.error then return { name = "none", why = info.error } end
  local known = k.decoders
  if not known then
    known = {}
    k.decoders = known
  end
  local found = known[info.id]
  if not found then
    found = decode.for_map(info)
    known[info.id] = found
  end
  return found
end

-- The columns of a declared decoder, as far as they are fixed: a Lua function's columns depend on
-- the map.
local function columns(part)
  return function(item)
    if item.columns then return item.columns[part] end
    local node = item[part]
    if not decode.is_node(node) then return {} end
    return decode.compile(node, node.size):columns(part)
  end
end

local function name(item) return item.name or registry.where(item) end

-- The maps that this decoder decodes.
local function maps(item, _, ctx)
  local k = kernel.of(ctx)
  local list = {}
  for _, info in ipairs(k:list("map")) do
    if name(in_force(k, info)) == name(item) then list[#list + 1] = info end
  end
  return list
end

decoder.in_force = in_force

decoder.resolvers = {
  Query = { decoders = function() return registry.list("decoder") end },
  Map = { decoder = function(info, _, ctx) return in_force(kernel.of(ctx), info) end },
  Decoder = {
    name = name,
    source = function(item) return kinds.source(item) end,
    key = columns("key"),
    value = columns("value"),
    maps = maps,
  },
}

return decoder
