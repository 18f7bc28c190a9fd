-- BTF objects: types by name, as C, and plans of unusual types, also in the other byte order.

local bpf = require("bpf")
local d = require("lunette.decode")
local fixture = require("tests.lua.support.fixture")

local ODD = [[
typedef unsigned int u32;
struct forward;
enum plain { MINUS = -2, ZERO, PLUS };
enum high { LOW = 1, TOP = 0x80000000u };
enum high keep_high;
struct list { struct list *next; struct forward *other; };
struct flexible { u32 count; u32 items[]; };
struct nothing {};
struct middle { u32 n; u32 none[0]; struct { u32 a; u32 b[0]; } in; _Bool on : 1, off : 1; };
struct listed { struct { unsigned long long id; int n; struct { long long x; } at; } list[2]; };
struct padded { unsigned long long n; u32 last; u32 items[]; };
struct anonymous {
  struct { u32 a; union { u32 b; short halves[2]; }; };
  struct nothing empty;
  const volatile u32 qualified;
};
struct bits {
  u32 one : 1; int three : 3; u32 : 0; unsigned long long wide : 40; enum plain e : 4;
};
struct grid { signed char cells[2][3]; _Bool flags[2]; char text[2][4]; };
struct floats { float f; double d; long double l; };
struct hist { u32 slots[26]; char comm[16]; };
struct wide { unsigned __int128 u; __int128 s; };
struct be { __attribute__((packed)) struct { char c; u32 v; } inner; };
enum plain keep_plain; struct list keep_list; struct flexible keep_flexible;
struct middle keep_middle; struct padded keep_padded; struct listed keep_listed;
struct anonymous keep_anonymous; struct bits keep_bits; struct grid keep_grid;
struct wide keep_wide; struct hist keep_hist; struct be keep_be; u32 keep_u32;
]]

local function compile(target)
  local source, object = os.tmpname(), os.tmpname()
  local file = assert(io.open(source, "w"))
  file:write(ODD)
  file:close()
  local ok = os.execute(("clang -x c -g -O2 -target %s -c %s -o %s 2>/dev/null")
    :format(target, source, object))
  os.remove(source)
  if not ok then return nil end
  local btf = assert(bpf.btf(object))
  os.remove(object)
  return btf
end

local function plan(btf, kind, name, size)
  local id = assert(btf:find(name, kind), name)
  return assert(btf:plan(id, size or btf:type(id).size))
end

describe("enums", function()
  it("are signed as C has them, also for values that have no name", function()
    local btf <close> = assert(compile("bpf"))
    local high, signed = plan(btf, "enum", "high", 4), plan(btf, "enum", "plain", 4)
    assert.equal(0x90000000, high:decode(("<I4"):pack(0x90000000)))
    assert.equal('"TOP"', high:json(("<I4"):pack(0x80000000)))
    assert.equal(-7, signed:decode(("<i4"):pack(-7)))
    assert.equal('"MINUS"', signed:json(("<i4"):pack(-2)))
  end)
end)

describe("bpf.btf", function()
  it("finds types, tells their sizes and writes them as C", function()
    local btf <close> = assert(bpf.btf(fixture.object("maps")))
    local id = assert(btf:find("odd", "struct"))
    assert.same({ id = id, kind = "struct", name = "odd", size = 112, members = 14 }, btf:type(id))
    assert.matches("struct inner {", btf:c(id))
    assert.is_nil(btf:find("odd", "enum"))
    assert.is_nil(btf:find("no such type"))
    assert.has_error(function() btf:type(btf:count()) end)
    assert.has_error(function() btf:type(-1) end)
  end)

  it("reads the kernel's own", function()
    local btf <close> = assert(bpf.btf("vmlinux"))
    local id = assert(btf:find("task_struct", "struct"))
    local size = btf:type(id).size
    local compiled = assert(btf:plan(id, size))
    assert.equal(0, compiled:decode(("\0"):rep(size)).pid)
    local names = {}
    for _, column in ipairs(compiled:columns("value")) do names[column.name] = column end
    assert.equal("cstring", names.comm.type)
    assert.equal(16, names.comm.size)
  end)

  it("makes a plan of every struct of the kernel, or says why not", function()
    local btf <close> = assert(bpf.btf("vmlinux"))
    local made, refused = 0, 0
    for id = 1, btf:count() - 1, 7 do
      local about = btf:type(id)
      if about.kind == "struct" and about.size and about.size <= 4096 then
        local compiled, err = btf:plan(id, about.size)
        if compiled then
          compiled:decode(("\1"):rep(about.size))
          made = made + 1
        else
          assert.is_string(err)
          refused = refused + 1
        end
      end
    end
    assert.truthy(made > 500)
    assert.truthy(refused * 50 < made, ("%d made, %d refused"):format(made, refused))
  end)

  it("says what is missing", function()
    assert.same({ nil, "btf 2147483647: No such file or directory", 2 }, { bpf.btf(0x7fffffff) })
    local none, err = bpf.btf("/etc/passwd")
    assert.is_nil(none)
    assert.is_string(err)
    local btf = assert(bpf.btf(fixture.object("maps")))
    btf:close()
    btf:close()
    assert.error_matches(function() btf:count() end, "btf is closed")
  end)
end)

describe("arrays of characters", function()
  local btf, station

  setup(function()
    btf = assert(bpf.btf(fixture.object("shapes")))
    station = plan(btf, "struct", "station")
  end)

  teardown(function() btf:close() end)

  it("are text where they are padded UTF-8, and else all their bytes in hex", function()
    for bytes, shown in pairs {
      ["abc\0\0\0"] = "abc", ["abcdef"] = "abcdef", ["\0\0\0\0\0\0"] = "",
      ["\0\1\2\3\4\5"] = "000102030405", ["abc\0x\0"] = "616263007800",
      ["\xc3\xa9\0\0\0\0"] = "é", ["\xe9t\xe9\0\0\0"] = "e974e9000000",
      ["a\27[m\0\0"] = "611b5b6d0000", ["\xc2\x9bm\0\0\0"] = "c29b6d000000",
      ["a\t\n\"\\\0"] = "a\t\n\"\\",
    } do
      assert.same({ mac = shown }, station:decode(bytes))
      assert.equal(bytes, station:encode({ mac = shown }))
      assert.same({ mac = shown }, require("lunette.runtime.json").decode(station:json(bytes)))
    end
    assert.equal("\xab\xcd\xef\0\1\2", station:encode({ mac = "ABCDEF000102" }))
    assert.same({ nil, "value.mac: the text has 12 bytes, the field has 6" },
      { station:encode({ mac = "no hex digit" }) })
  end)

  it("are the same text in a table, as CSV and in a stream", function()
    local cells = require("lunette.table.cells")
    local object <close> = assert(bpf.load(fixture.object("shapes")))
    local map <close> = assert(object:map("sh_stations"))
    assert(map:update("\0\1\2\3\4\5", ("\0"):rep(64)))
    local reader = cells.reader(map:info(), map:decoder(), {})
    assert.equal("000102030405", reader:row("\0\1\2\3\4\5", ("\0"):rep(64))[1])
    for format, wanted in pairs { csv = "\n000102030405,", ndjson = '"mac":"000102030405"' } do
      local stream <close> = assert(map:stream { format = format })
      assert.matches(wanted, stream:read(), 1, true)
    end
  end)
end)

describe("plans of odd types", function()
  local btf

  setup(function() btf = compile("bpf") end)
  teardown(function() if btf then btf:close() end end)

  it("enums: wide and negative", function()
    -- clang writes 64-bit enums only since version 15; the kernel has one.
    local kernel <close> = assert(bpf.btf("vmlinux"))
    local found
    for id = 1, kernel:count() - 1 do
      if kernel:type(id).kind == "enum64" then
        found = found or kernel:plan(id, 8):decode(("<I8"):pack(0xfffff00000000))
        if type(found) == "number" then found = nil end
      end
    end
    assert.equal("BPF_F_CTXLEN_MASK", found)
    local e = plan(btf, "enum", "plain")
    assert.equal("MINUS", e:decode(("<i4"):pack(-2)))
    assert.equal(-7, e:decode(("<i4"):pack(-7)))
  end)

  it("pointers, forward declarations, flexible ends", function()
    assert.equal('{"next":"0x10","other":"0x0"}',
      plan(btf, "struct", "list"):json(("<I8I8"):pack(16, 0)))
    assert.equal('{"count":2,"items":[7,8]}',
      plan(btf, "struct", "flexible", 12):json(("<I4I4I4"):pack(2, 7, 8)))
    assert.equal('{"count":2,"items":[]}', plan(btf, "struct", "flexible"):json(("<I4"):pack(2)))
  end)

  it("arrays without a length that do not end the value have no elements", function()
    local bytes = ("<I4I4I4"):pack(1, 2, 1)
    local middle = '{"n":1,"none":[],"in":{"a":2,"b":[]},"on":true,"off":false}'
    assert.equal(middle, plan(btf, "struct", "middle"):json(bytes))
    assert.equal(middle, plan(btf, "struct", "middle", 16):json(bytes .. "\9\9\9\9"))
    local padded = ("<I8I4I4"):pack(1, 2, 3)
    assert.equal('{"n":"1","last":2,"items":[]}', plan(btf, "struct", "padded"):json(padded))
    assert.equal('{"n":"1","last":2,"items":[3,4]}',
      plan(btf, "struct", "padded", 20):json(padded .. ("<I4"):pack(4)))
  end)

  it("single bits that are true or false, both ways", function()
    local of = plan(btf, "struct", "middle")
    local bytes = assert(of:encode({ off = true, n = 1 }))
    assert.same({ false, true }, { of:decode(bytes).on, of:decode(bytes).off })
    assert.same({ nil, "value.on: needs true or false" }, { of:encode({ on = 2 }) })
    local be <close> = assert(compile("bpfeb"))
    assert.truthy(plan(be, "struct", "middle"):json(("\0"):rep(8) .. "\x40\0\0\0")
      :find('"on":false,"off":true', 1, true))
  end)

  it("anonymous members are those of their struct", function()
    assert.equal('{"a":1,"b":131073,"halves":[1,2],"empty":{},"qualified":3}',
      plan(btf, "struct", "anonymous"):json(("<I4I2I2I4"):pack(1, 1, 2, 3)))
  end)

  it("bit fields, signed and of enums", function()
    local bytes = ("<I8I8"):pack(1 | 5 << 1, 0x12345678ab | 0xe << 40)
    assert.equal('{"one":1,"three":-3,"wide":"78187493547","e":"MINUS"}',
      plan(btf, "struct", "bits"):json(bytes))
  end)

  it("arrays of arrays, of booleans and of texts", function()
    assert.equal('{"cells":[[1,2,3],[-1,-2,-3]],"flags":[true,false],"text":["ab","cdef"]}',
      plan(btf, "struct", "grid"):json(("<bbbbbbBBc4c4"):pack(1, 2, 3, -1, -2, -3, 1, 0, "ab",
        "cdef")))
  end)

  it("slots of powers of two, as libbpf-tools name them", function()
    local columns = plan(btf, "struct", "hist"):columns("value")
    local slots = columns[1]
    assert.same({ "slots", "log2", 26 }, { slots.name, slots.histogram, slots.count })
    assert.is_nil(columns[2].histogram)
  end)

  it("columns of integers of more than 32 bits, also within arrays", function()
    local function wide(name)
      local found = {}
      for _, column in ipairs(plan(btf, "struct", name):columns("value")) do
        found[column.name] = column.wide
      end
      return found
    end
    assert.same({}, wide("middle"))
    assert.same({ wide = "u64" }, wide("bits"))
    assert.same({ list = { id = "u64", at = { x = "i64" } } }, wide("listed"))
    local columns = plan(btf, "struct", "middle"):columns("value")
    assert.same({ "in.b", { "in", "b" } }, { columns[4].name, columns[4].path })
    assert.same({}, d.compile(d.u64():as("calls"), 8):columns("value")[1].path)
  end)

  it("128 bits", function()
    assert.equal('{"u":"18446744073709551616","s":"-1"}',
      plan(btf, "struct", "wide"):json(("<I8I8i8i8"):pack(0, 1, -1, -1)))
  end)

  it("the other endianness", function()
    local be <close> = assert(compile("bpfeb"))
    assert.equal('{"count":2,"items":[7]}',
      plan(be, "struct", "flexible", 8):json((">I4I4"):pack(2, 7)))
    assert.equal("MINUS", plan(be, "enum", "plain"):decode((">i4"):pack(-2)))
    -- In that byte order bit fields count from the highest bit.
    local bytes = (">I4I4I8"):pack(1 << 31 | 5 << 28, 0, 0x12345678ab << 24 | 0xe << 20)
    assert.equal('{"one":1,"three":-3,"wide":"78187493547","e":"MINUS"}',
      plan(be, "struct", "bits"):json(bytes))
    assert.is_true(plan(be, "struct", "flexible"):columns("value")[1].big_endian)
  end)

  it("refuses a value that is smaller than its type", function()
    local none, err = btf:plan(btf:find("grid", "struct"), 4)
    assert.is_nil(none)
    assert.matches("Invalid argument", err)
    assert.is_nil((btf:plan(0, 8)))
  end)
end)
