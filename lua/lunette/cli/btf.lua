-- lunette btf list | dump

local bpf = require("bpf")
local args = require("lunette.cli.args")
local exit = require("lunette.cli.exit")
local graph = require("lunette.cli.graph")
local json = require("lunette.runtime.json")
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

local KINDS = { "int", "ptr", "array", "struct", "union", "enum", "fwd", "typedef", "volatile",
  "const", "restrict", "func", "func_proto", "var", "datasec", "float", "decl_tag", "type_tag",
  "enum64" }

function btf.configure(command)
  command:require_command(true):command_target("sub")
  args.csv(args.json(command:command("list ls", "List the BTF objects and who uses them.")))
  local dump = command:command("dump", "Print types as C.")
  args.json(dump):argument("btf", "Its id, or its name (vmlinux, a module).")
  dump:argument("search", "Only types in whose name this text is found."):args("?")
  dump:option("--kind", "Only this kind: struct, union, enum, typedef, func, …"):argname("KIND")
    :choices(KINDS)
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

-- Functions and variables are told when one asks for them: all of them would clash, as those of
-- two files may have the same name.
local DECLARED = { func = true, var = true }

local function fits(found, search, kind)
  if not search and not kind then return not DECLARED[found.kind] end
  if kind and found.kind ~= kind then return false end
  return not search or (found.name ~= nil and found.name:lower():find(search, 1, true) ~= nil)
end

-- The numbers of the types that are asked for.
local function matching(handle, given)
  local search, numbers = given.search and given.search:lower(), {}
  for number = 1, handle:count() - 1 do
    if fits(handle:type(number), search, given.kind) then numbers[#numbers + 1] = number end
  end
  return numbers
end

-- Types with all that they need, each once, in an order that a compiler takes.
local function print_c(given)
  local handle <close> = exit.check(bpf.btf(objects.id("btf", given.btf)))
  local numbers = matching(handle, given)
  if #numbers == 0 then exit.fail(exit.MISSING, "no type of that name in '%s'", given.btf) end
  io.write((exit.check(handle:c(numbers)):gsub("\n\n\n+", "\n\n")))
end

local function dump(given)
  if not given.json then return print_c(given) end
  local all = {}
  each_page(given, function(types) table.move(types, 1, #types, #all + 1, all) end)
  output.json(json.array(all))
end

local SUBS = { list = list, dump = dump }

function btf.run(given) return SUBS[given.sub](given) end

return btf
