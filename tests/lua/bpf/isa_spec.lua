-- Every instruction of ISA v4: assembled here, loaded and disassembled; compared with bpftool, or,
-- for instructions that bpftool does not know, with the verifier's log. Instructions with maps,
-- functions and BTF are in the corpus of code_spec.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local PIN = fixture.pin("isa")

local program = {} -- { code, dst, src, off, imm }
local younger = {} -- by position: instructions that bpftool 7.1 does not know

local function add(code, dst, src, off, imm)
  program[#program + 1] = { code, dst or 0, src or 0, off or 0, imm or 0 }
end

local older = false -- a kernel before 6.6, which lacks all of them

local function add_v4(...)
  if older then return end
  add(...)
  younger[#younger + 1] = #program
end

local ALU, ALU64, JMP, JMP32 = 0x04, 0x07, 0x05, 0x06
local K, X = 0x00, 0x08
local OPS = { add = 0x00, sub = 0x10, mul = 0x20, div = 0x30, ["or"] = 0x40, ["and"] = 0x50,
  lsh = 0x60, rsh = 0x70, mod = 0x90, xor = 0xa0, mov = 0xb0, arsh = 0xc0 }
local JUMPS = { 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0 }
local SIZES = { w = 0x00, h = 0x08, b = 0x10, dw = 0x18 }
local FETCH, XCHG, CMPXCHG, LOAD_ACQUIRE, STORE_RELEASE = 0x01, 0xe1, 0xf1, 0x100, 0x110

local function registers()
  for r = 0, 5 do add(ALU64 | K | OPS.mov, r, 0, 0, 3 + r) end
end

local function arithmetic()
  for _, class in ipairs { ALU64, ALU } do
    for _, op in pairs(OPS) do
      add(class | K | op, 1, 0, 0, 5)
      add(class | X | op, 1, 2)
    end
    add(class | 0x80, 1) -- neg
    for _, op in ipairs { OPS.div, OPS.mod } do
      add_v4(class | K | op, 1, 0, 1, 5) -- signed
      add_v4(class | X | op, 1, 2, 1)
    end
    for _, bits in ipairs(class == ALU64 and { 8, 16, 32 } or { 8, 16 }) do
      add_v4(class | X | OPS.mov, 1, 2, bits)
    end
  end
  for _, bits in ipairs { 16, 32, 64 } do
    add(ALU | K | 0xd0, 1, 0, 0, bits) -- to little endian
    add(ALU | X | 0xd0, 1, 0, 0, bits) -- to big endian
    add_v4(ALU64 | K | 0xd0, 1, 0, 0, bits) -- bswap
  end
end

local function jumps()
  for _, class in ipairs { JMP, JMP32 } do
    for _, op in ipairs(JUMPS) do
      add(class | K | op, 1, 0, 1, 5)
      add(ALU64 | K | OPS.mov, 3, 0, 0, op)
      add(class | X | op, 1, 2, 1)
      add(ALU64 | K | OPS.mov, 3, 0, 0, op)
    end
  end
end

local function memory()
  for _, size in pairs(SIZES) do
    add(0x62 | size, 10, 0, -8, 7) -- an immediate
    add(0x63 | size, 10, 1, -16) -- a register
  end
  for name, size in pairs(SIZES) do
    add(0x62 | SIZES.dw, 10, 0, -8, 7)
    add(0x61 | size, 3, 10, -8)
    if name ~= "dw" then add_v4(0x81 | size, 3, 10, -8) end
  end
end

local function atomics()
  for _, size in ipairs { SIZES.w, SIZES.dw } do
    for _, op in ipairs { OPS.add, OPS["or"], OPS["and"], OPS.xor } do
      add(0xc3 | size, 10, 1, -8, op)
      add(0xc3 | size, 10, 1, -8, op | FETCH)
    end
    add(0xc3 | size, 10, 1, -8, XCHG)
    add(0xc3 | size, 10, 1, -8, CMPXCHG)
  end
end

local function ordered()
  for _, size in pairs(SIZES) do
    add(0x62 | SIZES.dw, 10, 0, -8, 7)
    add_v4(0xc3 | size, 3, 10, -8, LOAD_ACQUIRE)
    add_v4(0xc3 | size, 10, 3, -8, STORE_RELEASE)
  end
end

local function last()
  add(0x18, 4, 0, 0, 0x55667788)
  add(0, 0, 0, 0, 0x11223344)
  add(0x85, 0, 0, 0, 5) -- bpf_ktime_get_ns
  add(ALU64 | K | OPS.mov, 1, 0, 0, 1)
  add(JMP | X | 0x10, 0, 1, 1) -- r0 is unknown: both branches stay
  add_v4(JMP32, 0, 0, 0, 1) -- gotol
  add(ALU64 | K | OPS.mov, 0, 0, 0, 0)
  add(ALU64 | K | OPS.mov, 0, 0, 0, 0)
  add(0x95)
end

-- Assembler source that any clang accepts: plain bytes.
local function source()
  local lines = { '.section socket,"ax",@progbits', ".globl isa", ".type isa,@function", "isa:" }
  for _, insn in ipairs(program) do
    local code, dst, src, off, imm = table.unpack(insn)
    lines[#lines + 1] = (".byte 0x%02x, 0x%02x\n.short %d\n.long %d"):format(code, src << 4 | dst,
      off, imm)
  end
  lines[#lines + 1] = '.size isa, . - isa\n.section license,"aw",@progbits\n.asciz "GPL"\n'
  return table.concat(lines, "\n")
end

-- Loads the program and pins it. Returns the verifier's text for each instruction.
local function load()
  local base = os.tmpname()
  local file <close> = assert(io.open(base, "w"))
  file:write(source())
  file:flush()
  local log = fixture.output(("clang -target bpf -c -x assembler %s -o %s.o 2>&1 && "
    .. "bpftool -d prog load %s.o %s 2>&1"):format(base, base, base, PIN))
  os.remove(base)
  os.remove(base .. ".o")
  local said = {}
  for line in log:gmatch("[^\n]+") do
    local number, text = line:match("^(%d+): (%(%x%x%) .*)$")
    if number then said[tonumber(number)] = text:gsub("%s*; .*$", "") end
  end
  return said, log
end

local said, log, id

local function fresh(parts)
  program, younger = {}, {}
  registers()
  for _, part in ipairs(parts) do part() end
  last()
  os.remove(PIN)
  said, log = load()
  local info = fixture.json("bpftool -j prog show pinned " .. PIN .. " 2>/dev/null")
  id = info.id and math.tointeger(info.id)
end

describe("every instruction", function()
  setup(function()
    fresh { arithmetic, jumps, memory, atomics, ordered }
    -- Older kernels, or their JIT for this machine, lack ordered loads and stores.
    if not id then fresh { arithmetic, jumps, memory, atomics } end
    if not id then
      older = true
      fresh { arithmetic, jumps, memory, atomics }
    end
    assert(id, log)
  end)
  teardown(function() os.remove(PIN) end)

  it("that bpftool knows is written as bpftool writes it", function()
    local mine, compared = assert(bpf.xlated(id)).insns, 0
    local theirs = fixture.json("bpftool -j prog dump xlated id " .. id)
    local unknown = {}
    for _, at in ipairs(younger) do unknown[said[at - 1]] = true end
    assert.equal(#theirs, #mine)
    for i, row in ipairs(theirs) do
      if not unknown[mine[i].text] then
        assert.equal(row.disasm, mine[i].text)
        compared = compared + 1
      end
    end
    assert.truthy(compared > 150, compared)
  end)

  it("that is younger is written as this kernel writes it", function()
    if older then return pending("this kernel has no instruction of version 4 (Linux 6.6)") end
    local listed = {}
    for _, insn in ipairs(bpf.xlated(id).insns) do listed[insn.text] = true end
    assert.truthy(#younger >= 20, #younger)
    for _, at in ipairs(younger) do
      assert.is_string(said[at - 1], "the verifier has said nothing of instruction " .. at - 1)
      assert.is_true(listed[said[at - 1]], said[at - 1] .. " is not in the listing")
    end
  end)
end)
