-- lunette btf list | dump

local bpf = require("bpf")
local args = require("lunette.cli.args")
local exit = require("lunette.cli.exit")
local glob = require("lunette.runtime.glob")
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

local KINDS = { "int", "pointer", "array", "struct", "union", "enum", "fwd", "typedef",
  "volatile", "const", "restrict", "func", "func_proto", "var", "datasec", "float", "decl_tag",
  "type_tag", "enum64" }

local TYPE = json.shape { "id", "name", "kind", "size", "c" }

function btf.configure(command)
  command:require_command(true):command_target("sub")
  args.formats(command:command("list ls", "List the BTF objects, with the programs, maps and "
    .. "processes that use them."))
  local dump = command:command("dump", "Print types as C.")
  args.json(dump):argument("btf", "Its id, its name (vmlinux, a module), or the path of an "
    .. "object file or of raw BTF.")
  dump:argument("search", "Print only the type of this name, or else the types whose names contain "
    .. "this text; or a glob such as "
      .. "'bpf_*_info'."):args("?")
  dump:option("--kind", "Print only this kind: struct, union, enum, typedef, func, "
    .. "…"):argname("KIND")
    :choices(KINDS)
  dump:option("--tag", "Only what has this declaration tag: bpf_kfunc lists the kernel's kfuncs.")
    :argname("TAG")
end

local COLUMNS = {
  { title = "ID", field = "id", align = "right" },
  { title = "NAME", field = "name", shrink = true },
  { title = "SIZE", align = "right", value = function(row)
    return units.bytes(graph.value(row.size))
  end },
  { title = "KERNEL", value = function(row) return row.kernel and "yes" or "no" end, weight = 1 },
  { title = "PROGS", shrink = true, value = function(row) return show.few_ids(row.programs) end },
  { title = "MAPS", shrink = true, value = function(row) return show.few_ids(row.maps) end },
  { title = "OWNERS", shrink = true, weight = 2,
    value = function(row) return show.few_owners(row.owners) end },
}

local CSV = {}
for i, name in ipairs { "id", "name", "size", "kernel" } do
  CSV[i] = { field = name, title = name }
end

local function list(given)
  objects.need_admin()
  show.list(given, given.csv and CSV or COLUMNS, graph.data(LIST).btfs, "BTF objects")
end

-- Opens the BTF that the word names: a file, the kernel's own types (which need no privilege), or
-- an object.
local function open(word)
  if word:find("/", 1, true) then
    local handle, err = bpf.btf(word)
    if handle then return handle end
    exit.fail(exit.code_of(err), "%s", err)
  end
  return word == "vmlinux" and bpf.btf(word) or exit.check(bpf.btf(objects.id("btf", word)))
end

-- Functions and variables are dumped only by name: those of two files may have the same name, so
-- all of them together would clash.
local DECLARED = { func = true, var = true }

-- The ids of the types of a kind (nil: any) whose name passes.
local function numbers_of(handle, kind, passes)
  local numbers = {}
  for number = 1, handle:count() - 1 do
    local found = handle:type(number)
    if (not kind or found.kind == kind) and passes(found) then numbers[#numbers + 1] = number end
  end
  return numbers
end

-- Types by name: an exact match first, else every name that contains the text.
local function named(handle, given)
  local text, folded = given.search, given.search:lower()
  if text:find("[*?]") then
    local pattern = glob.pattern(text)
    return numbers_of(handle, given.kind, function(found)
      return found.name ~= nil and found.name:find(pattern) ~= nil
    end)
  end
  local exact = numbers_of(handle, given.kind, function(found) return found.name == text end)
  if #exact > 0 then return exact end
  return numbers_of(handle, given.kind, function(found)
    return found.name ~= nil and found.name:lower():find(folded, 1, true) ~= nil
  end)
end

-- The set of ids that the tag belongs to.
local function tagged(handle, tag)
  local set = {}
  for number = 1, handle:count() - 1 do
    local found = handle:type(number)
    if found.kind == "decl_tag" and found.name == tag then set[found.type] = true end
  end
  return set
end

local function with_tag(handle, given)
  local set = tagged(handle, given.tag)
  local numbers = given.search and named(handle, given)
    or numbers_of(handle, given.kind, function() return true end)
  local chosen = {}
  for _, number in ipairs(numbers) do
    if set[number] then chosen[#chosen + 1] = number end
  end
  return chosen
end

-- The ids of the types asked for. In C, "all" means all types that may stand together in one file.
local function matching(handle, given)
  if given.tag then return with_tag(handle, given) end
  if given.search then return named(handle, given) end
  return numbers_of(handle, given.kind, function(found)
    return given.json or given.kind ~= nil or not DECLARED[found.kind]
  end)
end

local MOST_JSON = 256 << 20 -- bytes of C; each type comes with the types it needs

local function print_json(handle, numbers)
  local types, bytes = json.array({}), 0
  for i, number in ipairs(numbers) do
    local found = handle:type(number)
    found.c = exit.check(handle:c(number))
    bytes = bytes + #found.c
    if bytes > MOST_JSON then
      exit.fail(exit.FAILED, "as JSON these types are more than %d MiB: ask for some by name, "
        .. "--kind or --tag, or print C", MOST_JSON >> 20)
    end
    types[i] = setmetatable(found, TYPE)
  end
  output.json(types)
end

-- Writes types with the types they need, each once, in an order that compiles.
local function dump(given)
  local handle <close> = open(given.btf)
  local numbers = matching(handle, given)
  if #numbers == 0 then exit.fail(exit.MISSING, "no type of that name in '%s'", given.btf) end
  if given.json then return print_json(handle, numbers) end
  output.text((exit.check(handle:c(numbers)):gsub("\n\n\n+", "\n\n")))
end

local SUBS = { list = list, dump = dump }

function btf.run(given) return SUBS[given.sub](given) end

return btf
