-- Pages of a map's table: in the map's order from a position on; or sorted: then the whole map is
-- read, and only rows that can be on the page are kept. C reads, tests and sorts without a Lua call
-- per entry; Lua handles only cells made by a decoder's Lua function.

local page_cursor = require("lunette.table.page_cursor")
local decode = require("lunette.decode")
local choose = require("lunette.table.choose")

local pages = {}

local EINVAL = 22
local RUN = 28 << 20 -- bytes of rows kept between pages
local RUN_ROWS = 5000 -- rows kept at a time

local function page_info(more, cursor) return { hasNextPage = more, endCursor = cursor } end

-- A function that stores an entry's bytes in a table, with only the needed cells.
local function sketcher(reader, looks)
  local probes = {}
  for i, at in ipairs(looks) do probes[i] = { at = at, read = reader:probe(at) } end
  return function(row, key, value)
    row.bytes, row.value, row.rank = key, value, nil
    for i = 1, #probes do
      local probe = probes[i]
      row[probe.at] = probe.read(key, value)
    end
    return row
  end
end

-- Reads the arguments: a test in C (`where`) or in Lua (`passes`, with its columns), and the limit
-- of rows.
local function wish(reader, args)
  local asked = { reader = reader, args = args, looks = {} }
  if args.filter and #args.filter > 0 then
    asked.where = choose.where(reader, args.filter)
    if not asked.where then
      asked.passes, asked.looks = choose.filter(reader.columns, args.filter)
    end
  end
  return asked
end

-- In the map's order: reads until the page is full.
local function by_position(map, asked)
  local from = page_cursor.position(asked.args.after)
  local opened, err, wrong = map:cursor { raw = true, where = asked.where, after = from }
  if wrong == EINVAL and from then page_cursor.refuse(asked.args.after) end
  if not opened then error(err, 0) end
  local cursor <close> = opened
  local rows, first, passes = {}, asked.args.first, asked.passes
  local sketch = sketcher(asked.reader, asked.looks)
  while #rows < first do
    local key, value, errno = cursor:next()
    if not key then
      if errno then error(value, 0) end
      break
    end
    local row = sketch({}, key, value)
    if not passes or passes(row) then rows[#rows + 1] = row end
  end
  local position, state = cursor:position(), cursor:state()
  return {
    rows = rows, scanned = state.seen, restarted = state.restarted, truncated = state.truncated,
    pageInfo = page_info(position ~= nil, position and decode.format(position, "HEX")),
  }
end

local function walk(selection)
  repeat
    local more, err = selection:step()
    if more == nil then error(err, 0) end
  until not more
  return selection
end

local function open_selection(map, asked, opts)
  opts.sort, opts.descending = asked.sort, asked.args.sort.order ~= "ASC"
  opts.where = asked.where
  return assert(map:select(opts))
end

-- The rows of a selection made by C, from a row on.
local function rows_of(selection, from, count)
  local rows, state = selection:rows(from, from + count - 1), selection:state()
  for i, row in ipairs(rows) do rows[i] = { bytes = row[1], value = row[2] } end
  state.rank = #rows > 0 and selection:rank(from + #rows - 1) or nil
  return rows, state
end

local function select_in_c(map, asked)
  local last = asked.last
  local selection <close> = open_selection(map, asked,
    { limit = asked.limit, after = last.rank and last })
  return rows_of(walk(selection), 1, asked.limit)
end

-- The same in a run: the selection stays open between pages and keeps as many rows as fit, so that
-- one walk serves all pages.
local function run_in_c(map, asked)
  local run, count = asked.args.run, math.min(asked.limit, RUN_ROWS)
  if not run.selection then
    run.selection, run.at = open_selection(map, asked, { limit = asked.args.top, bytes = RUN }), 0
    walk(run.selection)
  end
  local rows, state = rows_of(run.selection, run.at + 1, count)
  if #rows == 0 and run.at > 0 and count > 0 then
    assert(run.selection:again())
    walk(run.selection)
    run.at = 0
    rows, state = rows_of(run.selection, 1, count)
  end
  state.remaining = state.remaining - run.at
  if run.at > 0 then state.restarted, state.truncated = false, false end -- already reported
  run.at = run.at + #rows
  return rows, state
end

-- The row at which the previous page ended.
local function row_at(last, at)
  if not last.rank then return nil end
  local cell, bad = choose.cell(last.rank)
  if bad then error("after: not a valid cursor for a sorted table", 0) end
  return { [at] = cell, rank = last.rank, bytes = last.key }
end

-- Removes repeated keys, which a map that changes meanwhile may return.
local function distinct(rows)
  local seen, kept = {}, {}
  for _, row in ipairs(rows) do
    if not seen[row.bytes] then seen[row.bytes], kept[#kept + 1] = true, row end
  end
  return kept
end

-- The same in Lua, when a needed cell is made by a Lua function.
local function select_in_lua(map, asked)
  local before, sorts = choose.order(asked.reader.columns, asked.args.sort)
  local at = sorts[1]
  local _, looks = choose.filter(asked.reader.columns, asked.args.filter)
  looks[#looks + 1] = at
  local passes = choose.filter(asked.reader.columns, asked.args.filter)
  local sketch, start = sketcher(asked.reader, looks), row_at(asked.last, at)
  local first, row = choose.first(asked.limit, before), {}
  local matched, remaining = 0, 0
  local cursor <close> = assert(map:cursor { raw = true })
  for key, value in cursor:each() do
    sketch(row, key, value)
    if not passes or passes(row) then
      matched = matched + 1
      if not start or before(start, row) then
        remaining = remaining + 1
        if first.add(row) then row = {} end
      end
    end
  end
  local all, state = first.rows(), cursor:state()
  local rows = state.restarted and distinct(all) or all
  state.matched, state.remaining = matched, remaining - (#all - #rows)
  state.rank = #rows > 0
    and choose.rank(asked.reader.columns[at], rows[#rows], at) or nil
  return rows, state
end

-- In a column's order: reads the whole map and keeps only rows that can be on the page.
local function by_order(map, asked)
  local args, reader = asked.args, asked.reader
  local _, sorts = choose.order(reader.columns, args.sort)
  local last = page_cursor.row(args.after, map:info().key_size)
  local left = math.max(0, (args.top or math.maxinteger) - last.count)
  asked.last, asked.limit, asked.sort = last, math.min(args.first, left), reader:cell(sorts[1])
  local in_c = asked.sort and not asked.passes
  local read = in_c and (args.run and run_in_c or select_in_c) or select_in_lua
  local rows, state = read(map, asked)
  local count, cursor = last.count + #rows, args.after
  if #rows > 0 then cursor = page_cursor.write(count, state.rank, rows[#rows].bytes) end
  return {
    rows = rows, scanned = state.seen,
    matched = state.matched, restarted = state.restarted, truncated = state.truncated,
    pageInfo = page_info(math.min(state.remaining, left) > #rows, cursor),
  }
end

--- Selects a page from all rows: rows, pageInfo, the number of rows that passed the filter.
---@param all table[]
---@param columns table[]
---@param args table
---@return table[] rows, table info, integer matched
function pages.choose(all, columns, args)
  local passes = choose.filter(columns, args.filter)
  local before = args.sort and choose.order(columns, args.sort)
  local rows = {}
  for _, row in ipairs(all) do
    if not passes or passes(row) then rows[#rows + 1] = row end
  end
  if before then table.sort(rows, before) end
  local skip, most = page_cursor.count(args.after), math.min(#rows, args.top or #rows)
  local last = math.min(skip + args.first, most)
  local page = page_info(last < most, "@" .. last)
  return table.move(rows, skip + 1, last, 1, {}), page, #rows
end

--- Reads a page of a map: rows of cells, the number of entries read, pageInfo, and, when all were
--- read, the number that passed the filter.
---@param map table an open one
---@param reader table of cells
---@param args table those of Map.table; all pages of a sort may have a table as `run`, in which
--- the caller closes the selection, which stays open
---@return table page rows, scanned, pageInfo, matched, restarted, truncated
function pages.read(map, reader, args)
  local page = (args.sort and by_order or by_position)(map, wish(reader, args))
  for i, row in ipairs(page.rows) do page.rows[i] = reader:row(row.bytes, row.value) end
  return page
end

return pages
