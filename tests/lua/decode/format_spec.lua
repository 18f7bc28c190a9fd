-- The formats of eBPF explorer's users, read and written.

local format = require("lunette.decode.format")

local function parse(text, as, size) return (format.parse(text, as, size)) end
local function refusal(text, as, size)
  local bytes, err = format.parse(text, as, size)
  assert.is_nil(bytes)
  return err
end

describe("decode.format", function()
  it("writes hex in lower case without a prefix", function()
    assert.equal("00ff1a", format.format("\0\255\26", "HEX"))
    assert.equal("", format.format("", "HEX"))
  end)

  it("drops NUL bytes at the end of strings only", function()
    assert.equal("bash", format.format("bash\0\0\0", "STRING"))
    assert.equal("a\0b", format.format("a\0b\0", "STRING"))
  end)

  it("writes signed little-endian numbers of up to 8 bytes, hex beyond", function()
    assert.equal("-1", format.format("\255", "NUMBER"))
    assert.equal("513", format.format("\1\2\0", "NUMBER"))
    assert.equal("9223372036854775807", format.format(("<i8"):pack(math.maxinteger), "NUMBER"))
    assert.equal("-9223372036854775808", format.format(("<i8"):pack(math.mininteger), "NUMBER"))
    assert.equal("010000000000000000", format.format("\1" .. ("\0"):rep(8), "NUMBER"))
  end)

  it("raises on a format that is none", function()
    assert.error_matches(function() format.format("x", "OCTAL") end, "no format 'OCTAL'")
    assert.error_matches(function() format.parse("x", nil, 1) end, "no format 'nil'")
  end)
end)

describe("decode.parse", function()
  it("reads what format wrote", function()
    math.randomseed(2026)
    for size = 1, 8 do
      for _ = 1, 50 do
        local bytes = {}
        for i = 1, size do bytes[i] = string.char(math.random(0, 255)) end
        local field = table.concat(bytes)
        for _, as in ipairs { "HEX", "NUMBER" } do
          assert.equal(field, parse(format.format(field, as), as, size))
        end
      end
    end
    assert.equal("bash\0\0\0\0", parse("bash", "STRING", 8))
  end)

  it("takes unsigned numbers too", function()
    assert.equal("\255", parse("255", "NUMBER", 1))
    assert.equal(("\255"):rep(8), parse("18446744073709551615", "NUMBER", 8))
    assert.equal("\16\0", parse("0x10", "NUMBER", 2))
  end)

  it("refuses by name what does not fit", function()
    assert.equal("number 256 does not fit 1 byte", refusal("256", "NUMBER", 1))
    assert.equal("number -129 does not fit 1 byte", refusal("-129", "NUMBER", 1))
    assert.equal("number 4294967296 does not fit 4 bytes", refusal("4294967296", "NUMBER", 4))
    assert.equal("number 18446744073709551616 does not fit 8 bytes",
      refusal("18446744073709551616", "NUMBER", 8))
    assert.equal("number 0x1ffffffffffffffff does not fit 8 bytes",
      refusal("0x1ffffffffffffffff", "NUMBER", 8))
    assert.equal("number -9223372036854775809 does not fit 8 bytes",
      refusal("-9223372036854775809", "NUMBER", 8))
    assert.equal("'ten' is not a number", refusal("ten", "NUMBER", 4))
    assert.equal("'' is not a number", refusal("", "NUMBER", 4))
    assert.equal("a number has at most 8 bytes, the field has 16", refusal("1", "NUMBER", 16))
    assert.equal("hex 'abc' has an odd number of digits", refusal("abc", "HEX", 2))
    assert.equal("hex 'ab' has 1 bytes, the field has 2", refusal("ab", "HEX", 2))
    assert.equal("'xy' is not hex", refusal("xy", "HEX", 1))
    assert.equal("string 'long' has 4 bytes, the field has 3", refusal("long", "STRING", 3))
  end)
end)
