-- How full a map is, or why that is unknown.

local bpf = require("bpf")
local kernel = require("lunette.schema.kernel")
local readable = require("lunette.schema.readable")

local fill = {}

fill.sdl = [[
extend type Query {
  "The fullest maps first, without maps that can't fill up."
  fullestMaps(
    "How many at most."
    first: Int = 10
    "False leaves out Lunette's own maps."
    own: Boolean = true
  ): [Map!]!
}

extend type Map {
  "How full it is."
  fill: MapFill!
}

"How full a map is."
type MapFill {
  "Its entries (bytes of a ring buffer); null when they can't be counted."
  entries: Float
  "How many it can hold."
  capacity: Float!
  "entries / capacity."
  ratio: Float
  "The unit of entries and capacity: entries or bytes."
  unit: String!
  "How the entries were counted, or why they are unknown."
  why: String!
}
]]

-- Types that always have all their entries.
local ALWAYS_FULL = { array = true, percpu_array = true }

-- The bytes waiting in a ring buffer.
local function ring(map)
  local seen, err = map:ring(0)
  if not seen then return nil, err end
  return seen.used, "by the positions of its reader and writer"
end

local function walked(map)
  local count, err = map:count()
  if not count then return nil, err end
  return count, "counted by walking its keys"
end

local RINGS = { ringbuf = true, user_ringbuf = true }

-- The number of entries (or bytes), and how it was found; nil and the reason when it is unknown.
local function counted(info, k)
  if ALWAYS_FULL[info.type] then
    return info.max_entries, "an array has all its entries from the start"
  end
  local count = k:fills()[info.id]
  if count then return count, "counted by the kernel" end
  if not RINGS[info.type] and not readable.lookup(info) then return nil, readable.why(info) end
  local map, err = bpf.map(info.id)
  if not map then return nil, err end
  local handle <close> = map
  return (RINGS[info.type] and ring or walked)(handle)
end

local function fill_of(info, _, ctx)
  local entries, why = counted(info, kernel.of(ctx))
  local capacity = info.max_entries or 0
  return {
    entries = entries, capacity = capacity, unit = RINGS[info.type] and "bytes" or "entries",
    why = why, ratio = entries and capacity > 0 and entries / capacity or nil,
  }
end

-- Types whose keys are slot numbers: every slot can always be set, so they can't run full.
local SLOTS = {
  array = true, percpu_array = true, prog_array = true, perf_event_array = true,
  cgroup_array = true, array_of_maps = true, devmap = true, cpumap = true, xskmap = true,
  sockmap = true, reuseport_sockarray = true,
}

-- True when the map can run full. The contents of queues and bloom filters aren't counted.
local function can_fill(info)
  return not info.error and not SLOTS[info.type] and (info.max_entries or 0) > 0
end

local function fuller(a, b)
  if a.ratio ~= b.ratio then return a.ratio > b.ratio end
  return a.info.id < b.info.id
end

local function fullest(_, args, ctx)
  local found = {}
  for _, info in ipairs(kernel.of(ctx):list("map")) do
    if can_fill(info) and (args.own or not info.own) then
      local ratio = fill_of(info, nil, ctx).ratio
      if ratio then found[#found + 1] = { info = info, ratio = ratio } end
    end
  end
  table.sort(found, fuller)
  local maps = {}
  for i = 1, math.min(args.first, #found) do maps[i] = found[i].info end
  return maps
end

fill.resolvers = {
  Query = { fullestMaps = fullest },
  Map = { fill = fill_of },
}

return fill
