-- Machine code that the disassembler does not know: the note names a disassembler that does.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local listing = require("lunette.code.listing")

local function code(arch, library)
  return { arch = arch, library = library, lines = {}, functions = { {
    name = "f", size = 12, address = "0x0", start = 0, count = 3,
    insns = { { offset = 0, text = "nop" }, { offset = 4, text = ".byte 0x1f, 0x00" },
      { offset = 8, text = "ret" } } } } }
end

describe("the listing of machine code", function()
  it("says how many instructions are only bytes, and which disassembler knows arm64's", function()
    local arm = listing.native(code("aarch64", "capstone 4.0"), {})
    assert.matches("1 instructions are shown as bytes: capstone 4.0 does not know them; capstone 5 "
      .. "knows the atomics of arm64 %(LSE%)\n$", arm)
    assert.matches("1 instructions are shown as bytes: capstone 5.0 does not know them\n$",
      listing.native(code("aarch64", "capstone 5.0"), {}))
  end)

  it("is the running machine's", function()
    local object <close> = assert(bpf.load(fixture.object("objects")))
    local jited = bpf.jited(object:progs()[1].id)
    if not jited then return pending("this kernel has no just-in-time compiler") end
    assert.equal(bpf.host().machine, jited.arch)
    assert.matches("^capstone %d+%.%d+$", jited.library)
    assert.truthy(#jited.functions[1].insns > 2)
  end)
end)
