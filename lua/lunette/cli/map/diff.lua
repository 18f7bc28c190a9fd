-- Compares two states of a map of any size: C keeps the bytes, and only changed entries are
-- decoded. Of a map too large even for that, the same part of the keys is compared.

local bpf = require("bpf")
local lunette = require("lunette")
local exit = require("lunette.cli.exit")
local json = require("lunette.runtime.json")
local tables = require("lunette.table")
local tty = require("lunette.core.tty")

local diff = {}

local MOST = 100000 -- most rows of each kind that are shown

local function reader_of(map, info, variables)
  return tables.reader(info, setmetatable({ decoder = exit.check(map:decoder()) },
    { __index = variables }))
end

--- True when the map has keys to compare, and no order is wanted.
---@return boolean
function diff.possible(info, variables) return not variables.sort and not bpf.unreadable(info) end

-- The condition for C.
local function where_of(reader, variables)
  if not variables.filter then return nil end
  local ok, where = pcall(tables.where, reader, variables.filter)
  return ok and where or exit.fail(exit.FAILED, "%s", where)
end

local function take(map, where, like)
  local snapshot = exit.check(map:snapshot { where = where, like = like })
  return snapshot, lunette.now()
end

local function difference(column, new, old)
  local numbers = column.numeric and type(new) == "number" and type(old) == "number"
  return numbers and new - old
end

local function row_of(reader, change, entry)
  local row = reader:row(entry[1], entry[2])
  local shown = tables.shown(reader, row)
  local made = { change = change, key = entry[1], cells = shown.cells }
  if not entry[3] then return made end
  local before = reader:row(entry[1], entry[3])
  made.before, made.deltas = tables.shown(reader, before).cells, {}
  for i, column in ipairs(reader.columns) do
    made.deltas[i] = difference(column, row[i], before[i]) or false
  end
  return made
end

local function by_key(a, b) return a.key < b.key end

--- Reads a map twice: rows { change, key, cells, before, deltas } sorted by key, the number of each
--- kind of change, and how it was read.
---@param map bpf.Map
---@param info bpf.MapInfo
---@param variables table of the page
---@param seconds number
---@return { rows: table[], columns: table[], counts: table, entries: integer, share: number,
---  seconds: number }
function diff.look(map, info, variables, seconds)
  local reader = reader_of(map, info, variables)
  local where = where_of(reader, variables)
  local old <close>, start = take(map, where)
  tty.sleep(seconds)
  local new <close>, stop = take(map, where, old)
  local found, state = exit.check(old:changes(new, MOST)), new:state()
  local rows = {}
  for _, change in ipairs { "added", "removed", "changed" } do
    for _, entry in ipairs(found[change]) do rows[#rows + 1] = row_of(reader, change, entry) end
  end
  table.sort(rows, by_key)
  for _, column in ipairs(reader.columns) do
    if column.unit == nil then column.unit = json.null end
  end
  return {
    rows = rows, columns = reader.columns, counts = found.counts, entries = state.entries,
    share = state.share, seconds = stop - start,
  }
end

return diff
