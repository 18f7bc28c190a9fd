-- Perf events during a program's runs, as far as this kernel and machine support them.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local OBJECT = fixture.object("code/trace")
local NO_FENTRY = "this kernel has no fentry for BPF programs"

local function has(name)
  for _, event in ipairs(bpf.counter_names()) do
    if event.name == name then return event.available end
  end
end

local function with_program(fn)
  local obj <close> = assert(bpf.load(OBJECT))
  local attached, why = obj:attach("code_loop")
  assert.equal(1, attached, why)
  return fn(obj:prog("code_loop"):info().id)
end

describe("bpf.counters", function()
  it("knows bpftool's events and those of software", function()
    local seen = {}
    for i, event in ipairs(bpf.counter_names()) do seen[i] = event.name end
    assert.same({ "cycles", "instructions", "l1d_loads", "llc_misses", "itlb_misses",
      "dtlb_misses", "cpu_clock", "task_clock", "page_faults", "context_switches",
      "cpu_migrations" }, seen)
    assert.is_true(has("cpu_clock"))
  end)

  it("counts the runs of a program", function()
    with_program(function(id)
      local counters <close>, err, errno = bpf.counters(id, { "cpu_clock", "page_faults" })
      if not counters and err == NO_FENTRY then return pending(NO_FENTRY) end
      assert(counters, err, errno)
      os.execute("timeout 0.5 dd if=/dev/zero of=/dev/null bs=1 2>/dev/null")
      local result = assert(counters:read())
      assert.is_true(result.runs > 0)
      assert.is_true(result.values.cpu_clock > 0)
      assert.is_true(result.enabled >= result.running)
      assert.equal(0, result.values.page_faults)
      counters:close()
      counters:close()
      assert.error_matches(function() counters:read() end, "counters are closed")
    end)
  end)

  it("counts cycles", function()
    if not has("cycles") then return pending("this machine has no hardware counters") end
    with_program(function(id)
      local counters <close>, err = bpf.counters(id, { "cycles", "instructions" })
      if not counters and err == NO_FENTRY then return pending(NO_FENTRY) end
      assert(counters, err)
      os.execute("timeout 0.5 dd if=/dev/zero of=/dev/null bs=1 2>/dev/null")
      assert.is_true(assert(counters:read()).values.instructions > 0)
    end)
  end)

  it("says that the machine has no hardware counters", function()
    if has("cycles") then return pending("this machine has them") end
    with_program(function(id)
      local counters, err, errno = bpf.counters(id, { "cpu_clock", "cycles" })
      assert.is_nil(counters)
      assert.matches("^this machine has no hardware counters %(cycles: .+%)$", err)
      assert.equal(19, errno)
    end)
  end)

  it("says that the kernel has no fentry for BPF programs", function()
    if bpf.probe("trampoline") then return pending("this kernel has trampolines") end
    with_program(function(id)
      local counters, err, errno = bpf.counters(id, { "cpu_clock" })
      assert.is_nil(counters)
      assert.equal(NO_FENTRY, err)
      assert.equal(95, errno)
    end)
  end)

  it("refuses programs and events that can't be counted", function()
    local function count(...) return bpf.counters(...) end
    assert.error_matches(function() count(0, { "cycles" }) end, "no id of a program")
    assert.error_matches(function() count(1, {}) end, "no event")
    assert.error_matches(function() count(1, { "nothing" }) end, "unknown event")
    assert.error_matches(function() count(1, { 1 }) end, "unknown event")
    assert.error_matches(function() count(1, { "cycles", "cycles" }) end, "an event twice")
    local counters, err, errno = bpf.counters(0xffffffff, { "cpu_clock" })
    assert.is_nil(counters)
    assert.matches("^program 4294967295: ", err)
    assert.equal(2, errno)
  end)

  it("leaves no descriptor open", function()
    with_program(function(id)
      local function again()
        local counters <close> = bpf.counters(id, { "cpu_clock", "context_switches" })
        local missing <close> = bpf.counters(id, { "cpu_clock", "cycles" })
        return counters or missing
      end
      again()
      collectgarbage()
      local before = fixture.descriptors()
      for _ = 1, 10 do again() end
      collectgarbage()
      assert.equal(before, fixture.descriptors())
    end)
  end)
end)
