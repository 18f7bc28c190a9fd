-- Changes in a map between two reads: entries that were added, removed or changed.

local bpf = require("bpf")
local decoder = require("lunette.schema.decoder")
local json = require("lunette.runtime.json")
local kernel = require("lunette.schema.kernel")
local readable = require("lunette.schema.readable")
local subscription = require("lunette.schema.subscription")
local tables = require("lunette.table")

local changes = {}

changes.sdl = [[
extend type Subscription {
  "What changes in a map: at once what there is to compare, then each time that something changed."
  mapChanges(
    "The map's id."
    id: Int!
    "Seconds between two looks."
    every: Float = 1.0
    "The sum of per-CPU values, a column per CPU, or both."
    cpus: CpuValues = SUM
  ): MapChanges!
}

"The changes of a map since the last event."
type MapChanges {
  "The map's id."
  mapId: Int!
  "When it was read, in seconds since 1970."
  time: Float!
  "Seconds since the map was read before; null at first."
  seconds: Float
  "The columns, in the order of the cells."
  columns: [TableColumn!]!
  "Entries that are compared: all, or as many as 16 MiB hold."
  entries: Int!
  "Does the map have more entries than are compared?"
  truncated: Boolean!
  "The share of the keys that are compared, the same keys each time; 1: all."
  share: Float!
  "Added entries by key, 10000 at most."
  added: [TableRow!]!
  "The number of added entries."
  addedCount: Int!
  "Removed entries with their last values, 10000 at most."
  removed: [TableRow!]!
  "The number of removed entries."
  removedCount: Int!
  "Changed entries, 10000 at most."
  changed: [ChangedRow!]!
  "The number of changed entries."
  changedCount: Int!
}

"A changed entry."
type ChangedRow {
  "The key's bytes in hex."
  key: String!
  "The cells before."
  before: [JSON]!
  "The cells now."
  after: [JSON]!
  "The change of each number per second; null for other cells."
  rates: [Float]!
}
]]

local MOST = 10000 -- rows of each list
local BYTES = 16 << 20 -- of a snapshot

-- Reads the map's entries into C's memory; the same keys as before.
local function read(info, last)
  local opened, err = bpf.map(info.id)
  if not opened then error(err, 0) end
  local map <close> = opened
  local snapshot, failed = map:snapshot { bytes = BYTES, like = last }
  if not snapshot then error(failed, 0) end
  return snapshot
end

local function rates(reader, before, after, seconds)
  local list = {}
  for i, col in ipairs(reader.columns) do
    local x, y = before[i], after[i]
    local numbers = col.numeric and type(x) == "number" and type(y) == "number"
    list[i] = numbers and (y - x) / seconds or json.null
  end
  return list
end

local function changed_row(reader, key, after, before, seconds)
  local was, is = reader:row(key, before), reader:row(key, after)
  local shown = tables.shown(reader, is)
  return {
    key = shown.key, before = tables.shown(reader, was).cells, after = shown.cells,
    rates = rates(reader, was, is, seconds),
  }
end

local function plain_row(reader, key, value)
  return tables.shown(reader, reader:row(key, value))
end

local function by_key(a, b) return a.key < b.key end

-- The lists of an event, sorted by key.
local function compared(reader, before, after, seconds)
  local found = assert(before:changes(after, MOST))
  local event = {}
  for _, name in ipairs { "added", "removed", "changed" } do
    local make, list = name == "changed" and changed_row or plain_row, {}
    for i, entry in ipairs(found[name]) do
      list[i] = make(reader, entry[1], entry[2], entry[3], seconds)
    end
    table.sort(list, by_key)
    event[name], event[name .. "Count"] = list, found.counts[name]
  end
  return event
end

local function is_empty(event)
  return event.addedCount + event.removedCount + event.changedCount == 0
end

-- Compares each read with the previous one, until the subscription ends.
local function follow(info)
  local last, last_time
  local function close()
    if last then last:close() end
    last = nil
  end
  local function event_of(args, ctx)
    local k = kernel.of(ctx)
    local reader = tables.reader(info, { decoder = decoder.in_force(k, info), cpus = args.cpus })
    local now = k:now()
    local snapshot = read(info, last)
    local seconds = last_time and math.max(now - last_time, 1e-3)
    local event = compared(reader, last or snapshot, snapshot, seconds or 1)
    local first, state = last == nil, snapshot:state()
    close()
    last, last_time = snapshot, now
    if is_empty(event) and not first then return nil end
    event.mapId, event.time, event.seconds, event.columns = info.id, now, seconds, reader.columns
    event.entries, event.share = state.entries, state.share
    event.truncated = state.truncated or state.share < 1
    return event
  end
  return event_of, close
end

local function subscribe(root, args, ctx)
  local info = kernel.of(ctx):demand("map", args.id)
  if not readable.lookup(info) then error(readable.why(info), 0) end
  local event_of, close = follow(info)
  local source = subscription.timed(event_of)(root, args, ctx)
  source.close = close
  return source
end

changes.resolvers = {
  Subscription = {
    mapChanges = { subscribe = subscribe, resolve = function(event) return event end },
  },
}

return changes
