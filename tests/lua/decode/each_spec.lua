-- Loops over a map decode by the map's own types, whatever decoders other scripts declare.

local bpf = require("bpf")
local d = require("lunette.decode")
local fixture = require("tests.lua.support.fixture")
local registry = require("lunette.registry")

local function first(iterator, cursor)
  local key, value = iterator(cursor)
  return { key = key, value = value }
end

describe("map:each()", function()
  local object

  setup(function() object = assert(bpf.load(fixture.object("maps"))) end)
  teardown(function() object:close() end)

  it("keeps its shape where a decoder is declared", function()
    local map <close> = object:map("mt_pc_hash")
    assert(map:update("\5\0\0\0", ("<I4I4"):pack(1, 2)))
    local before = first(map:each())
    registry.loading("other.lua", function()
      d.declare { match = { name = "mt_pc_hash" }, key = d.hex(4):as("id"), cpus = "sum",
        value = d.u64():as("both") }
    end)
    local _ <close> = setmetatable({}, { __close = function()
      table.remove(registry.list("decoder"))
    end })
    local again <close> = assert(bpf.map(map:id()))
    local after, shown = first(again:each()), first(again:each { decoder = again:decoder() })
    assert.same({ key = 5, value = before.value }, after)
    assert.same(before, after)
    assert.same({ a = 1, b = 2 }, after.value[1])
    assert.equal(bpf.cpus(), #after.value)
    assert.equal("05000000", shown.key)
    assert.equal((1 | 2 << 32) * bpf.cpus(), shown.value)
  end)

  it("reads with the decoder that a script gives it", function()
    local map <close> = object:map("mt_lru")
    assert(map:update(("<I8"):pack(7), ("<I8"):pack(9)))
    map:use { key_plan = d.compile(d.hex(8), 8), value_plan = d.compile(d.u32(), 8) }
    assert.same({ key = "0700000000000000", value = 9 }, first(map:each()))
  end)
end)
