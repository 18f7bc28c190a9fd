-- lunette attach list: every attach point in use, however programs hang there.

local args = require("lunette.cli.args")
local graph = require("lunette.cli.graph")
local objects = require("lunette.cli.objects")
local show = require("lunette.cli.show")
local units = require("lunette.cli.units")

local attach = {}

local LIST = [[
query ($program: Int, $effective: Boolean) {
  host { time }
  attachments(programId: $program, effective: $effective) {
    kind target how attachType since programId program { id name kernelType } link { id }
    interface { ifindex name netns } cgroup { id path } owners { pid comm }
  }
}]]

function attach.configure(command)
  command:require_command(true):command_target("sub")
  local list = command:command("list ls", "List the attach points.")
  list:option("--program", "Only those of this program."):argname("PROGRAM")
  list:flag("--effective", "Add what control groups inherit from their ancestors.")
  args.csv(args.json(list))
end

local function name_of(row)
  local program = graph.value(row.program)
  return program and graph.value(program.name)
end

local function columns(now)
  return {
    { title = "WHERE", field = "kind" },
    { title = "TARGET", field = "target", shrink = true },
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
    { title = "OWNERS", weight = 1, shrink = true,
      value = function(row) return show.owners(row.owners) end },
  }
end

local CSV = {
  { title = "kind", field = "kind" }, { title = "target", field = "target" },
  { title = "how", field = "how" }, { title = "attachType", field = "attachType" },
  { title = "programId", field = "programId" }, { title = "programName", value = name_of },
}

function attach.run(given)
  objects.need_admin()
  local id = given.program and objects.id("prog", given.program)
  local data = graph.data(LIST, { variables = { program = id, effective = given.effective } })
  local shown = given.csv and CSV or columns(data.host.time)
  show.list(given, shown, data.attachments, "attach points")
end

return attach
