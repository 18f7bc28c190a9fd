-- What a running tool prints: events as they come, or a table or histograms at the end.

local lunette = require("lunette")
local choose = require("lunette.table.choose")
local escape = require("lunette.runtime.escape")
local exit = require("lunette.cli.exit")
local hist = require("lunette.cli.map.hist")
local interrupt = require("lunette.core.interrupt")
local json = require("lunette.runtime.json")
local output = require("lunette.cli.output")
local tables = require("lunette.cli.table")
local tty = require("lunette.core.tty")
local where = require("lunette.cli.map.where")

local rows_out = {}

local WAIT = 0.25 -- seconds for events to come

-- What can be named in conditions: columns, and fields of the record.
local function fields_of(running)
  local list, seen = {}, {}
  local function add(field)
    if not seen[field.name] then
      seen[field.name] = true
      list[#list + 1] = field
    end
  end
  local plan = running.events and running.events:plan()
  for _, column in ipairs(plan and plan:columns("record") or {}) do
    add { name = column.name, plan = plan, index = #list + 1, type = column.type,
      lua = column.type == "func" }
  end
  for _, column in ipairs(running.columns) do
    add { name = column.name, column = column, numeric = column.numeric, lua = true }
  end
  return list
end

local function cells_of(running, fields, row)
  local cells = { bytes = "", row = row }
  for i, field in ipairs(fields) do
    local column = field.column
    if column then cells[i] = running:cell(column, row) else cells[i] = row[field.name] end
  end
  return cells
end

-- What a row must be, by --where; nil: anything.
local function filter_of(running, fields, given)
  local ok, test = pcall(choose.filter, fields, where.filter(given.where))
  if not ok then exit.fail(exit.USAGE, "--where: %s", tostring(test):gsub("^filter: ", "")) end
  if not test then return nil end
  return function(row) return test(cells_of(running, fields, row)) end
end

local function format_of(given)
  return given.json and "json" or given.ndjson and "ndjson" or given.csv and "csv" or "table"
end

local function shown_columns(running, given)
  local columns = {}
  if given.timestamp then
    columns[1] = { title = "TIME", value = function() return os.date("%H:%M:%S") end }
  end
  for _, column in ipairs(running.columns) do
    columns[#columns + 1] = { title = column.title, field = nil, align = column.align,
      value = function(row) return running:cell(column, row) end }
  end
  return columns
end

local function csv_columns(running)
  local columns = {}
  for i, column in ipairs(running.columns) do
    columns[i] = { title = column.name, value = function(row) return running:cell(column, row) end }
  end
  return columns
end

local function least_widths(running, given)
  local widths = {}
  if given.timestamp then widths[1] = 8 end
  for _, column in ipairs(running.columns) do widths[#widths + 1] = column.width or 0 end
  return widths
end

-- Writers: begin(), rows(list), finish().
local writers = {}

function writers.json(running)
  local first = true
  return {
    begin = function() output.json_part("[") end,
    rows = function(rows)
      for _, row in ipairs(rows) do
        output.json_part((first and "" or ",\n") .. json.encode(running:shown(row)))
        first = false
      end
    end,
    finish = function() output.json_part("]\n") end,
  }
end

function writers.ndjson(running)
  return {
    rows = function(rows)
      local lines = {}
      for i, row in ipairs(rows) do lines[i] = json.encode(running:shown(row)) end
      if #lines > 0 then output.json_part(table.concat(lines, "\n") .. "\n") end
    end,
  }
end

function writers.csv(running, given)
  local columns, guard = csv_columns(running), output.guards(given)
  return {
    begin = function() tables.csv(columns, {}, false, guard) end,
    rows = function(rows) tables.csv(columns, rows, true, guard) end,
  }
end

function writers.table(running, given)
  local columns, widths = shown_columns(running, given), least_widths(running, given)
  return {
    begin = function()
      local lines
      lines, widths = tables.lines(columns, {}, tables.width(), widths)
      output.line(lines[1])
    end,
    rows = function(rows)
      if #rows > 0 then widths = tables.print(columns, rows, widths) end
    end,
  }
end

local function nothing() end

local function writer_of(running, given)
  local writer = writers[format_of(given)](running, given)
  return { begin = writer.begin or nothing, rows = writer.rows, finish = writer.finish or nothing }
end

-- Sorted rows, the first of them only where so many are wanted.
local function sorted(running, fields, rows, sort, top)
  local ok, before = pcall(choose.order, fields, sort)
  if not ok then exit.fail(exit.USAGE, "--sort: %s", tostring(before):gsub("^sort: ", "")) end
  local first = choose.first(top or math.max(#rows, 1), before)
  for i, row in ipairs(rows) do
    local cells = cells_of(running, fields, row)
    cells.bytes = ("%010d"):format(i)
    first.add(cells)
  end
  local list = first.rows()
  for i, cells in ipairs(list) do list[i] = cells.row end
  return list
end

local function matching(rows, test)
  if not test then return rows end
  local list = {}
  for _, row in ipairs(rows) do
    if test(row) then list[#list + 1] = row end
  end
  return list
end

-- What stands at the end, on stderr.
local function summary(running, printed)
  local lost = running:lost()
  output.aside(("%d event%s%s"):format(printed, printed == 1 and "" or "s",
    lost == nil and "" or (", %d lost"):format(lost)))
  if lost and lost > 0 then
    output.note(("%d events were lost: the buffer was full"):format(lost))
  end
end

local BOUND <const> = 0.05 -- of one CPU: a tool that costs more says so
local WINDOW <const> = 1 -- seconds in which it is measured, after the start

-- Measures the tool's cost once, in its first second.
local function watch_cost(running)
  local measured, due = running:cost(), lunette.now() + WINDOW
  return function()
    if not measured or lunette.now() < due then return end
    local share = measured()
    measured = nil
    if share and share > BOUND then
      local text = "the programs of %s take %.0f %% of a CPU"
      output.note(text:format(running.spec.name, share * 100))
    end
  end
end

-- Runs until the time is over or Ctrl-C. No step is cut short: its rows are printed.
local function until_end(given, step)
  local stop = given.duration and lunette.now() + given.duration or math.huge
  interrupt.gently(function()
    repeat
      local left = stop - lunette.now()
      step(math.max(0, math.min(WAIT, left)))
      given.watch()
    until left <= 0 or interrupt.asked()
  end)
end

-- What is still in the buffers when it ends.
local function rest(running, each)
  for _ = 1, 1000 do
    local rows = running:read(0.002)
    if not rows or #rows == 0 then return end
    each(rows)
  end
end

-- Lines of JSON that C makes. False where Lua has to.
local function run_lines(running, given)
  local plain = given.ndjson and #given.where == 0 and not (given.sort or given.top)
  local first = plain and running:json(0)
  if not first then return false end
  local function take(lines)
    output.json_part(lines)
    io.flush()
  end
  take(first)
  until_end(given, function(seconds)
    local lines = exit.check(running:json(seconds))
    if lines ~= "" then take(lines) end
  end)
  running.object:detach()
  for _ = 1, 1000 do
    local lines = running:json(0.002)
    if not lines or lines == "" then break end
    take(lines)
  end
  summary(running, running.count)
  return true
end

local function run_events(running, given)
  if run_lines(running, given) then return end
  local fields = fields_of(running)
  local test, writer = filter_of(running, fields, given), writer_of(running, given)
  local kept, printed, keeps = {}, 0, given.sort or given.top
  local function take(rows)
    rows = matching(rows, test)
    printed = printed + #rows
    if keeps then table.move(rows, 1, #rows, #kept + 1, kept) else writer.rows(rows) end
  end
  writer.begin()
  io.flush()
  until_end(given, function(seconds)
    local rows, err = running:read(seconds)
    take(exit.check(rows, err))
    if #rows > 0 then io.flush() end
  end)
  running.object:detach()
  rest(running, take)
  if keeps then
    writer.rows(sorted(running, fields, kept, where.sort(given.sort or fields[1].name), given.top))
  end
  writer.finish()
  io.flush()
  summary(running, printed)
end

local function wait(given)
  if not given.duration and tty.isatty(2) then output.aside("Tracing; Ctrl-C ends it.") end
  until_end(given, function(seconds) tty.sleep(seconds) end)
end

-- Prints what the map holds: once at the end, or at each interval, after which it is emptied.
local function rounds(running, given, print_once)
  if not given.interval then
    wait(given)
    running.object:detach()
    return print_once()
  end
  local due = lunette.now() + given.interval
  until_end(given, function(seconds)
    tty.sleep(math.max(0, math.min(seconds, due - lunette.now())))
    if lunette.now() < due then return end
    if given.clear then output.line("\27[H\27[2J") else output.line(os.date("%H:%M:%S")) end
    print_once()
    running:clear()
    io.flush()
    due = lunette.now() + given.interval
  end)
end

local function option(part, running)
  if type(part) == "function" then return part(running.values) end
  return part
end

local function print_rows(running, given)
  local fields = fields_of(running)
  local test, writer = filter_of(running, fields, given), writer_of(running, given)
  local rows = matching(running:entries(), test)
  local by = given.sort or option(running.spec.sort, running)
  -- The order is that of a column or of a field behind it.
  local known = false
  for _, column in ipairs(running.columns) do
    if by and column.name:match("^" .. by:gsub("%W", "%%%0") .. "_") then by = column.name end
    known = known or column.name == by
  end
  if not known and rows[1] and by == option(running.spec.sort, running) then
    fields[#fields + 1] = { name = by, column = { field = by }, lua = true }
  end
  for _, field in ipairs(fields) do
    local cell = rows[1] and running:cell(field.column, rows[1])
    field.numeric = field.numeric or type(cell) == "number"
  end
  rows = by and sorted(running, fields, rows, where.sort(by),
    given.top or option(running.spec.top, running)) or rows
  if format_of(given) == "table" then
    tables.print(shown_columns(running, given), rows)
    return
  end
  writer.begin()
  writer.rows(rows)
  writer.finish()
end

local function run_table(running, given)
  rounds(running, given, function() print_rows(running, given) end)
end

local function print_histograms(running, given)
  local list = running:histograms()
  if given.json or given.ndjson then
    if given.json then return output.json(list) end
    for _, one in ipairs(list) do output.json_line(one) end
    return nil
  end
  for i, one in ipairs(list) do
    if i > 1 then output.line("") end
    local buckets = {}
    for n, bucket in ipairs(one.buckets) do
      buckets[n] = { from = bucket.low, to = bucket.high, count = bucket.count }
    end
    output.line(table.concat(hist.lines({ label = one.label and escape.terminal(one.label),
      column = "value", unit = one.unit, buckets = buckets }, tables.width() or 80), "\n"))
  end
  if #list == 0 then output.aside("nothing was counted") end
end

local function run_histogram(running, given)
  rounds(running, given, function() print_histograms(running, given) end)
end

-- Lines that flame graphs are drawn of: frames with semicolons, a space, a number.
local function run_folded(running, given)
  if format_of(given) ~= "table" then return run_table(running, given) end
  wait(given)
  running.object:detach()
  local fields = fields_of(running)
  local rows = matching(running:entries(), filter_of(running, fields, given))
  local stack, number = running.columns[1], running.columns[2]
  if given.sort or given.top then
    local sort = where.sort(given.sort or number.name)
    rows = sorted(running, fields, rows, sort, given.top)
  end
  for _, row in ipairs(rows) do
    output.line(("%s %d"):format(running:cell(stack, row), running:cell(number, row)))
  end
end

local RUN = { events = run_events, folded = run_folded, histogram = run_histogram,
  table = run_table }

--- Runs a tool until its time is over, or Ctrl-C, and prints what it says.
---@param running table
---@param given table the parsed options
function rows_out.run(running, given)
  given.watch = watch_cost(running)
  RUN[running.spec.view](running, given)
  local missed = not running.events and running:lost()
  if missed and missed > 0 then
    output.note(("%d were not counted: the map was full"):format(missed))
  end
end

return rows_out
