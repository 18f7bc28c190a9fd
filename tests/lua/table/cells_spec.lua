-- 64-bit numbers in JSON.

local bpf = require("bpf")
local cells = require("lunette.table.cells")
local fixture = require("tests.lua.support.fixture")
local shapes = require("tests.lua.support.shapes")

describe("cells", function()
  it("keep what a double holds, and write the rest as digits", function()
    assert.equal(5, cells.json(5))
    assert.equal(1 << 53, cells.json(1 << 53))
    assert.equal("9007199254740993", cells.json((1 << 53) + 1))
    assert.equal("-9007199254740993", cells.json(-(1 << 53) - 1))
    assert.equal("18446744073709551615", cells.json(-1, "u64"))
    assert.equal(-1, cells.json(-1))
    assert.same({ 1, "18446744073709551615" }, cells.json({ 1, -1 }, "u64"))
    assert.same({ { id = "18446744073709551615", change = -1 } },
      cells.json({ { id = -1, change = -1 } }, { id = "u64", change = "i64" }))
    assert.same({ at = { { "18446744073709551615" } } },
      cells.json({ at = { { -1 } } }, { at = "u64" }))
    assert.same({ id = "5", change = "-1", n = 7, list = { "1", "2" } }, cells.digits(
      { id = 5, change = -1, n = 7, list = { 1, 2 } },
      { id = "u64", change = "i64", list = "u64" }))
    assert.equal("[]", require("lunette.runtime.json").encode(cells.json({})))
    assert.equal("text", cells.json("text"))
    assert.is_nil(cells.json(nil))
  end)

  it("take the kernel's numbers as unsigned, at any depth", function()
    local address = 0xffffffff81000000
    assert.same(
      { addrs = { "18446744071578845184" }, priority = -100, cookie = "9223372036854775808" },
      cells.exact { addrs = { address }, priority = -100, cookie = math.mininteger })
  end)
end)

describe("the CPUs' values as one", function()
  it("are added up only where a sum says something; where they differ there is nothing", function()
    if bpf.cpus() < 2 then return pending("there is one CPU") end
    local loaded <close> = assert(bpf.load(fixture.object("shapes")))
    local map <close> = assert(loaded:map("sh_running"))
    local function row_of(values)
      for cpu = 3, bpf.cpus() do values[cpu] = ("\0"):rep(48) end
      assert(map:update("\1\0\0\0", values))
      local reader, row = cells.reader(map:info(), map:decoder(), { cpus = "SUM" }), {}
      local made = reader:row("\1\0\0\0", map:lookup("\1\0\0\0"))
      for i, column in ipairs(reader.columns) do row[column.name] = made[i] end
      return row
    end
    assert.same({ key = 1, calls = 12, pid = 4242, comm = "bash", flows = 5, last_seen_ns = 2000 },
      row_of(shapes.running.same))
    assert.same({ key = 1, calls = 12, flows = 5, last_seen_ns = 3000 },
      row_of(shapes.running.mixed))
    local stream <close> = assert(map:stream { format = "csv",
      decoder = { key_plan = map:decoder().key_plan, value_plan = map:decoder().value_plan,
        reduce = "sum" } })
    assert.equal("key,calls,pid,comm,flows,last_seen_ns\n1,12,,,5,3000\n", stream:read())
  end)
end)
