-- lunette attach list: every attachment of a program.

local args = require("lunette.cli.args")
local exit = require("lunette.cli.exit")
local fleet = require("lunette.cli.fleet")
local graph = require("lunette.cli.graph")
local objects = require("lunette.cli.objects")
local output = require("lunette.cli.output")
local show = require("lunette.cli.show")
local units = require("lunette.cli.units")

local attach = {}

local LIST = [[
query ($program: Int, $effective: Boolean, $own: Boolean) {
  host { time }
  attachments(programId: $program, effective: $effective, own: $own) {
    kind target how attachType since sinceLatest programId program { id name kernelType }
    link { id } interface { ifindex name netns } cgroup { id path } inheritedFrom { id path }
    function targetProgram { id name } owners { pid comm fd place } pins heldBy own details
  }
  attachmentNotes
}]]

function attach.configure(command)
  command:require_command(true):command_target("sub")
  local list = command:command("list ls", "List the attach points.")
  list:option("--program", "List only attach points of this program."):argname("PROGRAM")
  list:flag("--effective", "List also the programs that control groups inherit.")
  list:flag("--no-own", "Leave out Lunette's own programs.")
  fleet.configure(args.formats(list))
end

local function name_of(row)
  local program = graph.value(row.program)
  return program and graph.value(program.name)
end

-- The processes, pins and other things that hold the attachment.
local function holders(row)
  local list = show.owners(row.owners)
  table.move(row.pins, 1, #row.pins, #list + 1, list)
  list[#list + 1] = graph.value(row.heldBy)
  return list
end

-- The role of the program when the place alone does not say it: the attach type, the mode of an
-- interface's program, a filter's priority.
local function role(row)
  local details, words = row.details, {}
  local function add(word)
    if word and word ~= row.kind and not row.target:find(word, 1, true) then
      words[#words + 1] = word
    end
  end
  add(graph.value(row.attachType))
  add(graph.value(details.mode))
  if row.kind == "tc" and details.priority then
    add(("priority %d"):format(details.priority))
  end
  return #words > 0 and table.concat(words, " ") or nil
end

local function columns(now)
  return {
    { title = "WHERE", field = "kind" },
    { title = "TARGET", field = "target", shrink = true },
    { title = "AS", value = role, weight = 1.5 },
    { title = "ID", field = "programId", align = "right" },
    { title = "PROGRAM", value = name_of, shrink = true },
    { title = "HOW", value = function(row)
      local link = graph.value(row.link)
      return link and ("%s %d"):format(row.how, link.id) or row.how
    end },
    { title = "AGE", weight = 2, value = function(row)
      local since = graph.value(row.since)
      return since and units.age(now - since)
    end },
    { title = "HELD BY", weight = 1, shrink = true, value = function(row)
      return show.few(holders(row))
    end },
  }
end

local CSV = {
  { title = "kind", field = "kind" }, { title = "target", field = "target" },
  { title = "how", field = "how" }, { title = "attachType", field = "attachType" },
  { title = "programId", field = "programId" }, { title = "programName", value = name_of },
  { title = "since", field = "since" }, { title = "heldBy", value = holders },
  { title = "as", value = role },
}

local function on_hosts(given, own)
  if given.program then exit.fail(exit.USAGE, "--program: ids differ between hosts") end
  return fleet.list(given, LIST, { effective = given.effective or false, own = own },
    { field = "attachments", columns = columns(os.time()), csv = CSV, what = "attach points",
      times = { "since" }, notes = "attachmentNotes" })
end

function attach.run(given)
  local own
  if given.no_own then own = false end
  if fleet.wanted(given) then return on_hosts(given, own) end
  objects.need_admin()
  local id = given.program and objects.id("prog", given.program)
  local variables = { program = id, effective = given.effective or false, own = own }
  local data = graph.data(LIST, { variables = variables })
  for _, note in ipairs(data.attachmentNotes) do output.note(note) end
  local shown = given.csv and CSV or columns(data.host.time)
  show.list(given, shown, data.attachments, "attach points")
end

return attach
