local json = require("lunette.runtime.json")
local u64 = require("lunette.runtime.u64")

describe("json.encode", function()
  it("writes integers exactly and floats as the shortest text", function()
    assert.equal("123456789012345678", json.encode(123456789012345678))
    assert.equal("-9223372036854775808", json.encode(math.mininteger))
    assert.equal("3", json.encode(3.0))
    assert.equal("0.1", json.encode(0.1))
    assert.equal("5e-324", json.encode(5e-324))
    assert.equal("1e+22", json.encode(1e22))
  end)

  it("writes NaN and the infinities as strings, for which JSON has no numbers", function()
    assert.equal('["NaN","Infinity","-Infinity"]', json.encode { 0 / 0, 1 / 0, -1 / 0 })
  end)

  it("never loses an element of a table with numbers as keys", function()
    for name, lossy in pairs {
      hundred = { [1] = "a", [100] = "b" }, zero = { [0] = "z", [1] = "a" },
      only_zero = { [0] = "z" }, negative = { [-1] = "z" }, fraction = { [1.5] = "z" },
      array = json.array { a = 1 }, array_and_items = json.array { 1, 2, a = 1 },
      items_and_field = { 1, 2, a = 1 }, field_and_number = { a = 1, [7] = 2 },
      hole = { 1, nil, 3 }, first_hole = { nil, 2 }, array_from_zero = json.array { [0] = 1 },
    } do
      local ok, err = pcall(json.encode, { inside = { lossy } })
      assert.is_false(ok, name)
      assert.matches("^json: ", err)
      assert.matches(name:find("hole") and "holes" or "[Tt]he key", err)
    end
    assert.equal('{"0":"z","1":"a"}', json.encode { ["0"] = "z", ["1"] = "a" })
    assert.equal("[1,2]", json.encode { [2.0] = 2, [1] = 1 })
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
    assert.error_matches(function() json.encode(print) end, "a function is no JSON value")
    assert.error_matches(function() json.encode({ a = 1, [2] = 3 }) end, "the key 2: ")
    assert.error_matches(function() json.encode({ [true] = 1 }) end, "the key true: ")
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
    local twice = { "x" }
    for _ = 1, 60 do twice = { twice, twice } end
    local ok, err = require("lunette.core.budget").run({ seconds = 0.05 }, json.encode, twice)
    assert.is_false(ok)
    assert.matches("over budget", err)
  end)
end)

describe("json.decode", function()
  it("reads values, null as json.null", function()
    assert.same({ a = { 1, json.null } }, json.decode('{"a":[1,null]}'))
    assert.same({ true, false, "", {} }, json.decode(' [ true ,\tfalse,\r\n"" , { } ] '))
    assert.equal(json.null, json.decode("null"))
  end)

  it("reads lists that stay lists", function()
    for _, text in ipairs { "[]", "[[],[[]]]", '{"a":[],"b":{}}', "[1]" } do
      assert.equal(text, json.encode(json.decode(text)))
    end
    local list = json.decode("[1]")
    list[1] = nil
    assert.equal("[]", json.encode(list))
  end)

  -- The text, the value, and its Lua type.
  for _, case in ipairs {
    { "0", 0, "integer" }, { "-0", 0, "integer" }, { "1.5", 1.5, "float" },
    { "1e2", 100.0, "float" },
    { "9007199254740993", 9007199254740993, "integer" },
    { "9223372036854775807", math.maxinteger, "integer" },
    { "-9223372036854775808", math.mininteger, "integer" },
    { "9223372036854775808", "9223372036854775808" },
    { "-9223372036854775809", "-9223372036854775809" },
    { "18446744073709551615", "18446744073709551615" },
    { "123456789012345678901234567890", "123456789012345678901234567890" },
    { "9007199254740993.0", 9007199254740993, "integer" },
    { "-9007199254740993.000", -9007199254740993, "integer" },
    { "900719925474099.3e1", 9007199254740993, "integer" },
    { "90071992547409930e-1", 9007199254740993, "integer" },
    { "1.8446744073709551615e19", "18446744073709551615" },
    { "1.8446744073709551616e19", 0x1p64, "float" },
    { "1e300", 1e300, "float" }, { "-1e19", "-10000000000000000000" },
    { "9007199254740993.5", 9007199254740993.5, "float" }, { "1e-400", 0.0, "float" },
    { "0e999999999999999999999", 0.0, "float" },
  } do
    it("reads the number " .. case[1] .. " exactly", function()
      local value = assert(json.decode(case[1]))
      assert.equal(case[2], value)
      assert.equal(case[3] or nil, math.type(value) or nil)
    end)
  end

  it("reads escapes; half a surrogate pair becomes U+FFFD", function()
    assert.equal('a"\\/\b\f\n\r\tA😀', json.decode([["a\"\\\/\b\f\n\r\t\u0041\ud83d\uDE00"]]))
    assert.equal("\u{FFFD}x", json.decode([["\ud83dx"]]))
    assert.equal("\u{FFFD}\u{FFFD}", json.decode([["\ude00\ud83d"]]))
    assert.equal("a\0b", json.decode([["a\u0000b"]]))
  end)

  for text, message in pairs {
    [""] = "byte 1: a value is expected, found the end",
    ["{"] = "byte 2: a name in quotes is expected",
    ["[1,]"] = "byte 4: a value is expected",
    ["nul"] = "byte 1: a value is expected, found 'nul'", ['{"a":NaN}'] = "byte 6: a value",
    ["[1"] = "byte 3: ',' or ']' is expected", ['{"a" 1}'] = "byte 6: ':' is expected",
    ['{"a":1'] = "byte 7: ',' or '}'", ['{a:1}'] = "byte 2: a name",
    ["1 2"] = "byte 3: nothing may",
    ["01"] = "byte 2: nothing may", ["-"] = "a number needs digits", ["1."] = "needs digits",
    ["1e"] = "needs digits", [".5"] = "a value is expected", ["+1"] = "a value is expected",
    ["1e400"] = "the number is too large", ["-1e400"] = "too large",
    ["0x10"] = "nothing may follow",
    ['"a'] = "a string has no end", ['"a\nb"'] = "a control character",
    ['"\\x"'] = "unknown escape",
    ['"\\u12g4"'] = "\\u needs four", ['"\\u+123"'] = "\\u needs four",
    ['"\\u12'] = "\\u needs four",
    ['"\\'] = "unknown escape", ["[\0]"] = "a value is expected",
    ["tru\0e"] = "a value is expected",
    [("["):rep(101)] = "nested deeper than 100", [('{"a":'):rep(101)] = "nested deeper than 100",
    [("["):rep(100000)] = "nested deeper than 100",
  } do
    it(("says what is wrong with %q"):format(text:sub(1, 20):gsub("%c", ".")), function()
      local value, err = json.decode(text)
      assert.is_nil(value)
      assert.is_truthy(err:find(message, 1, true), err)
    end)
  end
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

describe("require(\"cjson\")", function()
  it("is lua-cjson, for scripts that know it", function()
    local cjson = require("cjson")
    assert.same({ 1, { a = "b" } }, cjson.decode('[1, {"a": "b"}]'))
    assert.equal("[1,2]", cjson.encode { 1, 2 })
  end)
end)
