-- lunette map watch | diff: what changes in a map, with rates.

local args = require("lunette.cli.args")
local dump = require("lunette.cli.map.dump")
local json = require("lunette.runtime.json")
local objects = require("lunette.cli.objects")
local page = require("lunette.cli.map.page")
local scripts = require("lunette.cli.scripts")
local screen = require("lunette.cli.screen")
local snapshot = require("lunette.cli.map.snapshot")
local tables = require("lunette.cli.table")
local tty = require("lunette.core.tty")

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

local SIGNS = { added = "+", removed = "-", changed = "~" }

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
  local old = snapshot.take(variables)
  tty.sleep(given.seconds)
  local new = snapshot.take(variables)
  local changes = snapshot.changes(old, new)
  if given.json then
    local write = change_object(new)
    for _, change in ipairs(changes) do io.write(json.encode(write(change)), "\n") end
    return
  end
  local columns = snapshot.columns(new, { title = "CHANGE", text = function(row, i)
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

local function print_look(shot, old, given, title)
  local rows = snapshot.rows(shot, old)
  if given.json then
    local write = change_object(shot)
    local list = json.array({})
    for i, row in ipairs(rows) do list[i] = write({ cells = row.cells }).entry end
    io.write(json.encode(list), "\n")
    io.stdout:flush()
    return
  end
  screen.show(title, tables.lines(snapshot.rate_columns(shot, old), rows, tables.width()))
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
    local shot = snapshot.take(variables)
    print_look(shot, old, given, title)
    old = shot
  end)
end

return live
