local json = require("lunette.runtime.json")
local u64 = require("lunette.runtime.u64")

describe("json.encode", function()
  it("writes integers exactly and floats as the shortest text", function()
    assert.equal("123456789012345678", json.encode(123456789012345678))
    assert.equal("-9223372036854775808", json.encode(math.mininteger))
    assert.equal("3", json.encode(3.0))
    assert.equal("0.1", json.encode(0.1))
    assert.equal("null", json.encode(0 / 0))
  end)

  it("tells lists from objects", function()
    assert.equal("[1,2]", json.encode({ 1, 2 }))
    assert.equal("{}", json.encode({}))
    assert.equal("[]", json.encode(json.array({})))
    assert.equal('{"a":1,"b":[]}', json.encode({ b = json.array({}), a = 1 }))
    assert.equal("[1,null]", json.encode({ 1, json.null }))
  end)

  it("keeps the order of a shape and writes its missing fields as null", function()
    local shape = json.shape({ "z", "a", "m" })
    assert.equal('{"z":1,"a":null,"m":"x"}', json.encode(setmetatable({ m = "x", z = 1 }, shape)))
  end)

  it("replaces bytes that are no UTF-8", function()
    assert.equal('"a\u{FFFD}b"', json.encode("a\xffb"))
  end)

  it("refuses what JSON can't hold, by name", function()
    assert.error_matches(function() json.encode(print) end, "cannot write a function")
    assert.error_matches(function() json.encode({ a = 1, [2] = 3 }) end, "list items and named")
    assert.error_matches(function() json.encode({ [true] = 1 }) end, "neither a string")
    local deep = {}
    local at = deep
    for _ = 1, 300 do
      at.a = {}
      at = at.a
    end
    assert.error_matches(function() json.encode(deep) end, "nested deeper than 200")
    local cycle = {}
    cycle.self = cycle
    assert.error_matches(function() json.encode(cycle) end, "nested deeper")
  end)
end)

describe("json.decode", function()
  it("reads values, null as json.null", function()
    assert.same({ a = { 1, json.null } }, json.decode('{"a":[1,null]}'))
  end)

  it("gives nil and a message for what is no JSON", function()
    for _, text in ipairs({ "", "{", "[1,]", "nul", '{"a":NaN}', ("["):rep(10000) }) do
      local value, err = json.decode(text)
      assert.is_nil(value)
      assert.is_string(err)
    end
  end)
end)

describe("u64", function()
  it("prints and reads the whole range", function()
    assert.equal("18446744073709551615", u64.str(-1))
    assert.equal(-1, u64.parse("18446744073709551615"))
    assert.equal(0, u64.parse("000"))
    assert.is_nil(u64.parse("18446744073709551616"))
    assert.is_nil(u64.parse("-1"))
    assert.is_nil(u64.parse("1.5"))
  end)

  it("rounds to a float as unsigned", function()
    assert.equal(2.0 ^ 64, u64.float(-1))
    assert.equal(2.0 ^ 63, u64.float(math.mininteger))
    assert.equal(7.0, u64.float(7))
  end)
end)
