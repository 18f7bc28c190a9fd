-- prog:run: results, outputs and durations of programs of several types.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local PACKET = "\x2a" .. ("x"):rep(63)

describe("prog:run", function()
  local object

  setup(function() object = assert(bpf.load(fixture.object("run"))) end)
  teardown(function() object:close() end)

  local function run(name, opts)
    local prog <close> = assert(object:prog(name))
    return prog:run(opts)
  end

  it("gives the packet, and takes the result", function()
    local outcome = assert(run("run_first_byte", { input = PACKET }))
    assert.equal(42, outcome.result)
    assert.equal(PACKET, outcome.output)
  end)

  it("gives back the packet that the program made", function()
    local outcome = assert(run("run_mark", { input = PACKET }))
    assert.equal(2, outcome.result)
    assert.equal("lun!" .. PACKET, outcome.output)
  end)

  it("takes a context and gives it back", function()
    local mark = 8 -- __sk_buff's third word
    local context = ("\0"):rep(mark) .. ("<I4"):pack(41) .. ("\0"):rep(192 - mark - 4)
    local outcome = assert(run("run_skb_mark", { input = PACKET, context = context }))
    assert.equal(#PACKET, outcome.result)
    assert.equal(42, ("<I4"):unpack(outcome.context, mark + 1))
  end)

  it("gives arguments to a raw tracepoint, and memory to a syscall program", function()
    assert.equal(12, run("run_arguments", { context = ("<I8I8"):pack(5, 7) }).result)
    local outcome = assert(run("run_syscall", { context = ("<I8"):pack(21) }))
    assert.equal(7, outcome.result)
    assert.equal(("<I8"):pack(42), outcome.context)
  end)

  -- An Ethernet frame with IPv4, and the context of a socket lookup.
  it("runs programs of every type that takes a packet, or a context alone", function()
    local frame = ("\2"):rep(12) .. "\8\0\x45" .. ("\0"):rep(63)
    local lookup = ("<I8I4I4"):pack(0, 2, 6) .. ("\0"):rep(56)
    local other <close> = assert(bpf.load(fixture.object("attach")))
    local results = {}
    for _, loaded in ipairs(other:progs()) do
      local prog <close> = assert(other:prog(loaded.name))
      local type = prog:info().type
      local opts = type == "sk_lookup" and { context = lookup } or { input = frame }
      local outcome, err, errno = prog:run(opts)
      if outcome then results[type] = outcome.result
      elseif errno == 95 then results[type] = err end
    end
    local CANT = "programs of this type can't be run by hand"
    assert.same({ xdp = 2, cgroup_skb = 1, sched_cls = 0, flow_dissector = 0,
      socket_filter = 0xffffffff, sk_lookup = 1, cgroup_sock = CANT, sk_msg = CANT,
      perf_event = CANT }, results)
  end)

  it("averages over many times", function()
    local outcome = assert(run("run_first_byte", { input = PACKET, times = 100000 }))
    assert.equal(42, outcome.result)
    assert.truthy(outcome.duration >= 0 and outcome.duration < 1000000000)
  end)

  it("says which types can't, and what the kernel refuses", function()
    assert.same({ nil, "programs of this type can't be run by hand", 95 },
      { run("run_tracepoint") })
    for _, name in ipairs { "run_arguments", "run_syscall" } do
      local options = { context = ("\0"):rep(16), times = 2 }
      assert.same({ nil, "programs of this type run once at a time, not many times", 34 },
        { run(name, options) }, name)
    end
    local outcome, err, errno = run("run_first_byte", { input = "short" })
    assert.is_nil(outcome)
    assert.equal(22, errno)
    assert.equal("the kernel refuses this input or context for a program of this type", err)
  end)

  it("raises on what makes no sense", function()
    local bad = { { times = 0 }, { times = 1 << 40 }, { input = {} }, { context = true } }
    for _, opts in ipairs(bad) do
      assert.has_error(function() run("run_first_byte", opts) end)
    end
    assert.has_error(function() run("run_first_byte", "x") end)
    local prog = object:prog("run_first_byte")
    prog:close()
    assert.has_error(function() prog:run { input = PACKET } end, "program is closed")
  end)
end)

describe("prog:stream", function()
  local object, prog

  local function open()
    object = assert(bpf.load(fixture.object("stream")))
    prog = assert(object:prog("str_say"))
    local result = prog:run({ context = ("<I8"):pack(41) }).result
    if result == 2 then return pending("this kernel has no streams of programs (Linux 6.17)") end
    if result == 1 then return pending("this kernel finds no memory for a program's stream") end
    prog:stream("stdout")
    prog:stream("stderr")
    return true
  end

  after_each(function()
    if prog then prog:close() end
    if object then object:close() end
  end)

  it("takes out what the program wrote", function()
    if not open() then return end
    assert.equal("", prog:stream())
    assert(prog:run { context = ("<I8"):pack(42) })
    assert(prog:run { context = ("<I8"):pack(43) })
    assert.equal("said 42\nsaid 43\n", prog:stream("stdout"))
    assert.equal("", prog:stream("stdout"))
    assert.equal("a complaint\na complaint\n", prog:stream("stderr"))
  end)

  it("knows no other streams", function()
    object = assert(bpf.load(fixture.object("run")))
    prog = assert(object:prog("run_syscall"))
    assert.has_error(function() prog:stream("stdin") end)
    local text, err = prog:stream("stderr")
    assert.truthy(text == "" or err == "this kernel has no streams of programs")
  end)
end)
