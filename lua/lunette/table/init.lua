-- A map's entries as a table: columns of typed cells by the decoder in force, rows, conditions,
-- order and pages. GraphQL's Map.table and the commands of `lunette map` show these:
--
--   local info = bpf.map_info(id)
--   local page = lunette.table.read(info, { first = 10, sort = { column = "calls" } })
--   for _, row in ipairs(page.rows) do print(row.key, row.cells[1]) end

local bpf = require("bpf")
local cells = require("lunette.table.cells")
local choose = require("lunette.table.choose")
local decode = require("lunette.decode")
local encode = require("lunette.table.encode")
local pages = require("lunette.table.pages")
local unkeyed = require("lunette.table.unkeyed")
local write = require("lunette.table.write")

local tables = {}

local ENOENT <const> = 2
local FIRST <const> = 100 -- rows of a page

--- A reader that makes rows of cells: columns, and row(key, value).
---@param info table
---@param args { decoder: table?, cpus: string?, keyFormat: string?, valueFormat: string? }|nil
---@return table reader
function tables.reader(info, args)
  args = args or {}
  return cells.reader(info, args.decoder or decode.for_map(info), args)
end

--- Conditions for map:cursor(), map:select(), map:stream() and map:snapshot().
---@param reader table
---@param conditions table[]
---@return bpf.Where
function tables.where(reader, conditions) return choose.where(reader, conditions) end

--- An order for map:select() and map:stream().
---@param reader table
---@param sort { column: string, order: string? }
---@return bpf.Cell cell, boolean descending
function tables.order(reader, sort)
  return reader:cell(choose.column(reader.columns, sort.column, "sort")), sort.order ~= "ASC"
end

--- A row with cells for JSON: { key, cells, error }.
---@param reader table
---@param row table
---@return table
function tables.shown(reader, row) return cells.shown(reader.columns, row) end

--- A cell for streams: all 64-bit integers are digits, also small ones.
---@param value any
---@param wide string|table|nil the column's
---@return any
function tables.digits(value, wide) return cells.digits(value, wide) end

local function nothing(note, columns)
  return {
    rows = {}, scanned = 0, restarted = false, truncated = false, note = note,
    pageInfo = { hasNextPage = false }, columns = columns or {},
  }
end

local function show(page, columns)
  for i, row in ipairs(page.rows) do page.rows[i] = cells.shown(columns, row) end
  return page
end

local function without_keys(info, reader, args)
  local opened, err = bpf.map(info.id)
  if not opened then return nothing(err, reader.columns) end
  local map <close> = opened
  local found = unkeyed.read(map, reader, info)
  local rows, info_of_page, matched = pages.choose(found.rows, found.columns, args)
  return show({
    rows = rows, columns = found.columns, scanned = #found.rows, matched = matched,
    pageInfo = info_of_page, note = found.note, empty = found.empty,
    restarted = false, truncated = false,
  }, found.columns)
end

-- Adds a note to a table without rows, when the map is empty.
local function note_empty(page, args)
  if page.scanned == 0 and args.first > 0 and not args.after and not page.note then
    page.note, page.empty = "It is empty.", true
  end
  return page
end

-- The entry with a key, as a page of one row or none.
local function only(map, reader, info, key)
  local bytes, err = decode.parse(key, "HEX", info.key_size)
  if not bytes then error(("key: %s"):format(err), 0) end
  local value, note, errno = map:lookup(bytes)
  local page = nothing(not value and (errno == ENOENT and "There is no such entry." or note) or nil,
    reader.columns)
  page.scanned, page.rows[1] = 1, value and reader:row(bytes, value)
  return page
end

local function read(info, reader, args)
  local opened, err = bpf.map(info.id)
  if not opened then return nothing(err, reader.columns) end
  local map <close> = opened
  local page = args.key and only(map, reader, info, args.key) or pages.read(map, reader, args)
  return show(page, reader.columns)
end

--- A page of a map's table. args as in GraphQL: first (100), after, key, filter, sort, top, cpus
--- ("SUM", "EACH", "BOTH"), keyFormat, valueFormat; and decoder, which replaces the one in force;
--- run, a table that keeps a sort's state between pages (the caller closes its `selection`).
---@param info table
---@param args table|nil
---@return table page { columns, rows, scanned, matched, restarted, truncated, note, pageInfo }
function tables.read(info, args)
  args = setmetatable({ first = args and args.first or FIRST }, { __index = args })
  if args.top and not args.sort then error("top: needs a sort", 0) end
  local reader = tables.reader(info, args)
  local why = not unkeyed.known(info.type) and bpf.unreadable(info)
  if why then return nothing(why, reader.columns) end
  local read_page = unkeyed.known(info.type) and without_keys or read
  local page = note_empty(read_page(info, reader, args), args)
  page.columns = page.columns or reader.columns
  return page
end

--- The bytes of a key or value from typed input: an object gives fields (others keep the bytes of
--- `before`, or are zero), a plain value is for a single field, { hex = "…" } gives bytes.
---@param name string what errors call it
---@param value any
---@param columns table[] of the decoder: decode.for_map(info).columns.key or .value
---@param size integer
---@param before string|nil
---@return string|nil bytes, string? err
function tables.encode(name, value, columns, size, before)
  return encode.bytes(name, value, columns, size, before)
end

--- Writes an entry from typed input: args { key, value, mode = "ANY"|"CREATE"|"UPDATE", dryRun }.
---@param map bpf.Map
---@param info table
---@param args table
---@return table|nil result { written, key, values, before } in hex, string? err
function tables.write(map, info, args) return write.typed(map, info, args) end

return tables

