-- lunette inspect progs list | inspect maps list: dev-agent's commands, with its columns.

local graph = require("lunette.cli.graph")
local objects = require("lunette.cli.objects")
local show = require("lunette.cli.show")

local inspect = {}

local PROGS = "{ programs { id error name type tag runCount runTime } }"
local MAPS = [[
{ maps { id error name type flags isPinned keySize valueSize maxEntries owners { fd } } }]]

function inspect.configure(command)
  command:require_command(true):command_target("kind")
  for _, kind in ipairs { "progs", "maps" } do
    local sub = command:command(kind, "List " .. kind .. ".")
    sub:require_command(true):command_target("sub")
    sub:command("list", "List " .. kind .. ".")
  end
end

local function average(p)
  local runs = graph.value(p.runCount) or 0
  return runs > 0 and ("%.9f"):format(p.runTime / runs) or "0"
end

local COLUMNS = {
  progs = {
    { title = "Name", field = "name" }, { title = "ID", field = "id" },
    { title = "Type", field = "type" }, { title = "Tag", field = "tag" },
    { title = "RunCount", field = "runCount" },
    { title = "RunTime", value = function(p)
      return ("%.9f"):format(graph.value(p.runTime) or 0)
    end },
    { title = "AvgRunTime", value = average },
  },
  maps = {
    { title = "ID", field = "id" }, { title = "Name", field = "name" },
    { title = "FD", value = function(map)
      local owner = map.owners[1]
      return owner and graph.value(owner.fd)
    end },
    { title = "Type", field = "type" }, { title = "Flags", field = "flags" },
    { title = "IsPinned", field = "isPinned" }, { title = "KeySize", field = "keySize" },
    { title = "ValueSize", field = "valueSize" }, { title = "MaxEntries", field = "maxEntries" },
  },
}

function inspect.run(given)
  objects.need_admin()
  local rows = given.kind == "progs" and graph.data(PROGS).programs or graph.data(MAPS).maps
  show.list({}, COLUMNS[given.kind], rows, given.kind == "progs" and "programs" or "maps")
end

return inspect
