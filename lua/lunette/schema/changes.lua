-- What changed in a map between two looks: entries that came, went, or have another value.

local bpf = require("bpf")
local cells = require("lunette.schema.cells")
local decoder = require("lunette.schema.decoder")
local json = require("lunette.runtime.json")
local kernel = require("lunette.schema.kernel")
local readable = require("lunette.schema.readable")
local subscription = require("lunette.schema.subscription")

local changes = {}

changes.sdl = [[
extend type Subscription {
  "What changes in a map: at once what there is to compare, then each time that something changed."
  mapChanges(
    "The map's id."
    id: Int!
    "Look every so many seconds."
    every: Float = 1.0
    "What to show of per-CPU values."
    cpus: CpuValues = SUM
  ): MapChanges!
}

"What changed in a map since the last event."
type MapChanges {
  "The map's id."
  mapId: Int!
  "When it was read, in seconds since 1970."
  time: Float!
  "Seconds since it was read before; null at first."
  seconds: Float
  "What the cells are."
  columns: [TableColumn!]!
  "Entries that are compared."
  entries: Int!
  "Has the map more entries than are compared?"
  truncated: Boolean!
  "Entries that came."
  added: [TableRow!]!
  "Entries that went, as they were."
  removed: [TableRow!]!
  "Entries with another value."
  changed: [ChangedRow!]!
}

"An entry with another value."
type ChangedRow {
  "The key's bytes in hex."
  key: String!
  "The cells as they were."
  before: [JSON]!
  "The cells as they are."
  after: [JSON]!
  "By how much a second each number grew; null for what is no number."
  rates: [Float]!
}
]]

local MOST = 10000 -- entries that are compared

-- The raw entries of a map by key, at most so many.
local function read(info)
  local opened, err = bpf.map(info.id)
  if not opened then error(err, 0) end
  local map <close> = opened
  local cursor <close> = assert(map:cursor { raw = true })
  local entries, count = {}, 0
  for key, value in cursor.next, cursor do
    if not entries[key] then count = count + 1 end
    if count > MOST then return entries, MOST, true end
    entries[key] = value
  end
  return entries, count, cursor:state().truncated
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for cpu = 1, #a do
    if a[cpu] ~= b[cpu] then return false end
  end
  return #a == #b
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

local function changed_row(reader, key, before, after, seconds)
  local was, is = reader:row(key, before), reader:row(key, after)
  local shown = cells.shown(reader.columns, is)
  return {
    key = shown.key, before = cells.shown(reader.columns, was).cells, after = shown.cells,
    rates = rates(reader, was, is, seconds),
  }
end

local function by_key(a, b) return a.key < b.key end

-- The lists of an event, each by key.
local function compared(reader, before, after, seconds)
  local event = { added = {}, removed = {}, changed = {} }
  local function add(list, row) list[#list + 1] = row end
  for key, value in pairs(after) do
    local was = before[key]
    if was == nil then
      add(event.added, cells.shown(reader.columns, reader:row(key, value)))
    elseif not same(was, value) then
      add(event.changed, changed_row(reader, key, was, value, seconds))
    end
  end
  for key, value in pairs(before) do
    if after[key] == nil then
      add(event.removed, cells.shown(reader.columns, reader:row(key, value)))
    end
  end
  for _, list in pairs(event) do table.sort(list, by_key) end
  return event
end

local function is_empty(event) return #event.added + #event.removed + #event.changed == 0 end

-- Each event is compared with the one before it.
local function follow(info)
  local last, last_time
  return function(args, ctx)
    local k = kernel.of(ctx)
    local reader = cells.reader(info, decoder.in_force(k, info), args)
    local now = k:now()
    local entries, count, truncated = read(info)
    local seconds = last_time and math.max(now - last_time, 1e-3)
    local event = compared(reader, last or entries, entries, seconds or 1)
    local first = last == nil
    last, last_time = entries, now
    if is_empty(event) and not first then return nil end
    event.mapId, event.time, event.seconds, event.columns = info.id, now, seconds, reader.columns
    event.entries, event.truncated = count, truncated or false
    return event
  end
end

local function subscribe(root, args, ctx)
  local info = kernel.of(ctx):demand("map", args.id)
  if not readable.lookup(info) then error(readable.why(info), 0) end
  return subscription.timed(follow(info))(root, args, ctx)
end

changes.resolvers = {
  Subscription = {
    mapChanges = { subscribe = subscribe, resolve = function(event) return event end },
  },
}

return changes
