-- lunette map list | show | dump | lookup | update | delete | push | pop | peek | pin | unpin |
-- freeze | watch | diff | hist

local args = require("lunette.cli.args")
local objects = require("lunette.cli.objects")

local map = {}

local function part(name) return require("lunette.cli.map." .. name) end

function map.configure(command)
  command:require_command(true):command_target("sub")
  local list = command:command("list ls", "List the maps.")
  require("lunette.cli.fleet").configure(args.formats(args.filter(list, "maps")))
  local show = command:command("show", "Show everything that is known of a map.")
  args.scripts(args.json(show)):argument("map", objects.HELP)
  part("dump").configure(command)
  part("hist").configure(command)
  part("live").configure(command)
  part("write").configure(command)
end

local PARTS = {
  list = "list", show = "list", dump = "dump", lookup = "dump", watch = "live", diff = "live",
  hist = "hist",
}

function map.run(given) return part(PARTS[given.sub] or "write")[given.sub](given) end

return map
