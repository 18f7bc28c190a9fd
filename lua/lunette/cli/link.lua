-- lunette link list | show | detach

local args = require("lunette.cli.args")
local exit = require("lunette.cli.exit")
local fleet = require("lunette.cli.fleet")
local graph = require("lunette.cli.graph")
local objects = require("lunette.cli.objects")
local output = require("lunette.cli.output")
local show = require("lunette.cli.show")
local tables = require("lunette.cli.table")

local link = {}

local FIELDS = [[
    id error type attachType target details programId isPinned pins own
    program { id name kernelType } owners { pid comm fd place }
]]
local LIST = "query ($filter: LinkFilter) { links(filter: $filter) {" .. FIELDS .. "} }"
local SHOW = "query ($id: Int!) { link(id: $id) {" .. FIELDS .. "} }"
local DETACH = "mutation ($id: Int!) { detachLink(id: $id) { error } }"

function link.configure(command)
  command:require_command(true):command_target("sub")
  local list = command:command("list ls", "List the links.")
  fleet.configure(args.formats(list))
  list:option("--type", "List only links of this type."):argname("TYPE")
  list:option("--program", "List only links of this program."):argname("PROGRAM")
  list:flag("--no-own", "Leave out Lunette's own links.")
  local one = command:command("show", "Show everything that is known of a link.")
  args.json(one):argument("link", "Its id, or the path of a pin.")
  command:command("detach", "Detach a link: the kernel stops running its program there.")
    :argument("link", "Its id, or the path of a pin.")
end

local function program(row)
  local p = graph.value(row.program)
  return p and ("%d %s"):format(p.id, graph.value(p.name) or "")
end

local COLUMNS = {
  { title = "ID", field = "id", align = "right" },
  { title = "TYPE", field = "type" },
  { title = "ATTACH", field = "attachType", weight = 2, shrink = true },
  { title = "TARGET", field = "target", shrink = true },
  { title = "PROGRAM", value = program, shrink = true },
  { title = "PINS", weight = 3, shrink = true, value = function(row)
    return show.few(row.pins)
  end },
  { title = "OWNERS", weight = 1, shrink = true,
    value = function(row) return show.few_owners(row.owners) end },
}

local CSV = {}
for i, name in ipairs { "id", "type", "attachType", "target", "programId", "isPinned", "own" } do
  CSV[i] = { field = name, title = name }
end

local function list(given)
  if fleet.wanted(given) then
    if given.program then exit.fail(exit.USAGE, "--program: ids differ between hosts") end
    return fleet.list(given, LIST, { filter = args.filter_input(given) },
      { field = "links", columns = COLUMNS, csv = CSV, what = "links" })
  end
  objects.need_admin()
  local filter = args.filter_input(given)
  filter.programId = given.program and objects.id("prog", given.program)
  local data = graph.data(LIST, { variables = { filter = filter } })
  show.list(given, given.csv and CSV or COLUMNS, data.links, "links")
end

local function details(row)
  local names, texts = {}, {}
  for name in pairs(graph.value(row.details) or {}) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do
    texts[i] = ("%s %s"):format(name, tables.text(row.details[name]))
  end
  return texts
end

local function one(given)
  local data = graph.data(SHOW, { variables = { id = objects.id("link", given.link) } })
  local row = data.link
  if given.json then return output.json(row) end
  show.one(("link %d  %s"):format(row.id, row.type), {
    { "error", row.error }, { "attach type", row.attachType }, { "target", row.target },
    { "program", program(row) }, { "details", details(row) }, { "pins", row.pins },
    { "owners", show.owners(row.owners) }, { "own", row.own and "one of Lunette's own" or nil },
  })
end

local function detach(given)
  local id = objects.id("link", given.link)
  local data = graph.data(DETACH, { variables = { id = id }, can_write = true })
  local err = graph.value(data.detachLink.error)
  if err then exit.fail(exit.code_of(err), "link %d: %s", id, err) end
end

local SUBS = { list = list, show = one, detach = detach }

function link.run(given) return SUBS[given.sub](given) end

return link
