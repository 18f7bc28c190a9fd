-- Encoding: a plan encodes every value that it decodes, and refuses values that do not fit.

local bpf = require("bpf")
local d = require("lunette.decode")
local fixture = require("tests.lua.support.fixture")
local json = require("lunette.runtime.json")

local function plan(node) return d.compile(node, node.size) end
local function encode(node, value, before) return assert(plan(node):encode(value, before)) end
local function refusal(node, value)
  local bytes, err = plan(node):encode(value)
  assert.is_nil(bytes)
  return err
end

local function u32(x) return ("<I4"):pack(x) end

-- Through JSON and back, as clients do.
local function round_trip(compiled, bytes)
  local value = assert(json.decode("[" .. compiled:json(bytes) .. "]"))[1]
  return compiled:encode(value, ("\0"):rep(#bytes))
end

describe("plan:encode", function()
  it("writes numbers of every size and order", function()
    assert.equal("\255", encode(d.u8(), 255))
    assert.equal("\254\255", encode(d.i16(), -2))
    assert.equal("\1\2", encode(d.be16(), 0x102))
    assert.equal(("\255"):rep(8), encode(d.u64(), "18446744073709551615"))
    assert.equal("\0\0\0\128", encode(d.i32(), -2147483648.0))
    assert.equal(("\255"):rep(16), encode(d.i128(), "-1"))
    assert.equal("\16\0\0\0", encode(d.u32(), "0x10"))
    assert.equal(("<I8"):pack(0xfffffffc), encode(d.i64():mirrored(), 3))
  end)

  it("refuses names that tell no number, with the reason", function()
    assert.equal("value: needs a whole number: the name of an error stands for 2 and for -2 alike",
      refusal(d.errno(), "ENOENT"))
    assert.equal(("<i4"):pack(-2), encode(d.errno(), -2))
    assert.equal("value: needs nanoseconds since boot: a date depends on the clock, which is "
      .. "adjusted", refusal(d.timestamp(), "2026-12-01T10:00:00.000000000Z"))
    assert.equal(("<I8"):pack(5), encode(d.timestamp(), 5))
    assert.equal("value: needs the stack's id: the frames that are shown don't tell it",
      refusal(d.stack(1), "read;entry"))
  end)

  it("shows the same moment for the same nanoseconds each time", function()
    local moment, bytes = plan(d.timestamp()), ("<I8"):pack(1000000000)
    local first = moment:json(bytes)
    for _ = 1, 1000 do assert.equal(first, moment:json(bytes)) end
  end)

  it("refuses numbers that do not fit, by the field's name", function()
    assert.equal("value: the number does not fit u8: 0 to 255", refusal(d.u8(), 256))
    assert.equal("value: a number below zero does not fit u32", refusal(d.u32(), -1))
    assert.equal("value: the number does not fit i8: -128 to 127", refusal(d.i8(), 128))
    assert.equal("value: the number does not fit i64: -9223372036854775808 to 9223372036854775807",
      refusal(d.i64(), "-9223372036854775809"))
    assert.equal("value: the number does not fit u64: 0 to 18446744073709551615",
      refusal(d.u64(), "18446744073709551616"))
    assert.equal("value: a float beyond 2^53 is not exact: give the digits as text",
      refusal(d.u64(), 18446744073709551615))
    assert.equal("value: needs a whole number", refusal(d.u32(), 1.5))
    assert.equal("value: needs a whole number", refusal(d.u32(), "ten"))
    assert.equal("value: needs a whole number", refusal(d.u32(), "1\0"))
    assert.equal("value: needs a whole number", refusal(d.u32(), 0 / 0))
    assert.equal("value: needs a whole number", refusal(d.u128(), ("9"):rep(40)))
    assert.equal("value: needs a value, not a table", refusal(d.u32(), {}))
    local node = d.struct { d.struct { d.port():as("port") }:as("peer"),
      d.array(d.u8(), 2):as("list") }
    assert.equal("value.peer.port: the number does not fit port: 0 to 65535",
      refusal(node, { peer = { port = 70000 } }))
    assert.equal("value.list[1]: a number below zero does not fit u8",
      refusal(node, { list = { 1, -1 } }))
    assert.equal("value.list: has 3 elements, there is room for 2",
      refusal(node, { list = { 1, 2, 3 } }))
    assert.equal("value: no field 'prot'; there are peer, list", refusal(node, { prot = 1 }))
    assert.equal("value.peer: needs an object with named fields", refusal(node, { peer = 5 }))
    assert.equal("value: needs an object with named fields", refusal(node, { 1 }))
    local _, err = plan(node):encode({ list = { 999 } }, nil, "key")
    assert.equal("key.list[0]: the number does not fit u8: 0 to 255", err)
  end)

  it("writes names, texts and addresses", function()
    local state = d.enum { NEW = 0, GONE = 7 }
    assert.equal(u32(7), encode(state, "GONE"))
    assert.equal(u32(9), encode(state, 9))
    assert.equal("value: is none of its names", refusal(state, "LOST"))
    assert.equal("\67", encode(d.flags({ READ = 1, WRITE = 2 }, 1), "READ|WRITE|0x40"))
    assert.equal("value: 'EXEC' is none of its names",
      refusal(d.flags({ READ = 1 }, 1), "READ|EXEC"))
    assert.equal("ab\0\0", encode(d.cstring(4), "ab"))
    assert.equal("value: the text has 5 bytes, the field has 4", refusal(d.cstring(4), "abcde"))
    assert.equal("\10\27", encode(d.hex(2), "0A1b"))
    assert.equal("value: needs 4 hex digits, has 3", refusal(d.hex(2), "0a1"))
    assert.equal("\127\0\0\1", encode(d.ipv4(), "127.0.0.1"))
    assert.equal("value: '127.0.0' is not an IPv4 address", refusal(d.ipv4(), "127.0.0"))
    assert.equal(("\0"):rep(15) .. "\1", encode(d.ipv6(), "::1"))
    assert.equal("\xde\xad\xbe\xef\0\1", encode(d.mac(), "de:ad:be:ef:00:01"))
    assert.equal(u32(8) .. "\10\0\0\0", encode(d.lpm(4), "10.0.0.0/8"))
    assert.equal("value: a prefix has 0 to 32 bits", refusal(d.lpm(4), "10.0.0.0/33"))
    assert.equal(u32(1), encode(d.ifindex(), "lo"))
    assert.equal(u32(12), encode(d.map(), "conns (12)"))
    assert.equal(u32(1), encode(d.bool():at(0), true) .. "\0\0\0")
    assert.equal("value: needs true or false", refusal(d.bool(), 2))
    assert.equal(("<d"):pack(0.5), encode(d.f64(), "0.5"))
    assert.matches("no way back", refusal(d.func(1, tostring), "x"))
  end)

  it("keeps what is not given, and bits beside a bit field", function()
    local node = d.struct { d.u8():as("a"), d.bits(2, 3, 1):as("b"):at(1) }
    assert.equal("\1\255", encode(node, { a = 1 }, "\9\255"))
    assert.equal("\9\227", encode(node, { b = 0 }, "\9\255"))
    assert.equal("\0\20", encode(node, { b = 5 }))
    assert.equal("value.b: the number does not fit bits: 0 to 7", refusal(node, { b = 8 }))
    assert.equal("\1\0rest", plan(node):encode({ a = 1 }, "\0\0rest"))
  end)

  it("changes one column, and an element of a list", function()
    local compiled = plan(d.struct { d.u8():as("a"), d.array(d.u8(), 2):as("list") })
    assert.equal("\1\2\9", compiled:encode_column(9, "\1\2\3", "value", "list[1]", "value"))
    assert.equal("\1\7\8", compiled:encode_column({ 7, 8 }, "\1\2\3", "value", "list", "value"))
    assert.equal("\5", plan(d.u8()):encode_column(5, "\0", "key", "key", "key"))
    assert.has_error(function() compiled:encode_column(1, "\0\0\0", "value", "b", "value") end)
    local root = require("lunette.table.encode")
    local state = plan(d.struct { d.enum({ ON = 1 }, 1):as("state"), d.u8():as("level") })
    local columns = state:columns("value")
    columns.plan, columns.root = state, "value"
    assert.equal("\1\2", root.bytes("value", { state = "ON", level = 2 }, columns, 2))
    assert.equal("value.state: is none of its names",
      (select(2, root.bytes("value", { state = "OFF" }, columns, 2))))
  end)

  it("takes back what BTF types show as JSON", function()
    local btf <close> = assert(bpf.btf(fixture.object("maps")))
    local id = btf:find("odd", "struct")
    local compiled = btf:plan(id, 112)
    local bytes = ("<BxxxI4I4xxxxI8I2>I2<c4I8dfBc7xxxxI8i8i8i8i8i8"):pack(
      1 | 5 << 1 | 0xe << 4, 5, 80, 1 << 63 | 2, 3, 4, "tag\0", 0xffff888800000000, 2.5, 0.5, 1,
      "seven\0\0", 7, 0, 1, 2, 3, -4)
    assert.equal(bytes, round_trip(compiled, bytes))
  end)

  it("takes back any bytes of plain fields", function()
    local node = d.packed { d.u8():as("a"), d.i64():as("b"), d.be32():as("c"), d.mac():as("d"),
      d.ipv6():as("e"), d.hex(5):as("f"), d.array(d.i16(), 3):as("g"), d.pointer():as("h"),
      d.u128():as("i") }
    local compiled = plan(node)
    math.randomseed(2026)
    for _ = 1, 200 do
      local bytes = {}
      for i = 1, compiled:size() do bytes[i] = string.char(math.random(0, 255)) end
      assert.equal(table.concat(bytes), round_trip(compiled, table.concat(bytes)))
    end
  end)
end)
