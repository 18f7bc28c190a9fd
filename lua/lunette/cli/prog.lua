-- lunette prog list | show | dump | cfg | hot | profile | log

local args = require("lunette.cli.args")
local code = require("lunette.cli.code")
local graph = require("lunette.cli.graph")
local hot = require("lunette.cli.hot")
local log = require("lunette.cli.log")
local objects = require("lunette.cli.objects")
local output = require("lunette.cli.output")
local profile = require("lunette.cli.profile")
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
    maps { id name } links { id type target } owners { pid comm }
  }
}]]

local SHOW = [[
query ($id: Int!) {
  host { time }
  program(id: $id) {
    id error name type kernelType tag loadTime uid user gplCompatible memory xlatedSize jitedSize
    verifiedInsns runTime runCount runs runTimeNs recursionMisses isPinned pins own orphaned btfId
    ifindex netns attachTo
    maps { id name kernelType }
    links { id type attachType target }
    attachments { kind target how }
    tasks { pid fd type name probeOffset probeAddr }
    owners { pid comm fd }
    tailCalls { index via { id name } program { id name } }
  }
}]]

function prog.configure(command)
  command:require_command(true):command_target("sub")
  local list = command:command("list ls", "List the loaded programs.")
  args.csv(args.json(args.filter(list, "programs")))
  local one = command:command("show", "Show all that is known of a program.")
  args.json(one):argument("program", objects.HELP .. " A tag does too.")
  code.configure(command)
  hot.configure(command)
  profile.configure(command)
  log.configure(command)
  testrun.configure(command)
end

local function ids(list)
  local texts = {}
  for i, item in ipairs(list) do texts[i] = item.id end
  return texts
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
    { title = "MAPS", weight = 1, shrink = true, value = function(p) return ids(p.maps) end },
    { title = "OWNERS", shrink = true, value = function(p) return show.owners(p.owners) end },
  }
end

local CSV = {}
for i, name in ipairs {
  "id", "kernelType", "name", "tag", "loadTime", "uid", "memory", "runCount", "runTime",
  "xlatedSize", "jitedSize", "verifiedInsns", "isPinned", "own",
} do CSV[i] = { field = name, title = name } end

local function list(given)
  objects.need_admin()
  local data = graph.data(LIST, { variables = { filter = args.filter_input(given) } })
  show.list(given, given.csv and CSV or columns(data.host.time), data.programs, "programs")
end

local function map_line(map) return ("%d %s (%s)"):format(map.id, map.name, map.kernelType) end

local function link_line(link)
  local target = graph.value(link.target)
  return ("%d %s%s"):format(link.id, link.type, target and " on " .. target or "")
end

local function task_line(task)
  return ("pid %d, fd %d: %s %s"):format(task.pid, task.fd, task.type,
    graph.value(task.name) or graph.value(task.probeAddr) or "")
end

local function call_line(call)
  return ("%d %s, by %s[%d]"):format(call.program.id, graph.value(call.program.name) or "?",
    call.via.name, call.index)
end

local function lines(list_of, fn)
  local texts = {}
  for i, item in ipairs(list_of) do texts[i] = fn(item) end
  return texts
end

local function cost(p)
  local runs, seconds = graph.value(p.runCount) or 0, graph.value(p.runTime) or 0
  if runs == 0 then return "no runs counted (statistics are on only while someone looks)" end
  return ("%s runs in %s, %s each"):format(units.count(runs), units.duration(seconds),
    units.duration(seconds / runs))
end

local function user(p)
  local uid, name = graph.value(p.uid), graph.value(p.user)
  return uid and ("%d%s"):format(uid, name and " " .. name or "")
end

local function describe(p, host)
  local loaded = graph.value(p.loadTime)
  return show.lines(("program %d  %s"):format(p.id, graph.value(p.name) or ""), {
    { "error", p.error },
    { "type", ("%s (%s)"):format(p.kernelType, p.type) },
    { "tag", p.tag },
    { "made for", p.attachTo },
    { "attached", lines(p.attachments, function(a)
      return ("%s %s, by %s"):format(a.kind, a.target, a.how)
    end) },
    { "loaded", loaded and ("%s, %s ago"):format(os.date("%Y-%m-%d %H:%M:%S", loaded // 1 | 0),
      units.age(host.time - loaded)) },
    { "user", user(p) },
    { "licence", graph.value(p.gplCompatible) and "GPL compatible" or "not GPL compatible" },
    { "memory", units.bytes(graph.value(p.memory)) },
    { "bytecode", units.bytes(graph.value(p.xlatedSize)) },
    { "machine code", units.bytes(graph.value(p.jitedSize)) },
    { "verified", graph.value(p.verifiedInsns) and ("%d instructions"):format(p.verifiedInsns) },
    { "cost", cost(p) },
    { "misses", graph.value(p.recursionMisses) ~= "0" and p.recursionMisses or nil },
    { "BTF", p.btfId },
    { "pins", p.pins },
    { "maps", lines(p.maps, map_line) },
    { "links", lines(p.links, link_line) },
    { "perf events", lines(p.tasks, task_line) },
    { "tail calls", lines(p.tailCalls, call_line) },
    { "owners", show.owners(p.owners) },
    { "own", p.own and "one of Lunette's own" or nil },
  })
end

local function one(given)
  local id = objects.id("prog", given.program)
  local data = graph.data(SHOW, { variables = { id = id } })
  if given.json then return output.json(data.program) end
  print(table.concat(describe(data.program, data.host), "\n"))
end

--- What is known of a program, as lines.
---@param id integer
---@return string[]
function prog.lines(id)
  local result = graph.execute(SHOW, { variables = { id = id } })
  if result.errors then return { result.errors[1].message } end
  return describe(result.data.program, result.data.host)
end

local SUBS = { list = list, show = one, dump = code.dump, cfg = code.cfg, hot = hot.run,
  profile = profile.run, log = log.run, run = testrun.run }

function prog.run(given) return SUBS[given.sub](given) end

return prog
