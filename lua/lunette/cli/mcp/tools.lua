-- The tools that `lunette mcp` offers: each has a name, a description, arguments and run(args),
-- which returns a value for JSON. Answers are short unless the client asks for more.

local bpf = require("bpf")
local json = require("lunette.runtime.json")
local listing = require("lunette.code.listing")
local schema = require("lunette.schema")
local tables = require("lunette.table")
local where = require("lunette.cli.map.where")

local tools = {}

local FIRST = { type = "integer", minimum = 1, maximum = 1000, default = 20,
  description = "How many at most." }
local SEARCH = { type = "string", description = "Only those in which this text is found." }
local MAP = { type = "string", description = "A map: its id, its name, or the path of a pin." }
local PROGRAM = { type = "string",
  description = "A program: its id, its name, or the path of a pin." }

-- The first rows of a list, the number of all, and how to get more.
local function cut(list, first)
  first = first or FIRST.default
  local rows = json.array(table.move(list, 1, math.min(#list, first), 1, {}))
  local answer = { total = #list, rows = rows }
  if #list > first then answer.more = ("first: %d gives all"):format(#list) end
  return answer
end

local function data(source, variables, opts)
  opts = opts or {}
  opts.variables = variables
  return schema.data(source, opts)
end

-- The id of an object that is given by id, name or pin.
local function id_of(kind, list, text)
  local id = math.tointeger(tonumber(text))
  if id then return id end
  if text:sub(1, 1) == "/" then
    local pin, err = bpf.pinned(text)
    if not pin then error(err, 0) end
    if pin.kind ~= kind then error(("%s: a pin of a %s"):format(text, pin.kind), 0) end
    return pin.id
  end
  local found = {}
  for _, info in ipairs(assert(list())) do
    if info.name == text or info.full_name == text then found[#found + 1] = info.id end
  end
  if #found == 1 then return found[1] end
  if #found == 0 then error(("there is no %s '%s'"):format(kind, text), 0) end
  error(("%s '%s': several have this name: %s"):format(kind, text, table.concat(found, ", ")), 0)
end

local function map_of(args) return id_of("map", bpf.maps, args.map) end
local function program_of(args) return id_of("prog", bpf.progs, args.program) end

local PROGRAM_ROW = [[id name type tag runCount runTime memory loadTime maps { id name }
  owners { pid comm } pins]]
local MAP_ROW = [[id name type keySize valueSize maxEntries entriesCount memory pins
  owners { pid comm }]]

local function one(name, description, properties, required, run)
  tools[#tools + 1] = { name = name, description = description, run = run,
    input = { type = "object", properties = properties, required = json.array(required),
      additionalProperties = false } }
end

one("host", "The machine: kernel, CPUs, BPF features, numbers of programs, maps and links.",
  {}, {}, function()
    local found = data [[{ host { name kernel architecture onlineCpus uptime
      features { name available detail } } }]]
    return { host = found.host, programs = #assert(bpf.ids("prog")), maps = #assert(bpf.ids("map")),
      links = #assert(bpf.ids("link")) }
  end)

one("list_programs", "The loaded BPF programs with what they cost, their maps, owners and pins.",
  { search = SEARCH, first = FIRST }, {}, function(args)
    local found = data("query ($s: String) { programs(filter: { search: $s, own: false }) { "
      .. PROGRAM_ROW .. " } }", { s = args.search })
    return cut(found.programs, args.first)
  end)

one("list_maps", "The BPF maps with their sizes, fill, memory, owners and pins.",
  { search = SEARCH, first = FIRST }, {}, function(args)
    local found = data("query ($s: String) { maps(filter: { search: $s, own: false }) { "
      .. MAP_ROW .. " } }", { s = args.search })
    return cut(found.maps, args.first)
  end)

one("show_program", "One program: attachments, maps, owners, cost, BTF, verified instructions.",
  { program = PROGRAM }, { "program" }, function(args)
    return data("query ($id: Int!) { program(id: $id) { " .. PROGRAM_ROW
      .. " verifiedInsns xlatedSize jitedSize attachments { kind target } } }",
      { id = program_of(args) }).program
  end)

one("read_map", "Entries of a map, decoded by its BTF or decoder, filtered and sorted.", {
  map = MAP, first = FIRST,
  where = { type = "array", items = { type = "string" },
    description = "Conditions that must all hold: 'calls > 100', 'comm ^= ssh'." },
  sort = { type = "string",
    description = "A column, largest first; COLUMN:asc for smallest first." },
  after = { type = "string", description = "The `next` of the page before." },
}, { "map" }, function(args)
    local info = assert(bpf.map_info(map_of(args)))
    local page = tables.read(info, { first = args.first or FIRST.default, after = args.after,
      filter = where.filter(args.where or {}), sort = where.sort(args.sort) })
    local columns, rows = json.array {}, json.array {}
    for i, column in ipairs(page.columns) do columns[i] = column.name end
    for i, row in ipairs(page.rows) do
      rows[i] = json.array {}
      for at = 1, #columns do rows[i][at] = row.cells[at] == nil and json.null or row.cells[at] end
    end
    return { id = info.id, name = info.full_name or info.name, columns = columns, rows = rows,
      entries_read = page.scanned, matched = page.matched, note = page.note,
      next = page.pageInfo.hasNextPage and page.pageInfo.endCursor or nil }
  end)

one("attachments", "Where BPF programs hang: links, perf events, cgroups, XDP, tc, sockets.",
  { search = SEARCH, first = FIRST }, {}, function(args)
    local found = data [[{ attachments(own: false) { kind target how program { id name }
      owners { pid comm } } }]]
    local list, text = {}, (args.search or ""):lower()
    for _, row in ipairs(found.attachments) do
      if json.encode(row):lower():find(text, 1, true) then list[#list + 1] = row end
    end
    return cut(list, args.first)
  end)

one("leaks", "Objects that are probably leaked, the reason, and the command that removes each.",
  { first = FIRST }, {}, function(args)
    return cut(data [[{ leaks { kind objectId name why remedy memory } }]].leaks, args.first)
  end)

one("program_code", "The instructions of a program that the kernel runs, with their source lines.",
  { program = PROGRAM, first = { type = "integer", minimum = 1, maximum = 10000, default = 100,
    description = "How many lines at most." } }, { "program" }, function(args)
    local code, err = bpf.xlated(program_of(args))
    if not code then error(err, 0) end
    local lines, first = {}, args.first or 100
    for line in listing.xlated(code, { source = true }):gmatch("[^\n]*") do
      lines[#lines + 1] = line
    end
    local more = #lines > first and ("first: %d gives all lines"):format(#lines) or nil
    return { instructions = #code.insns, more = more,
      text = table.concat(lines, "\n", 1, math.min(first, #lines)) }
  end)

one("schema", "A type of the GraphQL schema that `query` takes; without a name, Query.",
  { type = { type = "string", description = "The name of a type, such as Map." } }, {},
  function(args)
    local found = data([[query ($n: String!) { __type(name: $n) { kind name description
      fields { name description args { name type { kind name ofType { kind name } } }
        type { kind name ofType { kind name ofType { kind name } } } }
      inputFields { name description } enumValues { name description } } }]],
      { n = args.type or "Query" })
    if not found.__type or found.__type == json.null then
      error(("no type '%s'"):format(args.type), 0)
    end
    return found.__type
  end)

one("query", "Answers a GraphQL query about programs, maps, links, BTF, owners and costs.", {
  query = { type = "string", description = "The document." },
  variables = { type = "object", description = "Its variables." },
}, { "query" }, function(args, rights)
    return schema.execute(args.query, { variables = args.variables, can_write = rights.write })
  end)

return tools
