-- lunette map watch | diff: changes in a map, with rates.

local args = require("lunette.cli.args")
local diff = require("lunette.cli.map.diff")
local dump = require("lunette.cli.map.dump")
local entry = require("lunette.cli.map.entry")
local json = require("lunette.runtime.json")
local objects = require("lunette.cli.objects")
local output = require("lunette.cli.output")
local page = require("lunette.cli.map.page")
local scripts = require("lunette.cli.scripts")
local screen = require("lunette.cli.screen")
local snapshot = require("lunette.cli.map.snapshot")
local tables = require("lunette.cli.table")
local tty = require("lunette.core.tty")

local live = {}

local WATCHED = 1000 -- most rows without --top

function live.configure(command)
  local watch = command:command("watch", "Show a map's entries and their rates, again at each "
    .. "interval.")
  dump.choose(watch)
  watch:option("-i --interval", "Read the map every SECONDS."):argname("SECONDS")
    :convert(args.seconds):default("1")
  watch:option("--count", "End after N reads."):argname("N"):convert(args.count)
  args.json(watch)
  local compare = command:command("diff", "Print the entries that were added, removed and "
    .. "changed within SECONDS.")
  dump.choose(compare)
  compare:option("-s --seconds", "Compare the map with itself after SECONDS."):argname("SECONDS")
    :convert(args.seconds):default("1")
  args.json(compare)
end

local SIGNS = { added = "+", removed = "-", changed = "~" }

local CHANGE = json.shape { "change", "entry", "before" }

local function print_changes(changes, write)
  for _, change in ipairs(changes) do
    output.json_line(setmetatable({
      change = change.change, entry = write(change),
      before = change.before and write({ cells = change.before }),
    }, CHANGE))
  end
end

-- For maps that must be read as rows: maps without keys, or with an order.
local function look_at_rows(variables, seconds)
  local old = snapshot.take(variables)
  tty.sleep(seconds)
  local new = snapshot.take(variables)
  local found = { rows = snapshot.changes(old, new), columns = new.columns, share = 1,
    entries = #new.order, seconds = new.at - old.at,
    counts = { added = 0, removed = 0, changed = 0 } }
  for _, change in ipairs(found.rows) do
    found.counts[change.change] = found.counts[change.change] + 1
  end
  return found
end

local function say_counts(found)
  local counts = found.counts
  local all = counts.added + counts.removed + counts.changed
  output.aside(("%d added, %d removed, %d changed of %d in %.1f s"):format(counts.added,
    counts.removed, counts.changed, found.entries, found.seconds))
  if found.share < 1 then
    output.note(("the map is too large to compare whole: one key in %d was compared")
      :format(1 // found.share | 0))
  end
  if all > #found.rows then
    output.note(("%d of %d changes are shown"):format(#found.rows, all))
  end
end

--- map diff
function live.diff(given)
  scripts.load(given.script)
  local map <close>, info = objects.map(given.map)
  local variables = page.variables(info.id, given)
  local found = diff.possible(info, variables)
    and diff.look(map, info, variables, given.seconds) or look_at_rows(variables, given.seconds)
  if given.json then
    local fields = entry.fields(map, info, given.decode)
    return print_changes(found.rows, entry.writer(found.columns, fields))
  end
  local columns = snapshot.columns(found, { title = "CHANGE", text = function(row, i)
    local delta = row.deltas and row.deltas[i]
    return delta and ("%+.0f"):format(delta) or ""
  end })
  table.insert(columns, 1, { title = "", value = function(row) return SIGNS[row.change] end })
  if #found.rows > 0 then tables.print(columns, found.rows) end
  say_counts(found)
end

-- Prints a JSON array while the map is read, so that a map of any size fits.
local function print_entries(variables, fields)
  local write, comma
  variables.after = nil
  output.json_part("[")
  page.each(variables, variables.top, function(one)
    page.explain(one)
    write = write or entry.writer(one.columns, fields)
    for _, row in ipairs(one.rows) do
      output.json_part((comma or "") .. json.encode(write(row)))
      comma = ","
    end
  end)
  output.json_part("]\n")
  io.stdout:flush()
end

--- map watch
function live.watch(given)
  scripts.load(given.script)
  local map <close>, info = objects.map(given.map)
  local variables = page.variables(info.id, given)
  local title = ("map %d %s, every %gs"):format(info.id, info.full_name or info.name,
    given.interval)
  local fields = given.json and entry.fields(map, info, given.decode)
  local old
  screen.loop(given.interval, given.count, not given.json, function()
    if given.json then return print_entries(variables, fields) end
    local shot = snapshot.take(variables, variables.top or WATCHED)
    screen.show(title, tables.lines(snapshot.rate_columns(shot, old), snapshot.rows(shot, old),
      tables.width()))
    old = shot
  end)
end

return live
