-- Entries of a map as text, compatible with dev-agent: hex, string or number, sorted by the key.

local decode = require("lunette.decode")
local tables = require("lunette.table")
local in_force = require("lunette.schema.decoder").in_force
local kernel = require("lunette.schema.kernel")
local readable = require("lunette.schema.readable")

local entries = {}

entries.sdl = [[
extend type Map {
  "Can its entries be read?"
  isLookupSupported: Boolean!
  "Why its entries can't be read, in a sentence; null when they can."
  unreadable: String
  "Its entries, sorted by formatted key. For typed columns, sorting and filters see table."
  entries(
    "How many to skip; 0 by default."
    offset: Int
    "How many at most; 32 by default."
    limit: Int
    "The format of the key."
    keyFormat: MapEntryFormat = HEX
    "The format of the value."
    valueFormat: MapEntryFormat = HEX
  ): [MapEntry!]!
  "One entry by its key, or null."
  entry(
    "The key."
    key: String!
    "The format of the key."
    keyFormat: MapEntryFormat = HEX
    "The format of the value."
    valueFormat: MapEntryFormat = HEX
  ): MapEntry
  "May the bloom filter contain this value? False is certain."
  mayContain(
    "The value, as writeMapEntry takes it."
    value: JSON!
  ): Boolean
  "How many entries it has."
  entriesCount: Int!
}

"The formats of bytes as text."
enum MapEntryFormat {
  "Lower-case hex, without a prefix."
  HEX
  "Text without NUL bytes at the end."
  STRING
  "Little-endian signed integer of up to 8 bytes; hex where the field is longer."
  NUMBER
}

"An entry of a map, as text."
type MapEntry {
  "The key."
  key: String!
  "The value; null on a per-CPU map."
  value: String
  "The CPUs' values; empty on other maps."
  cpuValues: [String!]!
}
]]

local OFFSET, LIMIT = 0, 32

-- An entry as the schema's MapEntry; value is a string, or a list with one string per CPU.
local function formatted(key, value, format)
  if type(value) ~= "table" then
    return { key = key, value = decode.format(value, format), cpuValues = {} }
  end
  local cpus = {}
  for i, bytes in ipairs(value) do cpus[i] = decode.format(bytes, format) end
  return { key = key, cpuValues = cpus }
end

local function by_text(a, b) return a.text < b.text end

-- Sorts numbers by their text. Keeps only entries that can be on the page: at most twice the page,
-- cut to the page when that is reached.
local function smallest(map, offset, limit)
  local wanted, kept, bound = offset + limit, {}, nil
  local function cut()
    table.sort(kept, by_text)
    for i = #kept, wanted + 1, -1 do kept[i] = nil end
    bound = #kept == wanted and kept[wanted].text or nil
  end
  for key, value in map:each { raw = true } do
    local text = decode.format(key, "NUMBER")
    if not bound or text < bound then
      kept[#kept + 1] = { key, value, text = text }
      if #kept >= 2 * wanted + 64 then cut() end
    end
  end
  cut()
  return table.move(kept, offset + 1, #kept, 1, {})
end

-- The first rows in the order of key bytes after a key, and the number of further ones.
local function rows_after(map, key, limit)
  local selection <close> = assert(map:select {
    limit = limit, after = key and { rank = "n", key = key },
  })
  repeat
    local more, err = selection:step()
    if more == nil then error(err, 0) end
  until not more
  local rows = selection:rows()
  return rows, selection:state().remaining - #rows
end

-- Hex and text sort like the bytes, so C sorts them. Large values are read in several steps,
-- because not all fit at once.
local function first_by_bytes(map, offset, limit)
  local list, last = {}, nil
  while limit > 0 do
    local rows, more = rows_after(map, last, offset + limit)
    for i = offset + 1, #rows do list[#list + 1] = rows[i] end
    limit = limit - math.max(0, #rows - offset)
    offset = math.max(0, offset - #rows)
    if more == 0 or #rows == 0 then break end
    last = rows[#rows][1]
  end
  return list
end

local ENOENT = 2

-- Opens a map. nil without an error when it has been removed since it was listed.
local function open(info)
  local map, err, errno = kernel.open("map", info.id)
  if not map and errno ~= ENOENT then error(err, 0) end
  return map
end

local function count_arg(name, value, default)
  value = value or default
  if value < 0 then error(("%s must not be negative, got %d"):format(name, value), 0) end
  return value
end

local function page(info, args)
  local offset = count_arg("offset", args.offset, OFFSET)
  local limit = count_arg("limit", args.limit, LIMIT)
  if limit == 0 or not readable.lookup(info) then return {} end
  local map <close> = open(info)
  if not map then return {} end
  local choose = args.keyFormat == "NUMBER" and smallest or first_by_bytes
  local list = choose(map, offset, limit)
  for i, row in ipairs(list) do
    list[i] = formatted(decode.format(row[1], args.keyFormat), row[2], args.valueFormat)
  end
  return list
end

local function one(info, args)
  if not readable.lookup(info) then error(readable.why(info), 0) end
  local key, err = decode.parse(args.key, args.keyFormat, info.key_size)
  if not key then error(("key: %s"):format(err), 0) end
  local map <close> = open(info)
  local value = map and map:lookup(key)
  return value and formatted(decode.format(key, args.keyFormat), value, args.valueFormat)
end

local function may_contain(info, args, ctx)
  if info.error then error(info.error, 0) end
  local columns = in_force(kernel.of(ctx), info).columns.value
  local value, err = tables.encode("value", args.value, columns, info.value_size)
  if not value then error(err, 0) end
  local map <close> = open(info)
  if not map then return nil end
  local maybe, why = map:contains(value)
  if maybe == nil then error(why, 0) end
  return maybe
end

local function count(info, _, ctx)
  if not readable.lookup(info) then return 0 end
  local counted = kernel.of(ctx):fills()[info.id]
  if counted then return counted end
  local map <close> = open(info)
  return map and map:count() or 0
end

entries.resolvers = {
  Map = {
    isLookupSupported = readable.lookup,
    unreadable = readable.why,
    entries = page,
    entry = one,
    mayContain = may_contain,
    entriesCount = { resolve = count, wide = true },
  },
}

return entries
