-- Combinators compiled to plans: decoded values of each kind, in Lua and as JSON.

local bpf = require("bpf")
local d = require("lunette.decode")

local function plan(node, size) return d.compile(node, size or node.size) end
local function decode(node, bytes) return plan(node, #bytes):decode(bytes) end
local function json(node, bytes) return plan(node, #bytes):json(bytes) end

describe("d.*", function()
  it("reads integers of every size, exactly", function()
    assert.equal(255, decode(d.u8(), "\255"))
    assert.equal(-1, decode(d.i8(), "\255"))
    assert.equal(0x0201, decode(d.u16(), "\1\2"))
    assert.equal(0x0102, decode(d.be16(), "\1\2"))
    assert.equal(0x01020304, decode(d.be32(), "\1\2\3\4"))
    assert.equal(-2, decode(d.i32(), ("<i4"):pack(-2)))
    assert.equal('"18446744073709551615"', json(d.u64(), ("\255"):rep(8)))
    assert.equal('"-1"', json(d.i64(), ("\255"):rep(8)))
    assert.equal("4294967295", json(d.u32(), ("\255"):rep(4)))
    assert.equal('"340282366920938463463374607431768211455"', json(d.u128(), ("\255"):rep(16)))
    assert.equal('"-1"', json(d.i128(), ("\255"):rep(16)))
    assert.equal(0x0102, decode(d.u16():be(), "\1\2"))
  end)

  it("reads floats, booleans, bits", function()
    assert.equal(1.5, decode(d.f64(), ("<d"):pack(1.5)))
    assert.equal('"NaN"', json(d.f64(), ("<d"):pack(0 / 0)))
    assert.equal('"-Infinity"', json(d.f64(), ("<d"):pack(-1 / 0)))
    assert.equal("0.30000000000000004", json(d.f64(), ("<d"):pack(0.1 + 0.2)))
    assert.equal(0.5, decode(d.f32(), ("<f"):pack(0.5)))
    assert.is_true(decode(d.bool(), "\2"))
    assert.equal(5, decode(d.bits(4, 3), ("<I4"):pack(0x5f)))
    assert.equal(1, decode(d.bits(31, 1), ("<I4"):pack(0x80000000)))
  end)

  it("reads enums and flags by name, and numbers without one", function()
    local state = d.enum { NEW = 0, GONE = 7 }
    assert.equal("GONE", decode(state, ("<I4"):pack(7)))
    assert.equal(3, decode(state, ("<I4"):pack(3)))
    local huge = d.enum({ ALL = "18446744073709551615", TOP = 0x8000000000000000, LOW = "-5" }, 8)
    assert.equal("ALL", decode(huge, ("<i8"):pack(-1)))
    assert.equal("TOP", decode(huge, ("<i8"):pack(math.mininteger)))
    assert.equal("LOW", decode(huge, ("<i8"):pack(-5)))
    for _, names in ipairs { { ALL = 18446744073709551615 }, { [1.5] = "X" }, { A = "many" },
      { [18446744073709551615] = "ALL" }, { A = "18446744073709551616" } } do
      assert.error_matches(function() d.enum(names, 8) end, "is no whole number of 64 bits; write")
    end
    local mode = d.flags({ READ = 1, WRITE = 2 }, 1)
    assert.equal("READ|WRITE", decode(mode, "\3"))
    assert.equal("READ|0x40", decode(mode, "\65"))
    assert.equal("0", decode(mode, "\0"))
  end)

  it("reads texts and addresses", function()
    assert.equal("ba", decode(d.cstring(4), "ba\0h"))
    assert.equal("bash", decode(d.cstring(4), "bash"))
    assert.equal('"a\u{fffd}"', json(d.cstring(4), "a\255\0\0"))
    assert.equal("0a1b", decode(d.hex(2), "\10\27"))
    assert.equal("127.0.0.1", decode(d.ipv4(), "\127\0\0\1"))
    assert.equal("::1", decode(d.ipv6(), ("\0"):rep(15) .. "\1"))
    assert.equal("de:ad:be:ef:00:01", decode(d.mac(), "\xde\xad\xbe\xef\0\1"))
    assert.equal(443, decode(d.port(), "\1\187"))
    assert.equal("10.0.0.0/8", decode(d.lpm(4), ("<I4"):pack(8) .. "\10\0\0\0"))
    assert.equal("fe80::/10", decode(d.lpm(16), ("<I4"):pack(10) .. "\xfe\x80" .. ("\0"):rep(14)))
    assert.equal("0xffff800000000000", decode(d.pointer(), ("<I8"):pack(0xffff800000000000)))
  end)

  it("reads what the system has names for", function()
    assert.equal("ENOENT", decode(d.errno(), ("<i4"):pack(-2)))
    assert.equal("read", decode(d.syscall(), ("<I4"):pack(0)))
    assert.equal("lo", decode(d.ifindex(), ("<I4"):pack(1)))
    assert.equal(0xfffffff0, decode(d.ifindex(), ("<I4"):pack(0xfffffff0)))
    assert.matches("^0:%d+", decode(d.dev(), ("<I4"):pack(5)))
    assert.matches("%(1%)$", decode(d.pid(), ("<I4"):pack(1)))
    assert.matches("^%d%d%d%d%-%d%d%-%d%dT.*Z$", decode(d.timestamp(), ("<I8"):pack(1)))
    assert.equal(1500, decode(d.duration(), ("<I8"):pack(1500)))
  end)

  it("names addresses of a process", function()
    local maps, address = assert(io.open("/proc/self/maps")), nil
    for line in maps:lines() do
      local from, path = line:match("^(%x+)%-%x+ r.xp .* (/%S+)$")
      if from and path:find("libc.so", 1, true) then address = tonumber(from, 16) + 16 end
    end
    maps:close()
    local pid = require("tests.lua.support.fixture").pid()
    assert.matches("^[%w_%[%].]+%+?", decode(d.usym(), ("<I8I8"):pack(address, pid)))
    assert.equal("0x10", decode(d.usym(), ("<I8I8"):pack(16, pid)))
    assert.equal("0x10", decode(d.usym(), ("<I8I8"):pack(16, 0x7ffffff)))
    assert.equal("", decode(d.ustack(1), ("<i4I4"):pack(-14, pid)))
  end)

  it("places struct members as C does, or packed, or where they are said to be", function()
    local members = { d.u8():as("a"), d.u32():as("b"), d.u16():as("c") }
    assert.equal(12, d.struct(members).size)
    assert.equal(7, d.packed(members).size)
    assert.same({ a = 1, b = 2, c = 3 }, decode(d.struct(members), ("<I1xxxI4I2xx"):pack(1, 2, 3)))
    assert.same({ a = 1, b = 2, c = 3 }, decode(d.packed(members), ("<I1I4I2"):pack(1, 2, 3)))
    assert.same({ z = 9 }, decode(d.struct { d.u8():as("z"):at(3) }, "\0\0\0\9"))
    assert.equal('{"b":2,"a":1}', json(d.packed { d.u8():as("b"), d.u8():as("a") }, "\2\1"))
  end)

  it("nests arrays, unions and structs", function()
    local point = d.struct { d.u8():as("x"), d.u8():as("y") }
    local node = d.struct { d.array(point, 2):as("points"),
      d.union { d.u16():as("both"), d.array(d.u8(), 2):as("each") }:as("u") }
    assert.equal('{"points":[{"x":1,"y":2},{"x":3,"y":4}],"u":{"both":1541,"each":[5,6]}}',
      json(node, "\1\2\3\4\5\6"))
    assert.same({ points = { { x = 1, y = 2 }, { x = 3, y = 4 } }, u = { both = 1541,
      each = { 5, 6 } } }, decode(node, "\1\2\3\4\5\6"))
    assert.same({ 1, 2 }, decode(d.array(d.u8(), 4, { to_zero = true }), "\1\2\0\4"))
  end)

  it("calls Lua functions anywhere, and marks the part that fails", function()
    local node = d.struct { d.u8():as("plain"), d.func(2, function(bytes)
      if bytes == "\0\0" then error("empty") end
      return { sum = bytes:byte(1) + bytes:byte(2) }
    end):as("made") }
    assert.same({ plain = 1, made = { sum = 5 } }, decode(node, "\1\2\3"))
    local failed = decode(node, "\1\0\0")
    assert.equal(1, failed.plain)
    assert.matches("empty", failed.made.error)
    assert.is_true(plan(node):calls_lua())
    assert.is_false(plan(d.u8()):calls_lua())
  end)

  it("names its columns", function()
    local node = d.struct { d.u32():as("a"), d.struct { d.port():as("port") }:as("peer"),
      d.duration():as("spent"), d.array(d.u8(), 2):as("list") }
    local names = {}
    for _, column in ipairs(plan(node):columns("value")) do
      names[#names + 1] = ("%s:%s:%s"):format(column.name, column.type, column.unit or "")
    end
    assert.same({ "a:u32:", "peer.port:port:", "spent:duration:ns", "list:array:" }, names)
    assert.equal("value", plan(d.u64()):columns("value")[1].name)
    assert.equal("comm", plan(d.cstring(16):as("comm")):columns("key")[1].name)
  end)

  it("marks histograms, and shows what is no symbol as an address", function()
    local slots = plan(d.struct { d.log2_slots(4):as("slots") }):columns("value")[1]
    assert.equal("log2", slots.histogram)
    assert.equal("0x10", decode(d.ksym(), ("<I8"):pack(16)))
  end)

  it("refuses what lies outside or can't be", function()
    assert.has_error(function() d.compile(d.u64(), 4) end)
    assert.has_error(function() d.compile(d.u8():at(4), 4) end)
    assert.has_error(function() d.cstring() end)
    assert.has_error(function() d.struct { "no node" } end)
    assert.has_error(function() bpf.plan { kind = "nonsense" } end)
    assert.has_error(function() bpf.plan { kind = "u8", size = -1 } end)
    assert.has_error(function() bpf.plan { kind = "enum" } end)
    assert.has_error(function() bpf.plan { kind = "bits", bit_size = 70, size = 8 } end)
    assert.error_matches(function() plan(d.u64()):decode("short") end, "fewer bytes")
    local deep = d.u8()
    for _ = 1, 100 do deep = d.struct { deep:as("x") } end
    assert.error_matches(function() d.compile(deep, 1) end, "nested too deeply")
  end)
end)
