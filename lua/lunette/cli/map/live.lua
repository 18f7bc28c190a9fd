-- lunette map watch | diff: what changes in a map, with rates.

local args = require("lunette.cli.args")
local dump = require("lunette.cli.map.dump")
local entry = require("lunette.cli.map.entry")
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

local CHANGE = json.shape { "change", "entry", "before" }

local function print_changes(changes, write)
  for _, change in ipairs(changes) do
    io.write(json.encode(setmetatable({
      change = change.change, entry = write(change),
      before = change.before and write({ cells = change.before }),
    }, CHANGE)), "\n")
  end
end

--- map diff
function live.diff(given)
  scripts.load(given.script)
  local map <close>, info = objects.map(given.map)
  local variables = page.variables(info.id, given)
  local old = snapshot.take(variables)
  tty.sleep(given.seconds)
  local new = snapshot.take(variables)
  local changes = snapshot.changes(old, new)
  if given.json then
    local fields = entry.fields(map, info, given.decode)
    return print_changes(changes, entry.writer(new.columns, fields))
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

local function print_entries(shot, fields)
  local write, list = entry.writer(shot.columns, fields), json.array({})
  for i, row in ipairs(snapshot.rows(shot)) do list[i] = write(row) end
  io.write(json.encode(list), "\n")
  io.stdout:flush()
end

--- map watch
function live.watch(given)
  scripts.load(given.script)
  local map <close>, info = objects.map(given.map)
  local variables = page.variables(info.id, given)
  local title = ("map %d %s, every %gs"):format(info.id, info.name, given.interval)
  local fields = given.json and entry.fields(map, info, given.decode)
  local old
  screen.loop(given.interval, given.count, not given.json, function()
    local shot = snapshot.take(variables)
    if given.json then
      print_entries(shot, fields)
    else
      screen.show(title, tables.lines(snapshot.rate_columns(shot, old), snapshot.rows(shot, old),
        tables.width()))
    end
    old = shot
  end)
end

return live
