-- What newer kernels and other machines have: statically defined probes with a semaphore, perf
-- events, flags of maps since Linux 6.1, BPF tokens. What the kernel lacks is skipped with its own
-- words.

local attach = require("lunette.attach")
local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local kinds = require("tests.lua.kernels.support.kinds")
local support = require("tests.lua.schema.support")

local function rows_of(prog)
  local list = {}
  for _, row in ipairs(assert(attach.list())) do
    if row.prog_id == prog then list[#list + 1] = row end
  end
  return list
end

describe("a statically defined probe with a semaphore", function()
  local binary, answers = os.tmpname(), os.tmpname()
  local pipe

  setup(function()
    fixture.run("gcc -O0 -no-pie -o %s tests/lua/support/semaphore.c", binary)
    pipe = assert(io.popen(("exec %s > %s"):format(binary, answers), "w"))
  end)

  teardown(function()
    kinds.close()
    pipe:close()
    os.remove(binary)
    os.remove(answers)
  end)

  -- Passes the probe once: the value of the semaphore.
  local function tick(times)
    pipe:write("x\n")
    pipe:flush()
    return fixture.eventually(function()
      local lines = {}
      for line in io.lines(answers) do lines[#lines + 1] = line end
      return #lines == times and lines[times]
    end)
  end

  it("counts who traces it, and is told with the probe's name", function()
    assert.equal("0", tick(1))
    local where = { usdt = binary, provider = "lunette", name = "tick" }
    local prog = kinds.attach(fixture.object("kernels/usdt"), "k_usdt", { where = where })
    if not prog then return pending(kinds.reason("k_usdt")) end
    assert.equal("1", tick(2))
    local ticks <close> = assert(kinds.object("k_usdt"):map("usdt.bss"))
    assert.equal(1, (("<I8"):unpack(assert(ticks:lookup(("<I4"):pack(0))))))
    local rows = rows_of(prog)
    assert.equal(1, #rows)
    assert.same({ "uprobe", binary .. ":tick (USDT lunette:tick)" },
      { rows[1].kind, rows[1].target })
    if rows[1].link_id then
      local told = support.ask(("{ link(id: %d) { target } }"):format(rows[1].link_id))
      assert.equal(rows[1].target, told.link.target)
    end
    kinds.close()
    assert.equal("0", tick(3))
    assert.same({}, rows_of(prog))
  end)
end)

describe("a program on a perf event", function()
  local EVENTS = {
    { name = "the clock of a CPU", type = 1, config = 0, frequency = 99, word = "cpu%-clock" },
    { name = "page faults", type = 1, config = 2, period = 1000, word = "page%-faults" },
    { name = "cycles of the hardware", type = 0, config = 0, period = 1000000, word = "cycles" },
  }
  after_each(kinds.close)

  for _, event in ipairs(EVENTS) do
    it("of " .. event.name, function()
      local where = { perf_event = { type = event.type, config = event.config,
        frequency = event.frequency, period = event.period } }
      local prog, err =
        kinds.attach(fixture.object("sections"), "sec_any", { where = where })
      if not prog and event.type == 0 then -- qemu without KVM has no counters, nor has this host
        local why = "this machine has no such hardware counter; most virtual machines have none"
        assert.truthy(err:find("\n" .. why, 1, true), err)
        return pending(why)
      end
      assert(prog, err)
      local rows, online = rows_of(prog), bpf.host().online_cpus
      assert.equal(online, #rows)
      for _, row in ipairs(rows) do
        assert.equal("perf_event", row.kind)
        if fixture.since(6, 6) then assert.matches(event.word, row.target) end
      end
    end)
  end

  it("that no kernel has", function()
    local where = { perf_event = { type = 1, config = 999, period = 1 } }
    local prog, err = kinds.attach(fixture.object("sections"), "sec_any", { where = where })
    assert.is_nil(prog)
    assert.truthy(err:find("\nthis kernel has no perf event of type 1, config 999", 1, true), err)
  end)
end)

describe("the flags of a map", function()
  local HASH, RINGBUF, ARENA <const> = 1, 27, 33
  local MAPS = {
    { "arena", ARENA, { 0, 0, 1 }, { "mmapable" }, "6.9" },
    { "arena", ARENA, { 0, 0, 1 }, { "mmapable", "segv_on_fault" }, "6.9" },
    { "arena", ARENA, { 0, 0, 1 }, { "mmapable", "no_user_conv" }, "6.9" },
    { "ringbuf", RINGBUF, { 0, 0, 4096 }, { "rb_overwrite" }, "6.19" },
    { "hash", HASH, { 4, 4, 1 }, { "no_prealloc", "rdonly_prog" }, "5.10" },
  }
  local BITS = { no_prealloc = 0, rdonly_prog = 7, mmapable = 10, segv_on_fault = 17,
    no_user_conv = 18, rb_overwrite = 19 }
  -- Makes a map by the system call: its id, or "-" and the error. It lives until the input ends.
  local MAKE = [[
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
number = 321 if os.uname().machine == "x86_64" else 280
attr = ctypes.create_string_buffer(80)
struct.pack_into("=IIIII", attr, 0, *map(int, sys.argv[1:6]))
fd = libc.syscall(number, 0, attr, 80)
if fd < 0:
    sys.exit("- " + os.strerror(ctypes.get_errno()))
info = ctypes.create_string_buffer(16)
attr = ctypes.create_string_buffer(struct.pack("=IIQ", fd, 16, ctypes.addressof(info)), 16)
libc.syscall(number, 15, attr, 16)
with open(sys.argv[6], "w") as file:
    print(struct.unpack("=II", info.raw[:8])[1], file=file)
sys.stdin.read()
]]

  for _, case in ipairs(MAPS) do
    local name, type, sizes, words, since = table.unpack(case)
    it(("%s: %s (Linux %s)"):format(name, table.concat(words, ", "), since), function()
      local flags, told, script = 0, os.tmpname(), os.tmpname()
      for _, word in ipairs(words) do flags = flags | 1 << BITS[word] end
      local file <close> = assert(io.open(script, "w"))
      file:write(MAKE)
      file:flush()
      local pipe = assert(io.popen(("exec python3 %s %d %d %d %d %d %s 2>>%s"):format(script, type,
        sizes[1], sizes[2], sizes[3], flags, told, told), "w"))
      local said = fixture.eventually(function()
        local f <close> = assert(io.open(told))
        return f:read("l")
      end)
      local id = tonumber(said)
      local map = id and support.ask(("{ map(id: %d) { kernelType flags flagNames } }"):format(id))
      local listed = id and fixture.json("bpftool -j map show id " .. id)
      local shown = id and fixture.output(("%s map show %d"):format(fixture.binary(), id))
      pipe:close()
      os.remove(told)
      os.remove(script)
      if not id then return pending("this kernel refuses it: " .. said) end
      assert.same({ kernelType = name, flags = flags, flagNames = words }, map.map)
      assert.equal(flags, listed.flags)
      assert.matches("\n  flags +" .. table.concat(words, ", ") .. "\n", shown)
    end)
  end
end)

describe("objects made with a BPF token", function()
  it("are listed with the process in its user namespace that holds them", function()
    local ids = os.tmpname()
    local pipe = assert(io.popen(("exec python3 tests/lua/support/token.py > %s"):format(ids), "w"))
    local said = fixture.eventually(function()
      local f <close> = assert(io.open(ids))
      return f:read("l")
    end)
    local pid, map, prog = said:match("^(%d+) (%d+) (%d+)$")
    local told = pid and support.ask(([[{ map(id: %d) { name kernelType owners { pid comm } }
      program(id: %d) { name kernelType orphaned owners { pid } } }]]):format(map, prog))
    pipe:close()
    os.remove(ids)
    if not pid then return pending("this kernel has no BPF tokens (Linux 6.9): " .. said) end
    pid = math.tointeger(tonumber(pid))
    assert.same({ name = "token_map", kernelType = "hash",
      owners = { { pid = pid, comm = "python3" } } }, told.map)
    assert.same({ name = "token_prog", kernelType = "xdp", orphaned = false,
      owners = { { pid = pid } } }, told.program)
  end)
end)
