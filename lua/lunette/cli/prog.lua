-- lunette prog list | show | dump | cfg | hot | profile | log

local args = require("lunette.cli.args")
local code = require("lunette.cli.code")
local fleet = require("lunette.cli.fleet")
local graph = require("lunette.cli.graph")
local hot = require("lunette.cli.hot")
local log = require("lunette.cli.log")
local objects = require("lunette.cli.objects")
local profile = require("lunette.cli.profile")
local program = require("lunette.cli.program")
local show = require("lunette.cli.show")
local testrun = require("lunette.cli.testrun")
local units = require("lunette.cli.units")

local prog = {}

local LIST = [[
query ($filter: ProgramFilter) {
  host { time }
  programs(filter: $filter) {
    id error name type kernelType tag loadTime uid user gplCompatible memory xlatedSize jitedSize
    verifiedInsns runTime runCount isPinned pins own btfId
    maps { id name } links { id type target } owners { pid comm place }
  }
}]]

function prog.configure(command)
  command:require_command(true):command_target("sub")
  local list = command:command("list ls", "List the loaded programs.")
  fleet.configure(args.formats(args.filter(list, "programs")))
  local one = command:command("show", "Show everything that is known of a program.")
  args.json(one):argument("program", objects.HELP .. " Or its tag.")
  code.configure(command)
  hot.configure(command)
  profile.configure(command)
  log.configure(command)
  testrun.configure(command)
end

local function columns(now)
  return {
    { title = "ID", field = "id", align = "right" },
    { title = "TYPE", field = "kernelType", shrink = true },
    { title = "NAME", field = "name", shrink = true },
    { title = "TAG", field = "tag", weight = 6 },
    { title = "AGE", weight = 3, value = function(p)
      return graph.value(p.loadTime) and units.age(now - p.loadTime)
    end },
    { title = "USER", field = "user", weight = 5, shrink = true },
    { title = "MEM", align = "right", weight = 4, value = function(p)
      return units.bytes(graph.value(p.memory))
    end },
    { title = "RUNS", field = "runCount", align = "right", weight = 2 },
    { title = "MAPS", weight = 1, shrink = true, value = function(p)
      return show.few_ids(p.maps)
    end },
    { title = "OWNERS", shrink = true, value = function(p)
      return show.few_owners(p.owners)
    end },
  }
end

local CSV = {}
for i, name in ipairs {
  "id", "kernelType", "name", "tag", "loadTime", "uid", "memory", "runCount", "runTime",
  "xlatedSize", "jitedSize", "verifiedInsns", "isPinned", "own",
} do CSV[i] = { field = name, title = name } end

local function list(given)
  if fleet.wanted(given) then
    return fleet.list(given, LIST, { filter = args.filter_input(given) }, { field = "programs",
      columns = columns(os.time()), csv = CSV, what = "programs", times = { "loadTime" } })
  end
  objects.need_admin()
  local data = graph.data(LIST, { variables = { filter = args.filter_input(given) } })
  show.list(given, given.csv and CSV or columns(data.host.time), data.programs, "programs")
end

local SUBS = { list = list, show = program.run, dump = code.dump, cfg = code.cfg, hot = hot.run,
  profile = profile.run, log = log.run, run = testrun.run }

function prog.run(given) return SUBS[given.sub](given) end

return prog
