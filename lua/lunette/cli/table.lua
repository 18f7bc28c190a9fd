-- Rows as aligned columns: fitted to a terminal, whole everywhere else; and as CSV.
--
-- A column: { title =, field = | value = function(row), align = "right", shrink = true,
-- least = n, weight = n, paint = function(text, row) }. On a terminal that is too narrow, columns
-- with `weight` are left out first (the highest first), then those with `shrink` are cut with an
-- ellipsis, to `least` characters.

local escape = require("lunette.runtime.escape")
local float = require("lunette.runtime.float")
local json = require("lunette.runtime.json")
local output = require("lunette.cli.output")
local tty = require("lunette.core.tty")

local tables = {}

local GAP = 2
local PADDED = 64 -- a longer cell does not widen the column when nothing is cut
local SHRUNK = 8 -- width that a cut column keeps, unless it sets `least`

--- The terminal's width; nil when stdout is no terminal.
---@return integer|nil
function tables.width()
  if not tty.isatty(1) then return nil end
  return tty.size() or tonumber(os.getenv("COLUMNS")) or 80
end

--- The number of characters of a text (bytes, when it is not UTF-8).
---@param text string
---@return integer
function tables.length(text) return utf8.len(text) or #text end

--- The text cut to `n` characters, with an ellipsis at the end.
---@param text string
---@param width integer
---@return string
function tables.cut(text, width)
  if tables.length(text) <= width then return text end
  if width <= 1 then return ("…"):rep(width) end
  local stop = utf8.len(text) and utf8.offset(text, width) or width
  return text:sub(1, stop - 1) .. "…"
end

--- A cell's text: null is a dash, a list is joined; nested lists and objects are JSON.
---@param value any
---@return string
function tables.text(value)
  if value == nil or type(value) == "userdata" then return "-" end
  if type(value) == "table" then
    if #value == 0 then return next(value) ~= nil and escape.json(json.encode(value)) or "-" end
    local items = {}
    for i, item in ipairs(value) do
      items[i] = type(item) == "table" and escape.json(json.encode(item)) or tables.text(item)
    end
    return table.concat(items, ",")
  end
  if math.type(value) == "float" then return float.text(value) end
  return escape.terminal(tostring(value))
end

local function cell(column, row)
  local value
  if column.value then value = column.value(row) else value = row[column.field] end
  return tables.text(value)
end

--- A column's title as text for a terminal.
---@param column table
---@return string
function tables.title(column) return escape.terminal(column.title) end

local function fill(columns, rows)
  local lines = { {} }
  for i, column in ipairs(columns) do lines[1][i] = tables.title(column) end
  for n, row in ipairs(rows) do
    local line = {}
    for i, column in ipairs(columns) do line[i] = cell(column, row) end
    lines[n + 1] = line
  end
  return lines
end

local function measure(columns, lines, least)
  local widths = {}
  for i in ipairs(columns) do
    local width = least and least[i] or 0
    for _, line in ipairs(lines) do width = math.max(width, tables.length(line[i])) end
    widths[i] = width
  end
  return widths
end

local function total(shown, widths)
  local sum = 0
  for _, i in ipairs(shown) do sum = sum + widths[i] + GAP end
  return sum - GAP
end

-- The order in which columns are left out; empty columns go first.
local function weigh(columns, lines)
  local weights = {}
  for i, column in ipairs(columns) do
    local empty = column.weight ~= nil
    for n = 2, #lines do empty = empty and lines[n][i] == "-" end
    weights[i] = empty and math.huge or column.weight
  end
  return weights
end

local function heaviest(weights, shown)
  local at
  for n, i in ipairs(shown) do
    if weights[i] and (not at or weights[i] > weights[shown[at]]) then at = n end
  end
  return at
end

local function widest(columns, shown, widths)
  local at
  for _, i in ipairs(shown) do
    local cuts = columns[i].shrink and widths[i] > (columns[i].least or SHRUNK)
    if cuts and (not at or widths[i] > widths[at]) then
      at = i
    end
  end
  return at
end

-- Chooses the columns to show and their widths, so that a line has at most `room` characters.
local function fit(columns, lines, widths, room)
  local shown, weights = {}, weigh(columns, lines)
  for i in ipairs(columns) do shown[i] = i end
  while room and total(shown, widths) > room do
    local slack = 0
    for _, i in ipairs(shown) do
      if columns[i].shrink then slack = slack + math.max(0, widths[i] - 2 * SHRUNK) end
    end
    local drop = total(shown, widths) - slack > room and heaviest(weights, shown)
    local narrow = not drop and widest(columns, shown, widths)
    if drop then
      table.remove(shown, drop)
    elseif narrow then
      widths[narrow] = widths[narrow] - 1
    else
      break
    end
  end
  return shown
end

local function pad(text, width, right)
  local space = (" "):rep(width - tables.length(text))
  return right and space .. text or text .. space
end

-- Joins a line's cells, cut to the widths unless `whole`; `paint` colours cells that are not cut.
local function join(columns, line, shown, widths, row, whole)
  local parts, last = {}, shown[#shown]
  for at, i in ipairs(shown) do
    local column, text = columns[i], whole and line[i] or tables.cut(line[i], widths[i])
    if i ~= last or column.align == "right" then
      text = pad(text, widths[i], column.align == "right")
    end
    parts[at] = row and column.paint and column.paint(text, row) or text
  end
  return table.concat(parts, (" "):rep(GAP))
end

--- The lines of a table, titles first, at most `room` wide (nil: unlimited).
---@param columns table[]
---@param rows table[]
---@param room integer|nil
---@param least integer[]|nil widths that columns have at least
---@param paint boolean? let columns colour their cells
---@return string[] lines, integer[] widths
function tables.lines(columns, rows, room, least, paint)
  local filled = fill(columns, rows)
  local widths = measure(columns, filled, least)
  for i, width in ipairs(widths) do
    if not room then widths[i] = math.min(width, PADDED) end
  end
  local natural = table.move(widths, 1, #widths, 1, {})
  local shown = fit(columns, filled, widths, room)
  local cuts = room and total(shown, widths) > room
  local lines = {}
  for n, line in ipairs(filled) do
    local row = paint and not cuts and rows[n - 1] or nil
    -- Trailing spaces are found byte by byte: a pattern would be tried at each space before the
    -- end.
    lines[n] = join(columns, line, shown, widths, row, not room):match("^.*[^ ]") or ""
    if cuts then lines[n] = tables.cut(lines[n], room) end
  end
  return lines, natural
end

local function put(lines)
  if #lines > 0 then output.line(table.concat(lines, "\n")) end
end

--- Prints rows as a table.
---@param columns table[]
---@param rows table[]
---@param before integer[]|nil the widths of the table that these rows go on, without a head
---@return integer[] widths
function tables.print(columns, rows, before)
  local lines, widths = tables.lines(columns, rows, tables.width(), before)
  if before then table.remove(lines, 1) end
  put(lines)
  return widths
end

--- True when a table of these rows would hide columns on this terminal.
---@param columns table[]
---@param rows table[]
---@param room integer|nil the terminal's width; nil: there is none
---@return boolean
function tables.overflows(columns, rows, room)
  if not room then return false end
  local filled = fill(columns, rows)
  local widths = measure(columns, filled)
  return total(fit(columns, filled, widths, room), widths) > room
end

--- The rows as blocks: one line per column, an empty line between blocks.
---@param columns table[]
---@param rows table[]
---@return string[]
function tables.blocks(columns, rows)
  local lines, titles, longest = {}, {}, 0
  for i, column in ipairs(columns) do
    titles[i] = tables.title(column)
    longest = math.max(longest, tables.length(titles[i]))
  end
  for n, row in ipairs(rows) do
    if n > 1 then lines[#lines + 1] = "" end
    for i, column in ipairs(columns) do
      lines[#lines + 1] = pad(titles[i], longest) .. (" "):rep(GAP) .. cell(column, row)
    end
  end
  return lines
end

--- Prints rows as blocks.
---@param columns table[]
---@param rows table[]
---@param goes_on boolean? there are blocks above
function tables.print_blocks(columns, rows, goes_on)
  if goes_on then output.line("") end
  put(tables.blocks(columns, rows))
end

local function quoted(text)
  if text:find('[",\r\n]') then return '"' .. text:gsub('"', '""') .. '"' end
  return text
end

-- True when a spreadsheet would take the cell for a formula; numbers are none.
local function is_formula(text)
  return text:find("^[=+@\t\r-]") ~= nil and not text:find("^[+-]?%d+%.?%d*$")
end

-- A CSV field: text is unchanged, but escaped on a terminal, and prefixed with ' before a formula
-- when the output is guarded.
local function csv_field(value, guard)
  if value == nil or type(value) == "userdata" then return "" end
  if type(value) ~= "string" or tty.isatty(1) then return quoted(tables.text(value)) end
  return quoted(guard and is_formula(value) and "'" .. value or value)
end

--- Writes rows as CSV like the streams of whole maps: first the field names (or titles), quotes as
--- in RFC 4180, lines end with LF.
---@param columns table[]
---@param rows table[]
---@param goes_on boolean? these are more rows of a table whose head is written
---@param guard boolean? write a ' before text that a spreadsheet takes for a formula
function tables.csv(columns, rows, goes_on, guard)
  local function write(texts) io.write(table.concat(texts, ","), "\n") end
  local head = {}
  for i, column in ipairs(columns) do head[i] = csv_field(column.field or column.title, guard) end
  if not goes_on then write(head) end
  for _, row in ipairs(rows) do
    local line = {}
    for i, column in ipairs(columns) do
      local value
      if column.field then value = row[column.field] else value = column.value(row) end
      line[i] = csv_field(value, guard)
    end
    write(line)
  end
end

return tables
