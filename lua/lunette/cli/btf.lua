-- lunette btf list | dump

local args = require("lunette.cli.args")
local exit = require("lunette.cli.exit")
local graph = require("lunette.cli.graph")
local objects = require("lunette.cli.objects")
local output = require("lunette.cli.output")
local show = require("lunette.cli.show")
local units = require("lunette.cli.units")

local btf = {}

local LIST = [[
{ btfs { id error name size kernel programs { id name } maps { id name }
  owners { pid comm place } } }]]

local TYPES = [[
query ($id: Int!, $search: String, $kind: String, $first: Int, $offset: Int) {
  btf(id: $id) {
    types(search: $search, kind: $kind, first: $first, offset: $offset) { id name kind size c }
  }
}]]

local PAGE = 500

function btf.configure(command)
  command:require_command(true):command_target("sub")
  args.csv(args.json(command:command("list ls", "List the BTF objects and who uses them.")))
  local dump = command:command("dump", "Print types as C.")
  args.json(dump):argument("btf", "Its id, or its name (vmlinux, a module).")
  dump:argument("search", "Only types in whose name this text is found."):args("?")
  dump:option("--kind", "Only this kind: struct, union, enum, typedef, func, …"):argname("KIND")
end

local function ids(list)
  local texts = {}
  for i, item in ipairs(list) do texts[i] = item.id end
  return texts
end

local COLUMNS = {
  { title = "ID", field = "id", align = "right" },
  { title = "NAME", field = "name", shrink = true },
  { title = "SIZE", align = "right", value = function(row)
    return units.bytes(graph.value(row.size))
  end },
  { title = "KERNEL", value = function(row) return row.kernel and "yes" or "no" end, weight = 1 },
  { title = "PROGS", shrink = true, value = function(row) return ids(row.programs) end },
  { title = "MAPS", shrink = true, value = function(row) return ids(row.maps) end },
  { title = "OWNERS", shrink = true, weight = 2,
    value = function(row) return show.owners(row.owners) end },
}

local CSV = {}
for i, name in ipairs { "id", "name", "size", "kernel" } do
  CSV[i] = { field = name, title = name }
end

local function list(given)
  objects.need_admin()
  show.list(given, given.csv and CSV or COLUMNS, graph.data(LIST).btfs, "BTF objects")
end

local function each_page(given, fn)
  local variables = {
    id = objects.id("btf", given.btf), search = given.search, kind = given.kind,
    first = PAGE, offset = 0,
  }
  local count
  repeat
    local types = graph.data(TYPES, { variables = variables }).btf.types
    count = #types
    fn(types)
    variables.offset = variables.offset + PAGE
  until count < PAGE
end

-- Members of a type come with it: a named type is printed once, with all that it needs.
local function print_types(types)
  for _, item in ipairs(types) do print((item.c:gsub("%s*$", ""))) end
end

local function dump(given)
  local all, found = {}, 0
  each_page(given, function(types)
    found = found + #types
    if given.json then table.move(types, 1, #types, #all + 1, all)
    else print_types(types) end
  end)
  if given.json then return output.json(require("lunette.runtime.json").array(all)) end
  if found == 0 then exit.fail(exit.MISSING, "no type of that name in '%s'", given.btf) end
end

local SUBS = { list = list, dump = dump }

function btf.run(given) return SUBS[given.sub](given) end

return btf
