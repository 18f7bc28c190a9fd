-- Pages of a map's table: in the map's own order from a position on, or sorted, where the whole
-- map is read and only what can be on the page is kept.

local decode = require("lunette.decode")
local select = require("lunette.schema.select")

local pages = {}

-- A sorted page goes on after so many rows: "@100".
local function rows_after(after)
  if not after then return 0 end
  local count = math.tointeger(tonumber(after:match("^@(%d+)$") or ""))
  if not count then error(("after: '%s' is no cursor of a sorted table"):format(after), 0) end
  return count
end

-- A page in the map's own order goes on after a position of the kernel's, in hex.
local function position_after(after)
  if not after then return nil end
  if #after % 2 == 1 or after:find("%X") then
    error(("after: '%s' is no cursor of an unsorted table"):format(after), 0)
  end
  return (after:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function page_info(more, cursor) return { hasNextPage = more, endCursor = cursor } end

-- Sketches an entry into a table: its bytes, and only the cells that are looked at.
local function sketcher(reader, looks)
  local probes = {}
  for i, at in ipairs(looks) do probes[i] = { at = at, read = reader:probe(at) } end
  return function(row, key, value)
    row.bytes, row.value = key, value
    for i = 1, #probes do
      local probe = probes[i]
      row[probe.at] = probe.read(key, value)
    end
    return row
  end
end

-- In the map's order: read until the page is full.
local function by_position(cursor, sketch, args, passes)
  local rows, scanned = {}, 0
  while #rows < args.first do
    local key, value = cursor:next()
    if not key then break end
    scanned = scanned + 1
    local row = sketch({}, key, value)
    if not passes or passes(row) then rows[#rows + 1] = row end
  end
  local position = cursor:position()
  return rows, scanned, page_info(position ~= nil, position and decode.format(position, "HEX"))
end

-- In a column's order: the whole map is read, and only what can be on the page is kept.
local function by_order(cursor, sketch, args, passes, before)
  local skip = rows_after(args.after)
  local limit = args.top or math.maxinteger
  local first = select.first(math.min(skip + args.first, limit), before)
  local scanned, matched, row = 0, 0, {}
  for key, value in cursor.next, cursor do
    scanned = scanned + 1
    sketch(row, key, value)
    if not passes or passes(row) then
      matched = matched + 1
      if first.add(row) then row = {} end
    end
  end
  local all, rows = first.rows(), {}
  for i = skip + 1, #all do rows[#rows + 1] = all[i] end
  local more = #all < math.min(matched, limit)
  return rows, scanned, page_info(more, "@" .. #all), matched
end

--- Chooses a page of rows that were all read: rows, pageInfo, how many passed the filter.
---@param all table[]
---@param columns table[]
---@param args table
---@return table[] rows, table info, integer matched
function pages.choose(all, columns, args)
  local passes = select.filter(columns, args.filter)
  local before = args.sort and select.order(columns, args.sort)
  local rows = {}
  for _, row in ipairs(all) do
    if not passes or passes(row) then rows[#rows + 1] = row end
  end
  if before then table.sort(rows, before) end
  local skip, most = rows_after(args.after), math.min(#rows, args.top or #rows)
  local last = math.min(skip + args.first, most)
  local page = page_info(last < most, "@" .. last)
  return table.move(rows, skip + 1, last, 1, {}), page, #rows
end

--- Reads a page of a map: rows of cells, how many entries that took, pageInfo, and where all
--- were read how many passed the filter.
---@param map table an open one
---@param reader table of cells
---@param args table
---@return table page rows, scanned, pageInfo, matched, restarted, truncated
function pages.read(map, reader, args)
  local passes, looks = select.filter(reader.columns, args.filter)
  local before, at
  if args.sort then
    before, at = select.order(reader.columns, args.sort)
    table.move(at, 1, #at, #looks + 1, looks)
  end
  local cursor <close> = assert(map:cursor {
    raw = true, after = not before and position_after(args.after) or nil,
  })
  local page = before and by_order or by_position
  local rows, scanned, info, matched =
    page(cursor, sketcher(reader, looks), args, passes, before)
  local state = cursor:state()
  for i, row in ipairs(rows) do rows[i] = reader:row(row.bytes, row.value) end
  return {
    rows = rows, scanned = scanned, pageInfo = info, matched = matched,
    restarted = state.restarted, truncated = state.truncated,
  }
end

return pages
