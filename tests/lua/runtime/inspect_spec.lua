local inspect = require("lunette.runtime.inspect")
local json = require("lunette.runtime.json")

describe("inspect", function()
  it("writes scalars as Lua does", function()
    assert.equal("nil", inspect(nil))
    assert.equal("true", inspect(true))
    assert.equal("1.5", inspect(1.5))
    assert.equal("-1", inspect(-1))
    assert.equal("null", inspect(json.null))
  end)

  it("shows what a far negative number is as u64", function()
    assert.equal("-9223372036854775808 (as u64 9223372036854775808)", inspect(math.mininteger))
  end)

  it("tells text, text padded with NULs and other bytes apart", function()
    assert.equal('"a\\n\\"é"', inspect('a\n"é'))
    assert.equal('"bash" + 12 NUL', inspect("bash" .. ("\0"):rep(12)))
    assert.equal("<01 00 00 00>", inspect("\1\0\0\0"))
    assert.equal("<00 00>", inspect("\0\0"))
    assert.equal("<ff fe>", inspect("\xff\xfe"))
    assert.equal('""', inspect(""))
  end)

  it("cuts long bytes and says how long they are", function()
    local text = inspect(("x"):rep(3000))
    assert.truthy(text:find(" … 3000 bytes in all", 1, true))
    text = inspect(("\1"):rep(3000))
    assert.truthy(text:find("> … 3000 bytes in all", 1, true))
    assert.is_true(#text < 2000)
  end)

  it("writes tables on one line where they fit, with sorted keys", function()
    assert.equal('{ 1, 2, a = 1, ["b c"] = 2, ["end"] = 3 }',
      inspect({ 1, 2, a = 1, ["b c"] = 2, ["end"] = 3 }))
    assert.equal("{}", inspect({}))
    assert.equal("{\n  aaaaaaaaaa = 1,\n  bbbbbbbbbb = 2\n}",
      inspect({ aaaaaaaaaa = 1, bbbbbbbbbb = 2 }, { width = 20 }))
  end)

  it("writes floats so that they read back", function()
    assert.equal("{ 0.30000000000000004, 3.0, 9007199254740994.0, 1e+300, inf }",
      inspect({ 0.1 + 0.2, 3.0, 2.0 ^ 53 + 2, 1e300, 1 / 0 }))
  end)

  it("keeps the order of a shape", function()
    assert.equal("{ z = 1, a = 2 }",
      inspect(setmetatable({ a = 2, z = 1 }, json.shape { "z", "a" })))
  end)

  it("ends at cycles, depth and length", function()
    local t = { 1 }
    t.self = t
    assert.equal("{ 1, self = <the table around> }", inspect(t))
    assert.equal("{ { { … } } }", inspect({ { { 1 } } }, { depth = 2 }))
    local long = {}
    for i = 1, 300 do long[i] = i end
    assert.truthy(inspect(long, { items = 10 }):find("… 290 more", 1, true))
  end)

  it("survives a __tostring that fails, and a table that lies", function()
    assert.equal("<table>", inspect(setmetatable({}, { __tostring = function() error("x") end })))
    assert.equal("{}", inspect(setmetatable({}, { __index = function() error("x") end,
      __pairs = function() error("x") end, __len = function() error("x") end })))
  end)

  it("says where a function is from", function()
    assert.equal("<built-in function>", inspect(print))
    assert.matches("^<function .*inspect_spec.lua:%d+>$", inspect(function() end))
  end)
end)
