-- Names of addresses in code.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

describe("bpf.ksym", function()
  it("names kernel addresses as /proc/kallsyms does", function()
    local line = fixture.output("grep -m1 ' T do_exit$' /proc/kallsyms")
    local address = tonumber(line:match("^%x+"), 16)
    assert.equal("do_exit", bpf.ksym(address))
    assert.equal("do_exit+0x5", bpf.ksym(address + 5))
    assert.equal(address, bpf.ksym_address("do_exit"))
  end)

  it("has no name for what is none", function()
    assert.is_nil(bpf.ksym(16))
    assert.is_nil(bpf.ksym_address("no such symbol"))
  end)
end)

-- A symbol's file offset, computed from readelf's segment table.
local function offset_in(binary, name)
  local symbols = fixture.output(("readelf -sW %s"):format(binary))
  local address = tonumber(symbols:match("(%x+)%s+%d+ FUNC%s+GLOBAL DEFAULT%s+%d+ " .. name), 16)
  local segments = fixture.output(("readelf -lW %s"):format(binary))
  for offset, virtual, size in segments:gmatch("LOAD%s+0x(%x+) 0x(%x+) 0x%x+ 0x(%x+)") do
    offset, virtual, size = tonumber(offset, 16), tonumber(virtual, 16), tonumber(size, 16)
    if address >= virtual and address < virtual + size then return address - virtual + offset end
  end
end

describe("bpf.elf_symbol", function()
  local binary = os.tmpname()
  local source = binary .. ".c"

  setup(function()
    local file <close> = assert(io.open(source, "w"))
    file:write("int first(int x) { return x * 3 + 1; }\nint second(void) { return 2; }\n",
      "int main(void) { return first(second()); }\n")
    file:close()
    assert(os.execute(("gcc -O0 -no-pie -o %s %s"):format(binary, source)))
  end)

  teardown(function()
    os.remove(source)
    os.remove(binary)
  end)

  local function offset_of(name) return offset_in(binary, name) end

  it("finds functions by file offset", function()
    for _, name in ipairs { "first", "second", "main" } do
      assert.same({ name, 0 }, { bpf.elf_symbol(binary, offset_of(name)) })
    end
    assert.same({ "first", 4 }, { bpf.elf_symbol(binary, offset_of("first") + 4) })
  end)

  it("says when there is none", function()
    assert.same({ nil, binary .. ": No such file or directory", 2 },
      { bpf.elf_symbol(binary, 1 << 40) })
    assert(os.execute("strip " .. binary))
    assert.is_nil(bpf.elf_symbol(binary, 0x1130))
  end)

  it("reads nothing that is no ELF file", function()
    assert.same({ nil, source .. ": Invalid argument", 22 }, { bpf.elf_symbol(source, 0) })
    assert.same({ nil, "/dev/zero: Invalid argument", 22 }, { bpf.elf_symbol("/dev/zero", 0) })
    assert.is_nil(bpf.elf_symbol("/nowhere", 0))
  end)
end)

describe("bpf.elf_probe", function()
  local binary = os.tmpname()

  setup(function()
    assert(os.execute(("gcc -O0 -no-pie -o %s tests/lua/support/probe.c"):format(binary)))
  end)

  teardown(function() os.remove(binary) end)

  it("finds the probe that is at a file offset", function()
    local probed = offset_in(binary, "probed")
    assert.equal("lunette:began", bpf.elf_probe(binary, probed))
    assert.is_nil(bpf.elf_probe(binary, probed + 1))
    assert.same({ nil, binary .. ": No such file or directory", 2 },
      { bpf.elf_probe(binary, offset_in(binary, "unprobed")) })
    assert.is_nil(bpf.elf_probe("/nowhere", 0))
    assert.is_nil(bpf.elf_probe("/dev/zero", 0))
  end)

  it("is told of a uprobe", function()
    local row = { file = binary, file_offset = offset_in(binary, "probed") }
    assert.equal(binary .. ":probed (USDT lunette:began)",
      require("lunette.attach.links").uprobe(row))
    assert.same({ "probed", 0, "lunette:began" }, { row.func, row.offset, row.usdt })
  end)
end)

describe("bpf.btf_names", function()
  it("names types of the kernel and of a program", function()
    local object <close> = assert(bpf.load(fixture.object("objects")))
    local prog = bpf.prog_info(fixture.find(object:progs(), { name = "obj_tp_btf" }).id)
    assert.same({ "btf_trace_sched_process_exec", "" },
      bpf.btf_names(prog.attach_btf_obj_id, { prog.attach_btf_id, 0xffffff }))
  end)

  it("says what is not there, and raises on what is no list", function()
    assert.same({ nil, "BTF object 4294967280: No such file or directory", 2 },
      { bpf.btf_names(0xfffffff0, { 1 }) })
    assert.has_error(function() bpf.btf_names(1, 2) end)
    assert.has_error(function() bpf.btf_names(1, { "x" }) end)
  end)
end)
