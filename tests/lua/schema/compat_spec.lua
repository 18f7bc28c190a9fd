-- The interfaces that dev-agent's clients depend on, with the real kernel.

local bpf = require("bpf")
local support = require("tests.lua.schema.support")

local function u32(n) return ("<I4"):pack(n) end
local function u64(n) return ("<I8"):pack(n) end
local function name16(text) return text .. ("\0"):rep(16 - #text) end

describe("dev-agent's schema", function()
  local object, ids

  local function map(name) return object:map(name) end

  setup(function()
    object = support.load()
    ids = {}
    for _, name in ipairs { "sch_hash", "sch_points", "sch_percpu", "sch_array", "sch_queue",
      "sch_ring", "sch_progs", "sch_outer" } do
      ids[name] = map(name):info().id
    end
    ids.main, ids.next = object:prog("sch_main"):info().id, object:prog("sch_next"):info().id
    for i = 1, 40 do map("sch_hash"):update(u32(i), u64(i * 100)) end
    map("sch_percpu"):update(name16("bash"), { u64(3), u64(4) })
  end)

  teardown(function() object:close() end)

  it("lists programs with their maps", function()
    local data = support.ask [[{ programs { id name type tag runCount runTime btfId isPinned error
      maps { id name type } } }]]
    local found
    for _, prog in ipairs(data.programs) do
      if prog.id == ids.main then found = prog end
    end
    assert.equal("sch_main", found.name)
    assert.equal("TracePoint", found.type)
    assert.truthy(found.tag:match("^%x+$") and #found.tag == 16)
    assert.equal("number", type(found.runCount))
    assert.equal("number", type(found.runTime))
    assert.is_false(found.isPinned)
    assert.is_nil(found.error)
    local names = {}
    for _, one in ipairs(found.maps) do names[one.id] = one.name end
    assert.equal("sch_hash", names[ids.sch_hash])
    assert.equal("sch_percpu", names[ids.sch_percpu])
  end)

  it("lists none of Lunette's own objects, unless they are asked for", function()
    bpf.owners() -- loads programs and maps of ours
    bpf.fill()
    local function own_of(kind, args)
      local count = 0
      for _, one in ipairs(support.ask(("{ %s%s { id own } }"):format(kind, args))[kind]) do
        if one.own then count = count + 1 end
      end
      return count
    end
    for _, kind in ipairs { "programs", "maps" } do
      assert.equal(0, own_of(kind, ""))
      assert.equal(0, own_of(kind, "(filter: null)"))
      assert.is_true(own_of(kind, "(filter: {})") > 0)
      assert.is_true(own_of(kind, "(filter: { own: true })") > 0)
    end
    local mine = support.ask("{ programs(filter: { own: true }) { id } }").programs[1].id
    local source = "{ connectedGraph(from: %d, fromType: PROGRAM) { programs { id } } }"
    local graph = support.ask(source:format(mine)).connectedGraph
    assert.equal(mine, graph.programs[1].id)
  end)

  it("shows one program and one map", function()
    local data = support.ask([[query ($p: Int!, $m: Int!) {
      program(id: $p) { id name verifierLog tasks { pid } }
      map(id: $m) { id error name type flags isPinned pins keySize valueSize maxEntries isPerCPU
        isLookupSupported entriesCount programs { id } }
    }]], { p = ids.main, m = ids.sch_percpu })
    assert.same({ id = ids.main, name = "sch_main", tasks = {} },
      { id = data.program.id, name = data.program.name, tasks = data.program.tasks })
    local found = data.map
    assert.equal("PerCPUHash", found.type)
    assert.equal("sch_percpu", found.name)
    assert.equal(16, found.keySize)
    assert.equal(8, found.valueSize)
    assert.equal(64, found.maxEntries)
    assert.equal(0, found.flags)
    assert.is_true(found.isPerCPU)
    assert.is_true(found.isLookupSupported)
    assert.is_false(found.isPinned)
    assert.same({}, found.pins)
    assert.equal(1, found.entriesCount)
    assert.same({ { id = ids.main } }, found.programs)
  end)

  it("says by id what isn't there", function()
    assert.equal("program with ID 4000000000 not found",
      support.refusal("{ program(id: 2000000000) { id } }"):gsub("2000000000", "4000000000"))
    assert.equal("map with ID 2000000000 not found",
      support.refusal("{ map(id: 2000000000) { id } }"))
  end)

  describe("entries", function()
    local function entries(name, args)
      return support.ask(("{ map(id: %d) { entries%s { key value cpuValues } } }")
        :format(ids[name], args or "")).map.entries
    end

    it("come 32 at a time, sorted by their formatted key", function()
      local list = entries("sch_hash")
      assert.equal(32, #list)
      assert.equal("01000000", list[1].key)
      assert.equal("6400000000000000", list[1].value)
      assert.same({}, list[1].cpuValues)
      for i = 2, #list do assert.is_true(list[i - 1].key < list[i].key) end
    end)

    it("sort numbers as the text they are", function()
      local list = entries("sch_hash", "(limit: 4, keyFormat: NUMBER, valueFormat: NUMBER)")
      local keys = {}
      for i, entry in ipairs(list) do keys[i] = entry.key end
      assert.same({ "1", "10", "11", "12" }, keys)
      assert.equal("1200", list[4].value)
    end)

    it("page by offset and limit", function()
      local list = entries("sch_hash", "(offset: 38, limit: 10, keyFormat: NUMBER)")
      assert.same({ "8", "9" }, { list[1].key, list[2].key })
      assert.equal(2, #list)
      assert.equal(0, #entries("sch_hash", "(offset: 100)"))
      assert.equal(0, #entries("sch_hash", "(limit: 0)"))
      assert.equal("offset must not be negative, got -1", support.refusal(
        ("{ map(id: %d) { entries(offset: -1) { key } } }"):format(ids.sch_hash)))
    end)

    it("have a value a CPU on a per-CPU map", function()
      local list = entries("sch_percpu", "(keyFormat: STRING, valueFormat: NUMBER)")
      assert.equal("bash", list[1].key)
      assert.is_nil(list[1].value)
      assert.equal("3", list[1].cpuValues[1])
      assert.equal("4", list[1].cpuValues[2])
    end)

    it("are none where they can't be looked up", function()
      local data = support.ask(
        ("{ map(id: %d) { isLookupSupported entriesCount entries { key } unreadable } }")
        :format(ids.sch_ring))
      assert.is_false(data.map.isLookupSupported)
      assert.same({}, data.map.entries)
      assert.equal(0, data.map.entriesCount)
      assert.truthy(data.map.unreadable:find("ring buffer", 1, true))
    end)

    it("are as bpftool dumps them", function()
      local json = require("lunette.runtime.json")
      local dump = json.decode(support.output("bpftool -j map dump id %d", ids.sch_hash))
      local theirs = {}
      for _, entry in ipairs(dump) do
        theirs[table.concat(entry.key):gsub("0x", "")] = table.concat(entry.value):gsub("0x", "")
      end
      local list = entries("sch_hash", "(limit: 100)")
      assert.equal(40, #list)
      for _, entry in ipairs(list) do assert.equal(theirs[entry.key], entry.value) end
    end)
  end)

  describe("connectedGraph", function()
    local function graph(id, kind)
      local data = support.ask(
        [[query ($id: Int!, $kind: IdType!) { connectedGraph(from: $id, fromType: $kind) {
          programs { id } maps { id } } }]], { id = id, kind = kind })
      local found = { programs = {}, maps = {} }
      for _, what in ipairs { "programs", "maps" } do
        for i, one in ipairs(data.connectedGraph[what]) do found[what][i] = one.id end
      end
      return found
    end

    it("reaches everything over shared maps, from either side", function()
      local from_map, from_prog = graph(ids.sch_percpu, "MAP"), graph(ids.main, "PROGRAM")
      assert.same(from_map, from_prog)
      assert.same({ ids.main }, from_map.programs)
      assert.equal(9, #from_map.maps)
    end)

    it("is the object alone where nothing is shared", function()
      assert.same({ programs = { ids.next }, maps = {} }, graph(ids.next, "PROGRAM"))
    end)

    it("refuses what isn't there", function()
      assert.equal("map with ID 2000000000 not found", support.refusal(
        "{ connectedGraph(from: 2000000000, fromType: MAP) { maps { id } } }"))
    end)
  end)

  it("gives a run count beyond 2^31 as a plain number", function()
    local runs = require("lunette.schema.program").resolvers.Program.runCount
    local resolve = type(runs) == "table" and runs.resolve or runs
    assert.equal(5000000000, resolve({ run_cnt = 5000000000 }))
    local json = require("lunette.runtime.json")
    local graphql = require("lunette.graphql")
    local result = graphql.execute {
      schema = support.schema(), source = "{ program(id: 7) { runCount } }",
      context = { cache = { kernel = setmetatable({
        demand = function() return { id = 7, run_cnt = 5000000000 } end,
      }, { __index = {} }) } },
    }
    assert.is_nil(result.errors)
    assert.equal('{"program":{"runCount":5000000000}}', json.encode(result.data))
  end)
end)
