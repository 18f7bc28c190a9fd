-- A map's entries as a table: typed columns, pages, filters, sorting.

local decoder = require("lunette.schema.decoder")
local kernel = require("lunette.schema.kernel")
local tables = require("lunette.table")

local table_part = {}

table_part.sdl = [[
extend type Map {
  "Its entries as a table of typed cells, by the decoder in force or by the given formats."
  table(
    "Rows at most, up to 10000; fewer of large entries."
    first: Int = 100
    "Go on after this cursor (pageInfo.endCursor); a sorted table goes on after its last row."
    after: String
    "Only the entry with this key, in hex."
    key: String
    "Sort by a column."
    sort: TableSort
    "Conditions that must all hold for a row."
    filter: [TableFilter!]
    "Limit the sorted result to this many rows."
    top: Int
    "The sum of per-CPU values, a column per CPU, or both."
    cpus: CpuValues = SUM
    "The format of keys, in place of the decoder."
    keyFormat: MapEntryFormat
    "The format of values, in place of the decoder."
    valueFormat: MapEntryFormat
  ): MapTable!
}

"How to sort a table."
input TableSort {
  "A column's name, as in columns."
  column: String!
  "The order."
  order: SortOrder = DESC
}

"A condition: give exactly one of column, all, any and none."
input TableFilter {
  "A column's name, as in columns."
  column: String
  "How to compare."
  op: FilterOp = EQ
  "What to compare with, as the cell shows it. A number compares with the number behind a name."
  value: JSON
  "All of these conditions hold."
  all: [TableFilter!]
  "At least one of these conditions holds."
  any: [TableFilter!]
  "None of these conditions holds."
  none: [TableFilter!]
}

"How to compare a cell with a value."
enum FilterOp {
  "Equal."
  EQ
  "Not equal."
  NE
  "Less."
  LT
  "Less or equal."
  LE
  "Greater."
  GT
  "Greater or equal."
  GE
  "The text contains the value, whatever the case of its letters."
  CONTAINS
  "The text begins with the value, whatever the case of its letters."
  STARTS
  "The text matches the value as a Lua pattern."
  MATCHES
}

"Which columns a per-CPU value has."
enum CpuValues {
  "One cell: their sum; of moments the latest; of other values what the CPUs agree about, or null."
  SUM
  "A column per CPU."
  EACH
  "The sum, then a column per CPU."
  BOTH
}

"The part of an entry that a column shows."
enum ColumnPart {
  "The key."
  KEY
  "The value, or the sum of the CPUs' values."
  VALUE
  "One CPU's value."
  CPU
}

"A page of a map's entries, decoded."
type MapTable {
  "The map's id."
  mapId: Int!
  "The map's id."
  id: Int! @deprecated(reason: "Caches that go by id take it for the identity: use mapId.")
  "The columns, in the order of the cells."
  columns: [TableColumn!]!
  "The rows."
  rows: [TableRow!]!
  "Rows of the whole map that passed the filter; null where not all of it was read."
  matched: Int
  "Entries read for this page."
  scanned: Int!
  "Did reading begin again because the map changed? Rows may be missing or double."
  restarted: Boolean!
  "Is the page incomplete, because the map grew while it was read or a budget ended?"
  truncated: Boolean!
  "The end of the page, and whether there is more."
  pageInfo: PageInfo!
  "When it was read, in seconds since 1970."
  time: Float!
  "Why there is nothing to see, in a sentence, or null."
  note: String
}

"A column of a table."
type TableColumn {
  "Its name, unique in the table."
  name: String!
  "The kind of its cells, such as u64, cstring, ipv4 or duration."
  type: String!
  "The unit of its numbers, such as ns or bytes."
  unit: String
  "The part of the entry that it shows."
  part: ColumnPart!
  "Which CPU, of part CPU."
  cpu: Int
  "Are its cells numbers? Beyond 2^53 they are decimal strings."
  numeric: Boolean!
}

"A row of a table: one entry."
type TableRow {
  "The key's bytes in hex: the row's identity."
  key: String!
  "A cell per column. Integers beyond 2^53 are decimal strings."
  cells: [JSON]!
  "Why this entry could not be decoded, or null."
  error: String
}

"The end of a page."
type PageInfo {
  "Is there a next page?"
  hasNextPage: Boolean!
  "The cursor of the next page: give it as `after`."
  endCursor: String
}
]]

local MAX_ROWS = 10000

local function check_count(name, count)
  if count and (count < 0 or count > MAX_ROWS) then
    error(("%s: 0 to %d, got %d"):format(name, MAX_ROWS, count), 0)
  end
  return count
end

-- An empty table with a note, for a map that was removed.
local function gone(why)
  return { rows = {}, columns = {}, scanned = 0, restarted = false, truncated = false, note = why,
    pageInfo = { hasNextPage = false } }
end

--- A map's table as the schema's MapTable, with at most as many rows as a client may request.
---@param info table
---@param args table
---@param ctx table
---@return table
function table_part.page(info, args, ctx)
  local k = kernel.of(ctx)
  check_count("first", args.first)
  check_count("top", args.top)
  local page = info.error and gone(info.error)
  if not page then
    args = setmetatable({ decoder = decoder.in_force(k, info) }, { __index = args })
    page = tables.read(info, args)
  end
  page.id, page.time = info.id, k:now()
  return page
end

table_part.resolvers = {
  Map = { table = table_part.page },
  MapTable = { mapId = function(page) return page.id end },
}

return table_part
