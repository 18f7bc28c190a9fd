-- The decoder in force for a map, and the decoded entries: declared decoders, BTF, types.

local bpf = require("bpf")
local d = require("lunette.decode")
local fixture = require("tests.lua.support.fixture")
local json = require("lunette.runtime.json")
local registry = require("lunette.registry")
local tables = require("lunette.schema.table")

local function u32(x) return ("<I4"):pack(x) end
local object

local function open(name) return assert(object:map(name)) end

local function lines(map, options)
  local stream <close> = assert(map:stream(options))
  local parts = {}
  for chunk in function() return stream:read() end do parts[#parts + 1] = chunk end
  return table.concat(parts)
end

-- Declares a decoder for the test; it is removed when the test ends.
local function declared(spec)
  d.declare(spec)
  return setmetatable({}, { __close = function() table.remove(registry.list("decoder")) end })
end

local ODD = ("<BxxxI4I4xxxxI8I2>I2<c4I8dfBc7xxxxI8i8i8i8i8i8"):pack(
  1 | 5 << 1 | 0xe << 4, 5, 80, 1 << 32 | 2, 3, 4, "tag\0", 0xffff888800000000, 2.5, 0.5, 1,
  "seven\0\0", 7, 0, 1, 2, 3, -4)

describe("decode by BTF", function()
  before_each(function() object = assert(bpf.load(fixture.object("maps"))) end)
  after_each(function() object:close() end)

  it("shows structs, bit fields, enums, unions, arrays, floats, pointers", function()
    local map <close> = open("mt_hash")
    assert.equal(map:info().value_size, #ODD)
    map:update(u32(1) .. u32(2), ODD)
    assert.equal('{"key":{"a":1,"b":2},"value":{"flag":1,"mode":5,"delta":-2,'
      .. '"state":"STATE_RUNNING","port":80,"whole":"4294967298","halves":[2,1],'
      .. '"inner":{"low":3,"wire":4,"tag":"tag"},"pointer":"0xffff888800000000","ratio":2.5,'
      .. '"half":0.5,"ready":true,"name":"seven","wide":"7","matrix":[["1","2"],["3","-4"]]}}\n',
      lines(map))
    local key, value
    for k, v in map:each() do key, value = k, v end
    assert.same({ a = 1, b = 2 }, key)
    assert.equal("STATE_RUNNING", value.state)
    assert.same({ { 1, 2 }, { 3, -4 } }, value.matrix)
    assert.equal(0x100000002, value.whole)
    assert.equal("btf", map:decoder().kind)
  end)

  it("keeps the fields' order in Lua's JSON", function()
    local map <close> = open("mt_hash")
    map:update(u32(9) .. u32(8), ODD)
    for key in map:each() do assert.equal('{"a":9,"b":8}', json.encode(key)) end
  end)

  it("shows global data by its variables", function()
    local data <close> = open("maps.data")
    local values = {}
    for _, value in data:each() do values[#values + 1] = value end
    assert.same({ { total = 7, balance = -3 } }, values)
    local rodata <close> = open("maps.rodata")
    for _, value in rodata:each() do assert.equal("lunette", value.motto) end
  end)

  it("agrees with bpftool on every type that it dumps", function()
    local compared = 0
    for _, item in ipairs(object:maps()) do
      local map <close> = open(item.name)
      if not map:unreadable() and map:info().key_size == 4 and map:info().type:find("array") then
        map:update(u32(1), ("\1"):rep(map:info().value_size))
      end
      local dumped = fixture.json(("bpftool -j map dump id %d 2>/dev/null"):format(item.id))
      local cursor = map:cursor { raw = true }
      if cursor and type(dumped) == "table" and dumped[1] and dumped[1].value
        and not dumped[1].value.error then
        local ours = {}
        for key, value in map:each { raw = true } do ours[key] = value end
        for _, entry in ipairs(dumped) do
          local key = {}
          for i, byte in ipairs(entry.key) do key[i] = string.char(tonumber(byte)) end
          local value = {}
          for i, byte in ipairs(entry.value) do value[i] = string.char(tonumber(byte)) end
          assert.equal(table.concat(value), ours[table.concat(key)], item.name)
          compared = compared + 1
        end
      end
    end
    assert.truthy(compared >= 3)
  end)

  it("resolves prefixes, programs and inner maps; JSON has the ids as numbers", function()
    local lpm <close> = open("mt_lpm")
    lpm:update(u32(16) .. "\10\1\0\0", u32(5))
    assert.equal('{"key":"10.1.0.0/16","value":5}\n', lines(lpm))
    local outer <close> = open("mt_outer")
    local inner <close> = open("mt_inner")
    local text = ("mt_inner (%d)"):format(inner:id())
    assert.equal(('{"key":0,"value":%d}\n'):format(inner:id()), lines(outer))
    for key, value in outer:each() do assert.same({ 0, text }, { key, value }) end
    assert.equal("key,map\n0," .. text .. "\n", lines(outer, { format = "csv" }))
    local progs <close> = open("mt_progs")
    local prog <close> = object:prog("mt_fill_ring")
    assert.is_true(progs:update(u32(2), u32(prog:fd())))
    assert.equal(('{"key":2,"value":%d}\n'):format(prog:info().id), lines(progs))
  end)
end)

describe("decode by type", function()
  before_each(function() object = assert(bpf.load(fixture.object("maps"))) end)
  after_each(function() object:close() end)

  it("shows stacks by their symbols", function()
    object:attach("mt_fill_ring")
    os.execute("true")
    object:detach()
    local map <close> = open("mt_stacks")
    local stacks = 0
    for _, frames in map:each() do
      stacks = stacks + 1
      assert.truthy(#frames > 0 and #frames <= 10)
      for _, frame in ipairs(frames) do assert.matches("^[%w_.]+", frame) end
      assert.matches("%a+", frames[1])
    end
    assert.truthy(stacks > 0)
  end)

  it("shows devices by name, CPU queues by size, sockets by cookie", function()
    local dev <close> = open("mt_devmap")
    assert.is_true(dev:update(u32(2), u32(1)))
    assert.equal('{"key":2,"value":"lo"}\n', lines(dev))
    local cpu <close> = open("mt_cpumap")
    if cpu:update(u32(0), u32(192)) then
      assert.equal('{"key":0,"value":192}\n', lines(cpu))
    end
    local sock <close> = open("mt_sockmap")
    assert.equal("", lines(sock))
  end)
end)

describe("lunette.decoder", function()
  before_each(function() object = assert(bpf.load(fixture.object("maps"))) end)
  after_each(function() object:close() end)

  it("overrules BTF, for the part that it declares", function()
    local _ <close> = declared { match = { name = "mt_pc_hash" },
      value = d.struct { d.u32():as("hits"), d.u32():as("misses") }, cpus = "sum" }
    local map <close> = open("mt_pc_hash")
    map:update(u32(3), u32(1) .. u32(2))
    local cpus = bpf.cpus()
    assert.equal(('{"key":3,"value":{"hits":%d,"misses":%d}}\n'):format(cpus, 2 * cpus), lines(map))
    local decoder = map:decoder()
    assert.matches("declared at .*decoder_spec.lua:%d+ for name mt_pc_hash", decoder.why)
    assert.equal("hits", decoder.columns.value[1].name)
    assert.is_true(decoder.pure)
    assert.matches("^key,cpu,hits,misses\n3,0,1,2\n", lines(map, { format = "csv", cpus = true }))
  end)

  it("takes the most specific, and among equals the last", function()
    local _ <close> = declared { match = { type = "percpu_hash" }, name = "by type" }
    local _ <close> = declared { match = { name = "mt_*" }, name = "by glob" }
    local _ <close> = declared { match = { name = "mt_pc_hash" }, name = "by name" }
    local _ <close> = declared { match = { name = "mt_*", value_size = 8 }, name = "by more" }
    local map <close> = open("mt_pc_hash")
    assert.equal("by name", d.for_map(map:info()).name)
    local lru <close> = open("mt_lru")
    assert.equal("by more", d.for_map(lru:info()).name)
    local hash <close> = open("mt_hash")
    assert.equal("by glob", d.for_map(hash:info()).name)
    local _ <close> = declared { match = { id = map:id() }, name = "by id" }
    assert.equal("by id", d.for_map(map:info()).name)
  end)

  it("matches by pin, program and function", function()
    local map <close> = open("mt_hash")
    local path = fixture.pin("decoder")
    assert.truthy(bpf.pin(map, path))
    local facts = require("lunette.decode.facts")
    assert.truthy(facts)
    local _ <close> = declared { match = { pin = path }, name = "by pin" }
    local _ <close> = declared { match = function(info) return info.name == "mt_ring" end,
      name = "by function" }
    os.execute("sleep 2.1") -- pins are cached for a second
    assert.equal("by pin", d.for_map(map:info()).name)
    bpf.unpin(path)
    local ring <close> = open("mt_ring")
    assert.equal("by function", d.for_map(ring:info()).name)
    local _ <close> = declared { match = { program = "mt_fill_ring" }, name = "by program" }
    assert.equal("by program", d.for_map(open("maps.bss"):info()).name)
  end)

  it("matches a pin by another spelling of its path", function()
    local map <close> = open("mt_hash")
    local other <close> = open("mt_array")
    local path, link = fixture.pin("spelling"), os.tmpname()
    assert.truthy(bpf.pin(map, path))
    os.remove(link)
    assert.truthy(os.execute(("ln -s %s %s"):format(path, link)))
    local folder, name = path:match("^(.*)/([^/]+)$")
    for _, spelling in ipairs { path, folder .. "//" .. name, folder .. "/./" .. name,
      folder .. "/../" .. folder:match("[^/]+$") .. "/" .. name, link,
      folder .. "//./" .. name:sub(1, -2) .. "*" } do
      local _ <close> = declared { match = { pin = spelling }, name = "by spelling" }
      assert.equal("by spelling", (d.for_map(map:info()) or {}).name, spelling)
      assert.not_equal("by spelling", (d.for_map(other:info()) or {}).name, spelling)
    end
    os.remove(link)
    bpf.unpin(path)
  end)

  it("knows the holder of a map that was made a moment ago", function()
    local name = assert(io.open("/proc/self/comm")):read("l")
    local _ <close> = declared { match = { process = name }, name = "by process" }
    local map <close> = open("mt_hash")
    assert.equal("by process", d.for_map(map:info()).name)
    local later <close> = assert(bpf.load(fixture.object("maps")))
    local young <close> = assert(later:map("mt_hash"))
    assert.equal("by process", d.for_map(young:info()).name)
  end)

  it("lets a Lua function stand for a whole part", function()
    local _ <close> = declared { match = { name = "mt_lru" },
      key = function(bytes) return "k" .. ("<I8"):unpack(bytes) end,
      value = function(bytes)
        local n = ("<I8"):unpack(bytes)
        if n == 13 then error({ "unlucky" }) end
        return { n = n }
      end }
    local map <close> = open("mt_lru")
    map:update(("<I8"):pack(1), ("<I8"):pack(5))
    assert.is_false(map:decoder().pure)
    assert.equal('{"key":"k1","value":{"n":5}}\n', lines(map))
    assert.equal('key,value\nk1,"{""n"":5}"\n', lines(map, { format = "csv" }))
    map:update(("<I8"):pack(1), ("<I8"):pack(13))
    assert.matches('^{"key":"k1","value":{"error":"table', lines(map))
  end)

  it("says what is wrong with one that can't be for the map, and shows the map", function()
    local _ <close> = declared { match = { name = "mt_array" }, value = d.cstring(64) }
    local map <close> = open("mt_array")
    assert.matches("the decoder for it is wrong: .*outside", map:decoder().why)
    assert.matches('^{"key":0,"value":"0"}', lines(map))
  end)

  it("says how a ring buffer's records look", function()
    local _ <close> = declared { match = { name = "mt_ring" },
      value = d.struct { d.u32():as("a"), d.u32():as("b") } }
    local map <close> = open("mt_ring")
    assert.equal("declared", map:decoder().kind)
    assert.same({}, d.records(map).records)
    object:attach("mt_fill_ring")
    os.execute("true")
    object:detach()
    local ring = assert(d.records(map, 1))
    assert.same({ a = 1, b = 2 }, ring.records[1].value)
    local hash <close> = open("mt_hash")
    assert.is_nil((d.records(hash)))
  end)

  it("is checked where it is declared", function()
    assert.error_matches(function() d.declare { key = d.u8() } end, "needs a match")
    assert.error_matches(function() d.declare { match = { nam = "x" } } end, "no condition 'nam'")
    assert.error_matches(function() d.declare { match = {}, key = "u32" } end, "key must be made")
  end)
end)

describe("a map that keeps no BTF", function()
  setup(function() object = assert(bpf.load(fixture.object("declared"))) end)
  teardown(function() object:close() end)

  it("is typed by the declaration in a program that uses it", function()
    local jobs <close> = object:map("dc_jobs")
    assert.equal(0, jobs:info().btf_id)
    local decoder = d.for_map(jobs:info())
    assert.equal("BTF job", decoder.name)
    assert.matches("^BTF %d+, of a program that uses it, declares its value$", decoder.why)
    assert(jobs:push(("<I8c8"):pack(7, "build")))
    assert.same({ id = 7, name = "build" }, decoder.value_plan:decode(assert(jobs:peek())))
  end)

  it("also by a name that the kernel cut, beside what its type says", function()
    local places <close> = object:map("dc_places_of_jobs")
    local inner <close> = object:map("dc_inner")
    local decoder = d.for_map(places:info())
    assert.equal("hash_of_maps", decoder.name)
    local key = assert(decoder.key_plan:encode({ zone = 1, rack = 2, slot = 3 }))
    assert.equal(("<I4I2I2"):pack(1, 2, 3), key)
    assert(places:update(key, ("<I4"):pack(inner:fd()))) -- the kernel takes a descriptor
    for found, value in places:each() do
      assert.same({ zone = 1, rack = 2, slot = 3 }, found)
      assert.equal(("dc_inner (%d)"):format(inner:id()), value)
    end
  end)

  it("stays what it is where nothing is declared", function()
    local plain <close> = object:map("dc_plain")
    assert.equal("default", d.for_map(plain:info()).kind)
  end)

  it("has a cell for a variable whose name has a dot", function()
    local info
    for _, map in ipairs(object:maps()) do
      if map.name:find("%.data$") then info = assert(bpf.map_info(map.id)) end
    end
    local page = tables.page(info, { first = 10 }, {})
    assert.equal("dc_count.calls", page.columns[2].name)
    assert.same({ 0, 7 }, page.rows[1].cells)
    local column = d.for_map(info).columns.value[1]
    assert.same({ "dc_count.calls" }, column.path)
  end)

  it("and Btf:map tells of the declarations", function()
    local btf <close> = assert(bpf.btf(fixture.object("declared")))
    local types = assert(btf:map("dc_jobs"))
    assert.is_nil(types.key)
    assert.equal("job", btf:type(types.value).name)
    assert.equal("place", btf:type(btf:map("dc_places_of_jo").key).name)
    assert.is_nil(btf:map("dc_places_of"))
    assert.is_nil(btf:map("dc_count"))
    assert.same({}, btf:map("dc_plain"))
  end)
end)
