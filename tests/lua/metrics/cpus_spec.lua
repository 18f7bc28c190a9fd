-- Per-CPU maps, facts as labels, and sums that outlive their entries, on real maps.

local bpf = require("bpf")
local core = require("lunette.core.metrics")
local fixture = require("tests.lua.support.fixture")
local lunette = require("lunette")
local support = require("tests.lua.metrics.support")
local d, metrics = lunette.decode, lunette.metrics

local possible = bpf.cpus()

describe("a per-CPU map", function()
  local object, map, id

  before_each(function()
    support.clear()
    object = support.object()
    map = object:map("mx_percpu")
    id = map:info().id
    local values = {}
    for cpu = 1, possible do values[cpu] = ("<I8"):pack(cpu * 10) end
    assert(map:update(("<c16"):pack("cat"), values))
  end)

  after_each(function() object:close() end)

  local decode = { key = d.cstring(16):as("comm"), value = d.u64() }

  local function value_of(cpus, value)
    support.clear()
    metrics.map { name = "x", match = { id = id }, decode = decode, cpus = cpus,
      labels = { comm = "key" }, value = value }
    return support.sample(support.text(), 'x{comm="cat"}')
  end

  it("is summed, or its least, greatest or average value", function()
    assert.are.equal(tostring(10 * possible * (possible + 1) // 2), value_of())
    assert.are.equal("10", value_of("min"))
    assert.are.equal(tostring(10 * possible), value_of("max"))
    assert.are.equal(tostring(5 * (possible + 1)), value_of("avg"))
  end)

  it("is the same by a Lua function", function()
    for _, cpus in ipairs { "sum", "min", "max" } do
      assert.are.equal(value_of(cpus), value_of(cpus, function(_, value) return value end))
    end
  end)

  it("is never summed up beyond 64 bits to something small", function()
    if possible < 2 then return end
    local values = {}
    for cpu = 1, possible do values[cpu] = ("<i8"):pack(cpu == 1 and -1 or 1) end
    assert(map:update(("<c16"):pack("cat"), values))
    assert.are.equal("18446744073709551615", value_of("sum"))
    assert.are.equal(2 ^ 64 / possible, tonumber(value_of("avg")))
    decode.value = d.i64()
    for cpu = 1, possible do values[cpu] = ("<i8"):pack(math.mininteger) end
    assert(map:update(("<c16"):pack("cat"), values))
    assert.are.equal("-9223372036854775808", value_of("sum"))
    assert.are.equal(-2.0 ^ 63, tonumber(value_of("avg")))
    decode.value = d.u64()
  end)

  it("has a series a CPU, in C and in Lua", function()
    metrics.map { name = "c", match = { id = id }, decode = decode, cpus = "each",
      labels = { comm = "key" } }
    metrics.map { name = "l", match = { id = id }, decode = decode,
      labels = { comm = "key", cpu = "cpu" }, value = function(_, value) return value end }
    local text = support.text()
    for cpu = 0, possible - 1 do
      for _, name in ipairs { "c", "l" } do
        assert.are.equal(tostring((cpu + 1) * 10),
          support.sample(text, ('%s{comm="cat",cpu="%d"}'):format(name, cpu)))
      end
    end
  end)
end)

describe("labels", function()
  local object

  before_each(function()
    support.clear()
    object = support.object()
  end)

  after_each(function() object:close() end)

  it("tell the programs that use a map and the processes that hold it", function()
    local map = object:map("mx_calls")
    assert(map:update(("<I8"):pack(1), (function()
      local values = {}
      for cpu = 1, possible do values[cpu] = ("<I8"):pack(1) end
      return values
    end)()))
    metrics.map { name = "x", match = { id = map:info().id }, labels = { program = "program.name",
      kind = "program.type", comm = "owner.comm", pid = "owner.pid", id = "map.id" } }
    assert.are.equal(tostring(possible), support.sample(support.text(),
      ('x{comm="%s",id="%d",kind="tracepoint",pid="%d",program="mx_enter"}'):format(
        fixture.output("cat /proc/" .. fixture.pid() .. "/comm"):gsub("\n", ""),
        map:info().id, fixture.pid())))
  end)
end)

describe("a counter over entries that go", function()
  it("does not fall, and goes on from there", function()
    support.clear()
    local object <close> = support.object()
    local map = object:map("mx_buckets")
    local function put(disk, bucket, value)
      assert(map:update(("<I4I4"):pack(disk, bucket), ("<I8"):pack(value)))
    end
    metrics.map { name = "x", type = "counter", match = { id = map:info().id },
      labels = { disk = "key.disk" }, value = "value" }
    put(1, 1, 100)
    put(1, 2, 50)
    assert.are.equal("150", support.sample(support.text(), 'x_total{disk="1"}'))
    map:delete(("<I4I4"):pack(1, 1))
    assert.are.equal("150", support.sample(support.text(), 'x_total{disk="1"}'))
    put(1, 2, 60)
    assert.are.equal("160", support.sample(support.text(), 'x_total{disk="1"}'))
  end)

  it("begins anew where each entry is a series of its own, and tells so", function()
    support.clear()
    local object <close> = support.object()
    local map = object:map("mx_buckets")
    local key = ("<I4I4"):pack(1, 1)
    metrics.map { name = "x", type = "counter", match = { id = map:info().id },
      labels = { disk = "key.disk", bucket = "key.bucket" }, value = "value" }
    map:update(key, ("<I8"):pack(100))
    local om = { format = "openmetrics" }
    assert.is_falsy(support.text(om):find("x_created"))
    local before = core.now()
    map:update(key, ("<I8"):pack(7))
    local text = support.text(om)
    assert.are.equal("7", support.sample(text, 'x_total{bucket="1",disk="1"}'))
    local created = tonumber(support.sample(text, 'x_created{bucket="1",disk="1"}'))
    assert.is_true(created > before - 5 and created <= before + 1)
  end)
end)
