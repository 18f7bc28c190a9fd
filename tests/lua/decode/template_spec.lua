-- Whole maps as JSON are written from a list of steps made once: the same text as the plans write.

local bpf = require("bpf")
local d = require("lunette.decode")
local fixture = require("tests.lua.support.fixture")
local shapes = require("tests.lua.support.shapes")

local function by_plans(map, decoder)
  local lines = {}
  for key, value in map:each { raw = true } do
    lines[#lines + 1] = ('{"key":%s,"value":%s}\n'):format(decoder.key_plan:json(key),
      decoder.value_plan:json(value))
  end
  return table.concat(lines)
end

local function streamed(map, decoder)
  local parts = {}
  local stream <close> = assert(map:stream { format = "ndjson", decoder = decoder })
  for part in function() return stream:read() end do parts[#parts + 1] = part end
  return table.concat(parts)
end

describe("a stream of JSON", function()
  it("is what the plans write, for fields of every kind", function()
    local loaded = shapes.load()
    for name, map in pairs(loaded.maps) do
      if #shapes.entries[name] > 0 then
        local decoder = assert(map:decoder())
        assert.equal(by_plans(map, decoder), streamed(map, decoder), name)
      end
    end
    loaded:close()
  end)

  it("is so for lists, lists in lists, ends of lists, and plain values", function()
    local loaded <close> = assert(bpf.load(fixture.object("sorted")))
    local map <close> = assert(loaded:map("so_plain"))
    for i = 1, 3 do assert(map:update(("<I8"):pack(i), ("<I4"):pack(i):rep(16))) end
    for _, node in ipairs {
      d.array(d.u32(), 16), d.array(d.array(d.u16(), 4), 8), d.hex(64), d.u64(), d.cstring(64),
      d.array(d.u8(), 64), d.array(d.u32(), 16, { to_zero = true }),
      d.struct { d.u32():as("a"), d.array(d.struct { d.u8():as("c"), d.cstring(3):as("d\"e") },
        15):as("b") },
      d.struct { d.struct { d.u8():as("x"), d.i8():as("y") }, d.union { d.f64():as("z"),
        d.u32():as("w") }:as("u") },
    } do
      local decoder = { key_plan = d.compile(d.u64(), 8), value_plan = d.compile(node, 64) }
      assert.equal(by_plans(map, decoder), streamed(map, decoder))
    end
  end)
end)
