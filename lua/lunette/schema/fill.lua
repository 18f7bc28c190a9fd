-- How full a map is, or why nobody can tell.

local bpf = require("bpf")
local readable = require("lunette.schema.readable")

local fill = {}

fill.sdl = [[
extend type Map {
  "How full it is."
  fill: MapFill!
}

"How full a map is."
type MapFill {
  "Entries in it (bytes, of a ring buffer); null when nobody can tell."
  entries: Float
  "How many it can hold."
  capacity: Float!
  "entries / capacity."
  ratio: Float
  "What was counted: entries or bytes."
  unit: String!
  "How it was counted, or why it is unknown."
  why: String!
}
]]

-- Of these every slot is always there.
local ALWAYS_FULL = { array = true, percpu_array = true }

-- Counted when the request first asks: entries by walking, bytes of a ring by its positions.
local function counted(info)
  if ALWAYS_FULL[info.type] then
    return info.max_entries, "an array has all its entries from the start"
  end
  if not readable.lookup(info) then return nil, readable.why(info) end
  local map, err = bpf.map(info.id)
  if not map then return nil, err end
  local handle <close> = map
  local count
  count, err = handle:count()
  if not count then return nil, err end
  return count, "counted by walking its keys"
end

fill.resolvers = {
  Map = {
    fill = function(info)
      local entries, why = counted(info)
      local capacity = info.max_entries or 0
      local unit = (info.type == "ringbuf" or info.type == "user_ringbuf") and "bytes" or "entries"
      return {
        entries = entries, capacity = capacity, unit = unit, why = why,
        ratio = entries and capacity > 0 and entries / capacity or nil,
      }
    end,
  },
}

return fill
