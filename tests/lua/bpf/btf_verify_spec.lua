-- Malformed BTF gives an error that names the fault, in files and in objects to load.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local INT, PTR, ARRAY, STRUCT, TYPEDEF, CONST, FUNC, PROTO, DATASEC, TAG =
  1, 2, 3, 4, 8, 10, 12, 13, 15, 17

-- Makes a BTF type: name offset, kind, number of parts, size or type, and the rest.
local function record(name, kind, parts, size, rest)
  return ("<I4I4I4"):pack(name, kind << 24 | parts, size) .. (rest or "")
end

local function int() return record(1, INT, 0, 4, ("<I4"):pack(1 << 24 | 32)) end

local NAMES = "\0int\0a\0b\0"
local A, B = 5, 7

local function btf(types, names, head)
  names = names or NAMES
  types = table.concat(types)
  return (head or ("<I2BBI4I4I4I4I4"):pack(0xeb9f, 1, 0, 24, 0, #types, #types, #names))
    .. types .. names
end

local function write(bytes)
  local path = os.tmpname()
  local file <close> = assert(io.open(path, "wb"))
  file:write(bytes)
  return path
end

-- The error of bpf.btf for the bytes, without the path.
local function said(bytes)
  local path = write(bytes)
  local handle, err = bpf.btf(path)
  os.remove(path)
  if handle then
    handle:close()
    return nil
  end
  return (err:gsub("^[^:]+: ", ""))
end

local function doubled(levels)
  local types = { int() }
  for level = 1, levels do -- struct { previous a; previous b; }, without names
    local member = level == 1 and 1 or level
    types[#types + 1] = record(0, STRUCT, 2, 4 << level, ("<I4I4I4I4I4I4"):pack(A, member, 0, B,
      member, 8 * (4 << level) // 2))
  end
  types[#types + 1] = record(A, TYPEDEF, 0, levels + 1)
  return types
end

local function file_of(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a")
end

-- The object with a section's type changed in the section table.
local function with_section(bytes, wanted, kind)
  local offset, size, count, strings = ("<I8"):unpack(bytes, 0x29), ("<I2I2I2"):unpack(bytes, 0x3b)
  local function head(i) return offset + i * size end
  local names = ("<I8"):unpack(bytes, head(strings) + 0x18 + 1)
  for i = 0, count - 1 do
    local at = head(i)
    local name = ("z"):unpack(bytes, names + ("<I4"):unpack(bytes, at + 1) + 1)
    if name == wanted then
      return bytes:sub(1, at + 4) .. ("<I4"):pack(kind) .. bytes:sub(at + 9)
    end
  end
  error("no section " .. wanted)
end

describe("malformed BTF", function()
  it("is refused with the type and what is wrong with it", function()
    for want, types in pairs {
      ["type 1 (typedef) holds itself, by way of type 1"] = { record(A, TYPEDEF, 0, 1) },
      ["type 1 (const) holds itself, by way of type 2"] =
        { record(0, CONST, 0, 2), record(0, 9, 0, 1) },
      ["type 1 (pointer) holds itself, by way of type 1"] = { record(0, PTR, 0, 1) },
      ["type 1 (struct) holds itself, by way of type 1"] =
        { record(A, STRUCT, 1, 4, ("<I4I4I4"):pack(B, 1, 0)) },
      ["type 2 (array) holds itself, by way of type 2"] =
        { int(), record(0, ARRAY, 0, 0, ("<I4I4I4"):pack(2, 1, 3)) },
      ["type 1 (pointer) refers to type 7, which is not there"] = { record(0, PTR, 0, 7) },
      ["type 1 (typedef) has a name that lies beyond the end"] = { record(99, TYPEDEF, 0, 0) },
      ["type 2 (struct) has a name that lies beyond the end"] =
        { int(), record(A, STRUCT, 1, 4, ("<I4I4I4"):pack(99, 1, 0)) },
      ["type 2 (struct) has a member 0 that begins beyond its end"] =
        { int(), record(A, STRUCT, 1, 4, ("<I4I4I4"):pack(B, 1, 64)) },
      ["type 2 (func) refers to type 1, which is no func_proto"] =
        { int(), record(A, FUNC, 0, 1) },
      ["type 2 (datasec) refers to type 1, which is neither a variable nor a function"] =
        { int(), record(A, DATASEC, 1, 4, ("<I4I4I4"):pack(1, 0, 4)) },
      ["type 2 (decl_tag) refers to type 1, which has no part 3"] =
        { int(), record(A, TAG, 0, 1, ("<I4"):pack(3)) },
      ["type 1 (func_proto) refers to type 9, which is not there"] =
        { record(0, PROTO, 0, 9) },
      ["type 1 (fwd) has no name"] = { record(0, 7, 0, 0) },
      ["type 1 (int) has bits beyond its 4 bytes"] =
        { record(1, INT, 0, 4, ("<I4"):pack(33)) },
    } do
      assert.equal("malformed BTF: " .. want, said(btf(types)))
    end
  end)

  it("is refused by its header", function()
    local function head(size, types, types_len, names, names_len)
      return ("<I2BBI4I4I4I4I4"):pack(0xeb9f, 1, 0, size, types, types_len, names, names_len)
    end
    for want, header in pairs {
      ["the types lie beyond the end"] = head(24, 0, 1 << 30, 0, #NAMES),
      ["the names lie beyond the end"] = head(24, 0, 0, 8, 1 << 31),
      ["the header has a wrong length"] = head(2, 0, 0, 0, #NAMES),
      ["the names don't end"] = head(24, 0, 0, 0, #NAMES - 1),
      ["types and names overlap"] = head(24, 0, 8, 0, #NAMES),
    } do
      assert.equal("malformed BTF: " .. want, said(btf({}, nil, header)))
    end
    assert.equal("malformed BTF: version 2 is not known", said("\x9f\xeb\2" .. ("\0"):rep(40)))
    assert.equal("it is no BTF", said(("x"):rep(100)))
    assert.equal("it is no BTF: 3 bytes are too few", said("abc"))
  end)

  it("is refused where its C would have no end; a deep one is walked without a stack", function()
    assert.is_nil(said(btf(doubled(10))))
    assert.matches("^malformed BTF: type %d+ %(%l+%) has more than 262144 members",
      said(btf(doubled(24))))
    local chain = { int() }
    for id = 1, 50000 do chain[#chain + 1] = record(0, PTR, 0, id) end
    assert.matches("holds more than 1000 types within one another", said(btf(chain)))
  end)

  it("with cycles that C has is read: lists by way of pointers", function()
    assert.is_nil(said(btf { record(A, STRUCT, 1, 8, ("<I4I4I4"):pack(B, 2, 0)),
      record(0, PTR, 0, 1) }))
  end)

  it("in an object file is refused before it is loaded", function()
    local bytes = file_of(fixture.object("objects"))
    for _, section in ipairs { ".BTF", ".BTF.ext", ".maps", "license" } do
      local path = write(with_section(bytes, section, 8)) -- NOBITS
      local _, err = bpf.btf(path)
      assert.equal(("%s: its section %s has no bytes"):format(path, section), err)
      local object
      object, err = bpf.load(path)
      assert.is_nil(object)
      assert.matches("its section " .. section .. " has no bytes", err, 1, true)
      os.remove(path)
    end
    local head = bytes:find("\x9f\xeb\1\0\24\0\0\0", 1, true)
    local size = ("<I4"):unpack(bytes, head + 12)
    for at = head + 24, head + 24 + size - 4, 4 do -- a word becomes wild; some matter to nobody
      local path = write(bytes:sub(1, at - 1) .. "\xff\xff\xff\x7f" .. bytes:sub(at + 4))
      local handle, err = bpf.btf(path)
      if handle then handle:close() else assert.is_string(err) end
      os.remove(path)
    end
    local path = write(bytes:sub(1, head + 24 - 1) .. record(0, PTR, 0, 1) .. bytes:sub(head + 36))
    assert.matches("malformed BTF: type 1 (pointer) holds itself", select(2, bpf.load(path)), 1,
      true)
    os.remove(path)
  end)

  it("and what is no file at all", function()
    for path, want in pairs {
      ["/dev/zero"] = "it is no regular file", ["/tmp"] = "it is no regular file",
      ["/bin/sh"] = "it has no BTF", ["/etc/passwd"] = "it is no BTF",
    } do
      assert.equal(("%s: %s"):format(path, want), select(2, bpf.btf(path)))
    end
  end)
end)
