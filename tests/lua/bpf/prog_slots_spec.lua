-- The programs in the slots of a program array: by the kernel walk, and by lookups.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local METHODS = { "iterator", "lookup" }

describe("bpf.prog_slots", function()
  local folder = fixture.pin("slots")
  local object, first, second

  local function array(name, entries)
    fixture.run("bpftool map create %s/%s type prog_array key 4 value 4 entries %d name %s",
      folder, name, entries, name)
    return assert(bpf.map(folder .. "/" .. name))
  end

  local function put(map, index, prog)
    assert(map:update(("<I4"):pack(index), ("<I4"):pack(prog:fd())))
  end

  setup(function()
    fixture.run("mkdir %s", folder)
    object = assert(bpf.load(fixture.object("code/net")))
    first, second = object:prog("code_xdp_parse"), object:prog("code_xdp_swap")
  end)

  teardown(function()
    first:close()
    second:close()
    object:close()
    os.execute("rm -rf " .. folder)
  end)

  it("gives the programs of a large array that is mostly empty", function()
    local map <close> = array("ps_large", 240000)
    local expected = {}
    for _, index in ipairs { 0, 1, 127, 128, 2048, 100000, 239999 } do
      local prog = index % 2 == 0 and first or second
      put(map, index, prog)
      expected[#expected + 1] = { map_id = map:id(), index = index, prog_id = prog:info().id }
    end
    for _, method in ipairs(METHODS) do
      assert.same(expected, bpf.prog_slots { map = map:id(), method = method })
    end
  end)

  it("gives all slots of arrays that are full, however many", function()
    for _, entries in ipairs { 1, 127, 128, 2047, 2048, 2049, 5000 } do
      local map <close> = array("ps_full" .. entries, entries)
      for index = 0, entries - 1 do put(map, index, first) end
      for _, method in ipairs(METHODS) do
        local found = assert(bpf.prog_slots { map = map:id(), method = method })
        assert.equal(entries, #found, method)
        for i, one in ipairs(found) do
          if one.index ~= i - 1 or one.prog_id ~= first:info().id then error("slot " .. i) end
        end
      end
    end
  end)

  it("gives those of all arrays", function()
    local a <close> = array("ps_a", 3)
    local b <close> = array("ps_b", 3000)
    put(a, 2, first)
    for index = 0, 2999 do put(b, index, second) end
    for _, method in ipairs(METHODS) do
      local counts = {}
      for _, one in ipairs(assert(bpf.prog_slots { method = method })) do
        counts[one.map_id] = (counts[one.map_id] or 0) + 1
      end
      assert.same({ 1, 3000 }, { counts[a:id()], counts[b:id()] })
    end
  end)

  it("gives none of other maps, and of maps that are gone", function()
    local flows = fixture.find(object:maps(), { name = "code_flows" }).id
    for _, method in ipairs(METHODS) do
      assert.same({}, bpf.prog_slots { map = flows, method = method })
      assert.same({}, bpf.prog_slots { map = 0x7ffffff0, method = method })
    end
    assert.has_error(function() bpf.prog_slots { method = "guess" } end)
    assert.has_error(function() bpf.prog_slots { map = -1 } end)
  end)
end)
