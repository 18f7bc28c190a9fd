-- Small parts of the command line that need no kernel.
local exit = require("lunette.cli.exit")
local json = require("lunette.runtime.json")
local keys = require("lunette.cli.top.keys")
local output = require("lunette.cli.output")
local sample = require("lunette.cli.top.sample")
local snapshot = require("lunette.cli.map.snapshot")
local units = require("lunette.cli.units")
local where = require("lunette.cli.map.where")

describe("units", function()
  it("writes bytes, durations, ages and counts", function()
    assert.equal("0B", units.bytes(0))
    assert.equal("4K", units.bytes(4096))
    assert.equal("1.5K", units.bytes(1536))
    assert.equal("0", units.duration(0))
    assert.equal("1.50us", units.duration(1.5e-6))
    assert.equal("12.3ms", units.duration(0.0123))
    assert.equal("120s", units.duration(120))
    assert.equal("8s", units.age(8.9))
    assert.equal("1m 1s", units.age(61))
    assert.equal("3d 4h", units.age(3 * 86400 + 4 * 3600))
    assert.equal("12d", units.age(12 * 86400 + 4 * 3600))
    assert.equal("12.3k", units.count(12345))
    assert.equal("7", units.count(7))
    assert.is_nil(units.bytes(nil))
  end)
end)

describe("where", function()
  it("reads conditions", function()
    assert.same({
      { column = "calls", op = "GT", value = "100" },
      { column = "comm", op = "EQ", value = "a b" },
      { column = "comm", op = "MATCHES", value = "^x=" },
      { column = "n", op = "LE", value = "-1" },
      { column = "comm", op = "CONTAINS", value = "k" },
    }, where.filter { "calls > 100", "comm == 'a b'", "comm =~ ^x=", "n<=-1", "comm *= k" })
    assert.is_nil(where.filter {})
  end)

  it("refuses what is none", function()
    for _, text in ipairs { "calls", "> 3", "calls >", "" } do
      local ok, err = pcall(where.filter, { text })
      assert.is_false(ok)
      assert.equal(exit.USAGE, exit.failure(err).code)
    end
  end)

  it("reads sorting and formats", function()
    assert.same({ column = "calls", order = "DESC" }, where.sort("calls"))
    assert.same({ column = "calls", order = "ASC" }, where.sort("calls:asc"))
    assert.same({ column = "a:b", order = "DESC" }, where.sort("a:b"))
    assert.same({ "HEX", "HEX" }, { where.formats("hex") })
    assert.same({ "STRING", "NUMBER" }, { where.formats("string:number") })
    assert.has_error(function() where.formats("octal") end)
  end)
end)

describe("output.indent", function()
  it("changes nothing but space", function()
    local value = {
      a = { 1, { b = "x,{y}\"[\\" } }, c = json.array({}), d = {}, e = "", f = json.null, g = true,
    }
    local text = json.encode(value)
    local indented = output.indent(text)
    assert.same(json.decode(text), json.decode(indented))
    assert.equal('{\n  "a": [\n    1,\n', indented:sub(1, 18))
  end)
end)

describe("keys", function()
  it("tells sequences and characters apart", function()
    assert.same({ "up", "q", "down", "é", "escape", "enter", "" },
      keys.parse("\27[Aq\27[Bé\27\r\27[99~"))
    assert.same({ "escape" }, keys.parse("\27"))
    assert.same({}, keys.parse(""))
  end)
end)

describe("sample.spark", function()
  it("draws the last values, the highest full", function()
    assert.equal("  ▁▄█", sample.spark({ 0.1, 4, 8 }, 5))
    assert.equal("   ▄█", sample.spark({ 0, 1, 2 }, 5))
    assert.equal("  ", sample.spark({ 9, 0, 0 }, 2))
    assert.equal("   ", sample.spark({}, 3))
  end)
end)

describe("snapshot.changes", function()
  local columns = { { name = "k", numeric = false }, { name = "v", numeric = true } }
  local function shot(at, rows)
    local self = { at = at, rows = {}, order = {}, columns = columns }
    for _, row in ipairs(rows) do
      self.order[#self.order + 1] = row[1]
      self.rows[row[1]] = row
    end
    return self
  end

  it("tells added, changed and removed rows", function()
    local changes = snapshot.changes(shot(1, { { "a", 1 }, { "b", 2 }, { "c", 3 } }),
      shot(3, { { "a", 1 }, { "b", "9007199254740993" }, { "d", 4 } }))
    assert.equal(3, #changes)
    assert.same({ "changed", "b", 2 }, { changes[1].change, changes[1].key, changes[1].seconds })
    assert.is_false(changes[1].deltas[1])
    assert.equal(9007199254740991, changes[1].deltas[2])
    assert.same({ "added", "d" }, { changes[2].change, changes[2].key })
    assert.same({ "removed", "c" }, { changes[3].change, changes[3].key })
  end)
end)

describe("exit", function()
  it("finds the code that suits a message", function()
    assert.equal(exit.DENIED, exit.code_of("Operation not permitted"))
    assert.equal(exit.MISSING, exit.code_of("program with ID 7 not found"))
    assert.equal(exit.FAILED, exit.code_of("something else"))
  end)
end)
