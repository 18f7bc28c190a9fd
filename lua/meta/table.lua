---@meta lunette.table
-- A map's entries as a table: columns of typed cells by the decoder in force, rows, conditions,
-- order and pages. GraphQL's Map.table and the commands of `lunette map` show these. A test holds
-- this file against the module.
--
--   local bpf, lunette = require("bpf"), require("lunette")
--   local info = assert(bpf.map_info(id))
--   local page = lunette.table.read(info, { first = 10, sort = { column = "calls" } })
--   for _, row in ipairs(page.rows) do print(row.key, row.cells[1]) end

local table = {}

---@class lunette.table.Column
---@field name string unique in the table
---@field type string the decoder's word: "u64", "cstring", "ipv4" …
---@field unit string? of its numbers
---@field part "KEY"|"VALUE"|"CPU"
---@field cpu integer? of part CPU
---@field numeric boolean are its cells numbers?

---@class lunette.table.Condition one of column, all, any and none
---@field column string?
---@field op? "EQ"|"NE"|"LT"|"LE"|"GT"|"GE"|"CONTAINS"|"STARTS"|"MATCHES" (EQ)
---@field value any a number, or text as the cell shows it; 64 bits are exact as text
---@field all lunette.table.Condition[]?
---@field any lunette.table.Condition[]?
---@field none lunette.table.Condition[]?

---@class lunette.table.Sort
---@field column string
---@field order? "ASC"|"DESC" (DESC)

---@class lunette.table.Args
---@field first integer? rows at most (100)
---@field after string? go on after this page's pageInfo.endCursor
---@field key string? only the entry of this key, in hex
---@field filter lunette.table.Condition[]? all must hold
---@field sort lunette.table.Sort?
---@field top integer? limits the sorted result
---@field cpus? "SUM"|"EACH"|"BOTH" of per-CPU values (SUM)
---@field keyFormat? "HEX"|"STRING"|"NUMBER" in place of the decoder
---@field valueFormat? "HEX"|"STRING"|"NUMBER" in place of the decoder
---@field decoder table? in place of the one in force
---@field run table? keeps a sort from page to page; close its `selection` afterwards

---@class lunette.table.Page
---@field columns lunette.table.Column[]
---@field rows { key: string, cells: any[], error: string? }[] key in hex
---@field scanned integer entries read
---@field matched integer? entries that passed the filter, where all were read
---@field restarted boolean the map changed while it was read: rows may be missing or double
---@field truncated boolean reading was cut short
---@field note string? why there is nothing to see
---@field pageInfo { hasNextPage: boolean, endCursor: string? }

--- A page of a map's table. Raises on a column that isn't there and on values that fit no column.
---@param info bpf.MapInfo
---@param args lunette.table.Args?
---@return lunette.table.Page
function table.read(info, args) end

---@class lunette.table.Reader
---@field columns lunette.table.Column[]
local Reader = {}

--- The row of an entry: its cells by number.
---@param key string
---@param value string|string[]
---@return table
function Reader:row(key, value) end

--- How the entries of a map become rows.
---@param info bpf.MapInfo
---@param args lunette.table.Args?
---@return lunette.table.Reader
function table.reader(info, args) end

--- Conditions as map:cursor(), map:select(), map:stream() and map:snapshot() take them.
---@param reader lunette.table.Reader
---@param conditions lunette.table.Condition[]
---@return bpf.Where
function table.where(reader, conditions) end

--- An order as map:select() and map:stream() take it.
---@param reader lunette.table.Reader
---@param sort lunette.table.Sort
---@return bpf.Cell cell, boolean descending
function table.order(reader, sort) end

--- A row with its cells as JSON has them: { key, cells, error }.
---@param reader lunette.table.Reader
---@param row table
---@return { key: string, cells: any[], error: string? }
function table.shown(reader, row) end

--- A cell as streams write it: all integers of 64 bits are digits, however small they are.
---@param value any
---@param wide string|table|nil the column's
---@return any
function table.digits(value, wide) end

--- The bytes of a key or value from typed input: an object by fields (the others stay as in
--- `before`, or zero), a plain value where there is one field, or { hex = "…" }.
---@param name string what errors call it
---@param value any
---@param columns table[] of the decoder: decode.for_map(info).columns.key or .value
---@param size integer
---@param before? string
---@return string|nil bytes, string? err
function table.encode(name, value, columns, size, before) end

--- Writes an entry from typed input.
---@param map bpf.Map
---@param info bpf.MapInfo
---@param args { key: any, value: any, mode: "ANY"|"CREATE"|"UPDATE"|nil, dryRun: boolean? }
---@return table|nil result { written, key, values, before } in hex, string? err
function table.write(map, info, args) end

return table
