-- Pages of a map's table: in the map's order from a position on; or sorted: then the whole map is
-- read, and only rows that can be on the page are kept. C reads, tests and sorts; of Lua it calls
-- only the decoder's functions that make the cells.

local page_cursor = require("lunette.table.page_cursor")
local decode = require("lunette.decode")
local choose = require("lunette.table.choose")

local pages = {}

local EINVAL = 22
local RUN = 28 << 20 -- bytes of rows kept between pages
local RUN_ROWS = 5000 -- rows kept at a time

local function page_info(more, cursor) return { hasNextPage = more, endCursor = cursor } end

-- In the map's order: reads until the page is full.
local function by_position(map, asked)
  local from = page_cursor.position(asked.args.after)
  local opened, err, wrong = map:cursor { raw = true, where = asked.where, after = from }
  if wrong == EINVAL and from then page_cursor.refuse(asked.args.after) end
  if not opened then error(err, 0) end
  local cursor <close> = opened
  local rows = {}
  while #rows < asked.args.first do
    local key, value, errno = cursor:next()
    if not key then
      if errno then error(value, 0) end
      break
    end
    rows[#rows + 1] = { bytes = key, value = value }
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

-- The rows of a selection, from a row on.
local function rows_of(selection, from, count)
  local rows, state = selection:rows(from, from + count - 1), selection:state()
  for i, row in ipairs(rows) do rows[i] = { bytes = row[1], value = row[2] } end
  state.rank = #rows > 0 and selection:rank(from + #rows - 1) or nil
  return rows, state
end

local function selected(map, asked)
  local last = asked.last
  local selection <close> = open_selection(map, asked,
    { limit = asked.limit, after = last.rank and last })
  return rows_of(walk(selection), 1, asked.limit)
end

-- The same in a run: the selection stays open between pages and keeps as many rows as fit, so that
-- one walk serves all pages.
local function selected_in_run(map, asked)
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

-- In a column's order: reads the whole map and keeps only rows that can be on the page.
local function by_order(map, asked)
  local args, reader = asked.args, asked.reader
  local last = page_cursor.row(args.after, map:info().key_size)
  local left = math.max(0, (args.top or math.maxinteger) - last.count)
  asked.last, asked.limit = last, math.min(args.first, left)
  asked.sort = reader:cell(choose.column(reader.columns, args.sort.column, "sort"))
  local rows, state = (args.run and selected_in_run or selected)(map, asked)
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
  local asked = { reader = reader, args = args }
  if args.filter and #args.filter > 0 then asked.where = choose.where(reader, args.filter) end
  local page = (args.sort and by_order or by_position)(map, asked)
  for i, row in ipairs(page.rows) do page.rows[i] = reader:row(row.bytes, row.value) end
  return page
end

return pages
