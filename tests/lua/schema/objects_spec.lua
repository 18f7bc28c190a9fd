-- Programs, maps, links, BTF objects, processes and pins: the schema's data equals bpftool's.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local json = require("lunette.runtime.json")
local support = require("tests.lua.schema.support")

local function own_pid()
  local file <close> = assert(io.open("/proc/self/stat"))
  return tonumber(file:read("a"):match("^%d+"))
end

local function bpftool(...) return json.decode(support.output(...)) end

describe("objects", function()
  local object, main, hash, link

  setup(function()
    object = support.load()
    assert(object:attach())
    main, hash = object:prog("sch_main"):info().id, object:map("sch_hash"):info().id
    for _, one in ipairs(assert(bpf.links())) do
      if one.prog_id == main then link = one.id end
    end
  end)

  teardown(function() object:close() end)

  it("ids of a kind, without reading the objects", function()
    local ids = support.ask("{ objectIds(kind: MAP) }").objectIds
    local there = {}
    for _, id in ipairs(ids) do there[id] = true end
    assert.is_true(there[hash])
    for i = 2, #ids do assert.is_true(ids[i - 1] < ids[i]) end
  end)

  it("some of a kind: those that are there, once, by id", function()
    local other = object:map("sch_ring"):info().id
    local asked = { math.max(hash, other), hash, 2000000000, other, hash }
    local maps = support.ask(("{ maps(filter: { ids: [%s] }) { id } }")
      :format(table.concat(asked, ", "))).maps
    assert.same({ { id = math.min(hash, other) }, { id = math.max(hash, other) } }, maps)
    assert.same({}, support.ask("{ programs(filter: { ids: [] }) { id } }").programs)
  end)

  it("programs are as bpftool shows them", function()
    local ours = support.ask(([[{ program(id: %d) { name type kernelType typeId tag memory
      xlatedSize jitedSize uid user loadTime gplCompatible own btfId btf { id kernel }
      verifiedInsns orphaned runs runTimeNs maps { id } } }]]):format(main)).program
    local theirs = bpftool("bpftool -j prog show id %d", main)
    assert.equal(theirs.type, ours.kernelType)
    assert.equal("TracePoint", ours.type)
    assert.equal(5, ours.typeId)
    assert.equal(theirs.tag, ours.tag)
    assert.equal(theirs.bytes_memlock, ours.memory)
    assert.equal(theirs.bytes_xlated, ours.xlatedSize)
    assert.equal(theirs.bytes_jited, ours.jitedSize)
    assert.equal(theirs.uid, ours.uid)
    assert.equal("root", ours.user)
    assert.is_true(math.abs(theirs.loaded_at - ours.loadTime) < 2)
    assert.equal(theirs.gpl_compatible, ours.gplCompatible)
    assert.equal(theirs.btf_id, ours.btfId)
    assert.same({ theirs.btf_id, false }, { ours.btf.id, ours.btf.kernel })
    assert.equal("string", type(ours.runs))
    assert.is_false(ours.own)
    local ids = {}
    for i, map in ipairs(ours.maps) do ids[i] = map.id end
    assert.equal(#theirs.map_ids, #ids)
  end)

  it("maps are as bpftool shows them", function()
    local ours = support.ask(([[{ map(id: %d) { name type kernelType typeId flags flagNames keySize
      valueSize maxEntries memory frozen btfId keyType { kind name } valueType { name size c }
      own } }]]):format(hash)).map
    local theirs = bpftool("bpftool -j map show id %d", hash)
    assert.equal(theirs.type, ours.kernelType)
    assert.equal(1, ours.typeId)
    assert.equal(theirs.flags, ours.flags)
    assert.same({}, ours.flagNames)
    assert.equal(theirs.bytes_key, ours.keySize)
    assert.equal(theirs.bytes_value, ours.valueSize)
    assert.equal(theirs.max_entries, ours.maxEntries)
    assert.equal(theirs.bytes_memlock, ours.memory)
    assert.equal(theirs.btf_id, ours.btfId)
    assert.is_false(ours.frozen)
    assert.equal("__u32", ours.keyType.name)
    assert.same({ "__u64", 8 }, { ours.valueType.name, ours.valueType.size })
    assert.truthy(ours.valueType.c:find("typedef", 1, true))
  end)

  it("links lead to their program and its place", function()
    local ours = support.ask(([[{ link(id: %d) { type target program { id name } isPinned
      details own owners { pid } } }]]):format(link)).link
    local theirs = bpftool("bpftool -j link show id %d", link)
    assert.equal(theirs.type, ours.type)
    assert.same({ main, "sch_main" }, { ours.program.id, ours.program.name })
    assert.truthy(ours.target:find("sys_enter_getresgid", 1, true))
    if fixture.since(6, 6) then assert.equal("tracepoint", ours.details.perf_type) end
    local program = support.ask(([[{ program(id: %d) { links { id }
      attachments { kind target how link { id } since } } }]]):format(main)).program
    assert.same({ { id = link } }, { { id = program.links[1].id } })
    local row = program.attachments[1]
    assert.same({ "tracepoint", "link", link }, { row.kind, row.how, row.link.id })
    assert.equal("number", type(row.since))
  end)

  it("owners are the processes that hold them", function()
    local pid = own_pid()
    local data = support.ask(([[{ map(id: %d) { owners { kind objectId pid comm
      process { pid cmdline
      cgroup programs { id } maps { id } } } } process(pid: %d) { pid maps { id } } }]])
      :format(hash, pid))
    local owner
    for _, one in ipairs(data.map.owners) do
      if one.pid == pid then owner = one end
    end
    assert.same({ "MAP", hash }, { owner.kind, owner.objectId })
    assert.truthy(owner.process.cmdline:find("busted", 1, true))
    local held = {}
    for _, map in ipairs(data.process.maps) do held[map.id] = true end
    assert.is_true(held[hash])
    assert.is_nil(support.ask("{ process(pid: 4194304) { pid } }").process)
  end)

  it("pins are told from both sides, and what only a pin holds is a leak", function()
    local path = ("/sys/fs/bpf/sch_leak_%d"):format(hash)
    local other = support.load()
    local map = other:map("sch_points")
    local id = map:info().id
    assert(bpf.pin(map, path))
    map:close()
    other:close()
    local data, pin
    local leak = fixture.eventually(function() -- its programs are freed with a delay
      data = support.ask(([[{ pins { path kind objectId map { id name } }
        leaks { kind objectId why }
        map(id: %d) { pins isPinned programs { id } } }]]):format(id))
      pin = fixture.find(data.pins, { path = path })
      return fixture.find(data.leaks, { kind = "MAP", objectId = id })
    end)
    assert(bpf.unpin(path))
    assert.same({ "MAP", id, "sch_points" }, { pin.kind, pin.objectId, pin.map.name })
    assert.same({ path }, data.map.pins)
    assert.equal("pinned, but no program uses it and no process holds it", leak.why)
  end)

  it("BTF objects tell their types as C", function()
    local data = support.ask(([[{ map(id: %d) { btf { id programs { id } maps { id }
      types(search: "point", kind: "struct") { id name kind size c }
      type(id: 9999999) { id } } } }]]):format(hash)).map.btf
    assert.equal("point", data.types[1].name)
    assert.equal(8, data.types[1].size)
    assert.truthy(data.types[1].c:find("struct point {\n\t__u32 x;\n\t__u32 y;\n}", 1, true))
    assert.is_nil(data.type)
    assert.is_true(#data.maps >= 4)
    assert.equal(main, data.programs[1].id)
    assert.truthy(support.refusal("{ btf(id: 2000000000) { id } }"):find("not found", 1, true))
  end)

  describe("filters", function()
    local function found(field, filter)
      local data = support.ask(("{ %s(filter: { %s }) { id } }"):format(field, filter))
      local ids = {}
      for _, one in ipairs(data[field]) do ids[one.id] = true end
      return ids
    end

    it("take a type in either spelling", function()
      assert.is_true(found("maps", 'type: "Hash"')[hash])
      assert.is_true(found("maps", 'type: "hash"')[hash])
      assert.is_nil(found("maps", 'type: "PerCPUHash"')[hash])
      assert.is_true(found("programs", 'type: "tracepoint"')[main])
      assert.equal("filter: unknown type 'hsah'",
        support.refusal('{ maps(filter: { type: "hsah" }) { id } }'))
    end)

    it("take names, ids and text found anywhere", function()
      assert.is_true(found("maps", 'name: "sch_*"')[hash])
      assert.is_nil(found("maps", 'name: "sch"')[hash])
      assert.same({ [hash] = true }, found("maps", ("ids: [%d, 2000000000]"):format(hash)))
      assert.is_true(found("maps", 'search: "SCH_HA"')[hash])
      assert.is_true(found("programs", 'search: "sch_hash"')[main])
      assert.is_true(found("links", ("programId: %d"):format(main))[link])
    end)

    it("leave Lunette's own out, where asked", function()
      for _, own in ipairs { "true", "false" } do
        local data = support.ask(("{ programs(filter: { own: %s }) { own name } }"):format(own))
        for _, prog in ipairs(data.programs) do assert.equal(own, tostring(prog.own)) end
      end
    end)
  end)

  it("the host is this one", function()
    local began = os.time()
    local host = support.ask([[{ host { name kernel architecture possibleCpus onlineCpus bootTime
      uptime time memory features { name available detail } } }]]).host
    assert.equal(support.output("uname -n"):gsub("\n", ""), host.name)
    assert.equal(support.output("uname -r"):gsub("\n", ""), host.kernel)
    assert.equal(support.output("uname -m"):gsub("\n", ""), host.architecture)
    assert.equal((bpf.cpus()), host.possibleCpus)
    local took = os.time() - began + 1
    assert.is_true(host.time >= began and host.time <= began + took)
    assert.is_true(math.abs(host.bootTime + host.uptime - host.time) <= took)
    for _, feature in ipairs(host.features) do
      assert.is_true(feature.available or #feature.detail > 0, feature.name)
    end
  end)
end)
