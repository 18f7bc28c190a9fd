-- lunette map watch | diff: what changes in a map, with rates.

local args = require("lunette.cli.args")
local dump = require("lunette.cli.map.dump")
local graph = require("lunette.cli.graph")
local json = require("lunette.runtime.json")
local objects = require("lunette.cli.objects")
local page = require("lunette.cli.map.page")
local scripts = require("lunette.cli.scripts")
local screen = require("lunette.cli.screen")
local tables = require("lunette.cli.table")
local tty = require("lunette.core.tty")
local units = require("lunette.cli.units")

local live = {}

function live.configure(command)
  local watch = command:command("watch", "Show a map's entries again and again, with rates.")
  dump.choose(watch)
  watch:option("-i --interval", "Seconds between looks."):argname("SECONDS")
    :convert(args.seconds):default("1")
  watch:option("--count", "End after so many looks."):argname("N"):convert(args.count)
  args.json(watch)
  local diff = command:command("diff", "Say what was added, removed and changed in a while.")
  dump.choose(diff)
  diff:option("-s --seconds", "How long the while is."):argname("SECONDS")
    :convert(args.seconds):default("1")
  args.json(diff)
end

-- All rows by key, and the columns; what is kept of a row is its cells.
local function snapshot(variables)
  local shot = { rows = {}, order = {}, at = tty.now() }
  variables.after = nil
  page.each(variables, variables.top, function(one)
    page.explain(one)
    shot.columns = one.columns
    for _, row in ipairs(one.rows) do
      if not shot.rows[row.key] then shot.order[#shot.order + 1] = row.key end
      shot.rows[row.key] = row.cells
    end
  end)
  return shot
end

local function difference(new, old)
  new, old = tonumber(graph.value(new) or nil), tonumber(graph.value(old) or nil)
  return new and old and new - old
end

local function same(a, b)
  for i = 1, math.max(#a, #b) do
    if json.encode(a[i]) ~= json.encode(b[i]) then return false end
  end
  return true
end

--- What differs between two snapshots: rows { change, key, cells, before, deltas, seconds }.
---@param old table
---@param new table
---@return table[]
function live.changes(old, new)
  local changes, seconds = {}, new.at - old.at
  for _, key in ipairs(new.order) do
    local cells, before = new.rows[key], old.rows[key]
    if not before then
      changes[#changes + 1] = { change = "added", key = key, cells = cells }
    elseif not same(cells, before) then
      local deltas = {}
      for i, column in ipairs(new.columns) do
        deltas[i] = column.numeric and difference(cells[i], before[i]) or false
      end
      changes[#changes + 1] = { change = "changed", key = key, cells = cells, before = before,
        deltas = deltas, seconds = seconds }
    end
  end
  for _, key in ipairs(old.order) do
    if not new.rows[key] then
      changes[#changes + 1] = { change = "removed", key = key, cells = old.rows[key] }
    end
  end
  return changes
end

local SIGNS = { added = "+", removed = "-", changed = "~" }

-- A table's columns, and behind each number of the value how it moved.
local function columns_of(shot, delta)
  local columns = {}
  for i, column in ipairs(page.columns({ columns = shot.columns })) do
    columns[#columns + 1] = column
    if shot.columns[i].numeric and shot.columns[i].part ~= "KEY" then
      columns[#columns + 1] = {
        title = delta.title, align = "right", value = function(row) return delta.text(row, i) end,
      }
    end
  end
  return columns
end

local function change_object(shot)
  local names = {}
  for i, column in ipairs(shot.columns) do names[i] = column.name end
  local shape = json.shape(names)
  local function object(cells)
    if not cells then return nil end
    local result = setmetatable({}, shape)
    for i, name in ipairs(names) do result[name] = cells[i] end
    return result
  end
  return function(change)
    return json.object({ change = change.change, entry = object(change.cells),
      before = object(change.before) }, { "change", "entry", "before" })
  end
end

--- map diff
function live.diff(given)
  scripts.load(given.script)
  local variables = page.variables(objects.id("map", given.map), given)
  local old = snapshot(variables)
  tty.sleep(given.seconds)
  local new = snapshot(variables)
  local changes = live.changes(old, new)
  if given.json then
    local write = change_object(new)
    for _, change in ipairs(changes) do io.write(json.encode(write(change)), "\n") end
    return
  end
  local columns = columns_of(new, { title = "CHANGE", text = function(row, i)
    local delta = row.deltas and row.deltas[i]
    return delta and ("%+.0f"):format(delta) or ""
  end })
  table.insert(columns, 1, { title = "", value = function(row) return SIGNS[row.change] end })
  if #changes > 0 then tables.print(columns, changes) end
  local counts = { added = 0, removed = 0, changed = 0 }
  for _, change in ipairs(changes) do counts[change.change] = counts[change.change] + 1 end
  io.stderr:write(("%d added, %d removed, %d changed of %d in %.1f s\n"):format(counts.added,
    counts.removed, counts.changed, #new.order, new.at - old.at))
end

local function watch_rows(shot, old)
  local rows = {}
  for i, key in ipairs(shot.order) do
    rows[i] = { cells = shot.rows[key], before = old and old.rows[key] }
  end
  return rows
end

local function rate_columns(shot, old)
  return columns_of(shot, { title = "/S", text = function(row, i)
    local delta = row.before and difference(row.cells[i], row.before[i])
    return delta and units.count(delta / (shot.at - old.at)) or ""
  end })
end

local function print_look(shot, old, given, title)
  local rows = watch_rows(shot, old)
  if given.json then
    local write = change_object(shot)
    local list = json.array({})
    for i, row in ipairs(rows) do list[i] = write({ cells = row.cells }).entry end
    io.write(json.encode(list), "\n")
    io.stdout:flush()
    return
  end
  screen.show(title, tables.lines(rate_columns(shot, old), rows, tables.width()))
end

--- map watch
function live.watch(given)
  scripts.load(given.script)
  local id = objects.id("map", given.map)
  local info = require("bpf").map_info(id)
  local variables = page.variables(id, given)
  local title = ("map %d %s, every %gs"):format(id, info and info.name or "", given.interval)
  local old
  screen.loop(given.interval, given.count, not given.json, function()
    local shot = snapshot(variables)
    print_look(shot, old, given, title)
    old = shot
  end)
end

return live
