-- A map's entries as a table: typed columns, pages, filters, sorting.

local decoder = require("lunette.schema.decoder")
local kernel = require("lunette.schema.kernel")
local tables = require("lunette.table")

local table_part = {}

table_part.sdl = [[
extend type Map {
  "Its entries as a table of typed cells, by the decoder in force or by the formats given."
  table(
    "Rows at most, up to 10000; of large entries fewer, so that they fit memory."
    first: Int = 100
    "Go on after this cursor (pageInfo.endCursor); a sorted table goes on after its last row."
    after: String
    "Only the entry with this key, in hex."
    key: String
    "Sort by a column."
    sort: TableSort
    "Keep rows for which all of these hold."
    filter: [TableFilter!]
    "Keep the so many rows that are first by sort, of the whole map."
    top: Int
    "What to show of per-CPU values."
    cpus: CpuValues = SUM
    "Write keys in this format, whatever decoder is in force."
    keyFormat: MapEntryFormat
    "Write values in this format, whatever decoder is in force."
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

"A condition on a column; or one that joins others: one of column, all, any and none is given."
input TableFilter {
  "A column's name, as in columns."
  column: String
  "How to compare."
  op: FilterOp = EQ
  "What to compare with, as the cell shows it. A number compares with the number behind a name."
  value: JSON
  "All of these hold."
  all: [TableFilter!]
  "One of these holds."
  any: [TableFilter!]
  "None of these holds."
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

"What to show of values that each CPU has for itself."
enum CpuValues {
  "One cell: their sum; of moments the latest; of other values what the CPUs agree about, or null."
  SUM
  "A column a CPU."
  EACH
  "The sum, then a column a CPU."
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
  "What the cells are."
  columns: [TableColumn!]!
  "The rows of this page."
  rows: [TableRow!]!
  "Rows of the whole map that passed the filter, where a sort made us read it all; else null."
  matched: Int
  "Entries read for this page."
  scanned: Int!
  "Did the map change so that reading began again? Rows may be missing or double."
  restarted: Boolean!
  "Was reading cut short (a map that grows while it is read, a budget)?"
  truncated: Boolean!
  "Where to go on."
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
  "The decoder's word for what a cell is, such as u64, cstring, ipv4 or duration."
  type: String!
  "The unit of its numbers, such as ns or bytes."
  unit: String
  "What it shows."
  part: ColumnPart!
  "Which CPU, of part CPU."
  cpu: Int
  "Are its cells numbers (exact ones beyond 2^53 as decimal strings)?"
  numeric: Boolean!
}

"A row of a table: an entry."
type TableRow {
  "The key's bytes in hex: the row's identity."
  key: String!
  "A cell a column. Integers beyond 2^53 are decimal strings."
  cells: [JSON]!
  "Why this entry could not be decoded, or null."
  error: String
}

"Where a page ends."
type PageInfo {
  "Is there more?"
  hasNextPage: Boolean!
  "What to give as after to go on."
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

-- A map that went away, as an empty table that says so.
local function gone(why)
  return { rows = {}, columns = {}, scanned = 0, restarted = false, truncated = false, note = why,
    pageInfo = { hasNextPage = false } }
end

--- A map's table, as the schema's MapTable, of at most so many rows as a client may ask for.
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
