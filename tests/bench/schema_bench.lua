-- GraphQL over 500 programs compared with the enumeration it uses; sorted, filtered and plain pages
-- of a map of 100,000 entries compared with one walk over the map.

local bpf = require("bpf")
local graphql = require("lunette.graphql")
local json = require("lunette.runtime.json")
local schema = assert(require("lunette.schema").build())

local build = os.getenv("LUNETTE_BUILD") or "build"
local PROGRAMS, ROUNDS, ENTRIES = 500, 7, 100000

-- The best of several rounds, in ms of CPU time.
local function best(fn)
  local least = math.huge
  for _ = 1, ROUNDS do
    collectgarbage()
    local start = os.clock()
    fn()
    least = math.min(least, (os.clock() - start) * 1000)
  end
  return least
end

local function ask(source)
  local result = graphql.execute { schema = schema, source = source, context = { cache = {} } }
  assert(not result.errors, result.errors and result.errors[1].message)
  return json.encode(result)
end

local function report(what, ms, base)
  print(("%-44s %8.2f ms  %5.2f times"):format(what, ms, ms / base))
end

local function programs()
  local objects = {}
  while #bpf.ids("prog") < PROGRAMS do
    objects[#objects + 1] = assert(bpf.load(build .. "/tests/bpf/schema_fixture.bpf.o"))
  end
  print(("%d programs, %d maps"):format(#bpf.ids("prog"), #bpf.ids("map")))
  local base = best(function() return bpf.progs(), bpf.maps() end)
  report("enumeration of programs and maps", base, base)
  local FIELDS = "id name type tag runCount runTime"
  local lists = {
    { "programs, 8 fields, with their maps", "{ programs { %s maps { id name } } }" },
    { "programs, links, pins, attachments, owners", "{ programs { %s pins links { id } "
      .. "attachments { kind target } owners { pid comm } } }" },
    { "the whole graph", "{ graph { nodes { id kind label } edges { from to kind } } }" },
  }
  for _, list in ipairs(lists) do
    local source = list[2]:format(FIELDS)
    report(list[1], best(function() ask(source) end), base)
  end
  for _, object in ipairs(objects) do object:close() end
end

local function tables()
  local path = ("/sys/fs/bpf/lunette_bench_%d"):format(os.time())
  os.execute(("bpftool map create %s type hash key 16 value 8 entries %d name bench")
    :format(path, ENTRIES))
  local map <close> = assert(bpf.map(path))
  bpf.unpin(path)
  for i = 1, ENTRIES do
    map:update(("<I8I8"):pack(i, 0), ("<I8"):pack(i * 7919 % 1000003))
  end
  local base = best(function() for _ in map:each { raw = true } do end end)
  report(("a walk over %d entries"):format(ENTRIES), base, base)
  local id = map:id()
  local pages = {
    { "a page of 100", "table { rows { cells } }" },
    { "the top 100 by value", 'table(top: 100, sort: { column: "value" }) { rows { cells } }' },
    { "those above a value", 'table(sort: { column: "value" }, filter: '
      .. '[{ column: "value", op: GT, value: 999000 }]) { rows { cells } }' },
    { "dev-agent's entries", "entries(valueFormat: NUMBER) { key value }" },
    { "count", "entriesCount" },
  }
  for _, page in ipairs(pages) do
    local source = ("{ map(id: %d) { %s } }"):format(id, page[2])
    report(page[1], best(function() ask(source) end), base)
  end
end

programs()
tables()
