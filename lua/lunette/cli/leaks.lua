-- lunette leaks: objects that seem unused, the reason, and the command that removes each.

local args = require("lunette.cli.args")
local fleet = require("lunette.cli.fleet")
local graph = require("lunette.cli.graph")
local objects = require("lunette.cli.objects")
local output = require("lunette.cli.output")
local show = require("lunette.cli.show")
local tables = require("lunette.cli.table")
local units = require("lunette.cli.units")

local leaks = {}

local LIST = "{ leaks { kind id name why remedy memory } attachmentNotes }"

function leaks.configure(command)
  fleet.configure(args.formats(command))
end

local COLUMNS = {
  { title = "KIND", value = function(row) return row.kind:lower() end },
  { title = "ID", field = "id", align = "right" },
  { title = "NAME", field = "name", shrink = true },
  { title = "MEM", align = "right",
    value = function(row) return units.bytes(graph.value(row.memory)) end },
  { title = "WHY", field = "why", shrink = true },
  { title = "REMEDY", field = "remedy" },
}

local CSV = {}
for i, name in ipairs { "kind", "id", "name", "memory", "why", "remedy" } do
  CSV[i] = { title = name, field = name }
end

function leaks.run(given)
  if fleet.wanted(given) then
    return fleet.list(given, LIST, nil, { field = "leaks", columns = COLUMNS, csv = CSV,
      what = "forgotten objects", notes = "attachmentNotes" })
  end
  objects.need_admin()
  local data = graph.data(LIST)
  -- An object that Lunette can't see may use one of these: the notes say which kind could not be
  -- read.
  for _, note in ipairs(data.attachmentNotes) do output.note(note) end
  local machine = given.json or given.csv
  -- A truncated command would be a wrong command.
  if not machine and tables.overflows(COLUMNS, data.leaks, tables.width()) then
    return tables.print_blocks(COLUMNS, data.leaks)
  end
  show.list(given, given.csv and CSV or COLUMNS, data.leaks, "forgotten objects")
end

return leaks
