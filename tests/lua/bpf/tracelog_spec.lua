-- The trace pipe: lines printed by a program of the test arrive parsed.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local trace = require("lunette.code.trace")

local OBJECT = fixture.object("code/trace")

describe("bpf.trace_log", function()
  it("gives what programs print", function()
    local log, err = bpf.trace_log()
    if not log then
      pending(err)
      return
    end
    local obj <close> = assert(bpf.load(OBJECT))
    assert(obj:attach("code_compare"))
    local found = fixture.eventually(function()
      for _, line in ipairs(trace.lines(assert(log:read(0.1)))) do
        if line.text:match("^same %d$") then return line end
      end
    end)
    log:close()
    assert.is_table(found, "nothing that the program printed came out")
    assert.equal("bpf_trace_printk", found.event)
    assert.is_true(found.pid > 0 and found.cpu >= 0 and found.time > 0)
  end)

  it("refuses use after close", function()
    local log, err = bpf.trace_log()
    if not log then
      pending(err)
      return
    end
    assert.error_matches(function() log:read(-1) end, "not from 0")
    log:close()
    log:close()
    assert.error_matches(function() log:read() end, "trace log is closed")
  end)
end)

describe("trace.line", function()
  it("takes a line apart", function()
    assert.same({ task = "my task-x", pid = 12, cpu = 1, flags = "...21", time = 3.5,
      event = "bpf_trace_printk", text = "a: b [c]" },
      trace.line("  my task-x-12  [001] ...21     3.500000: bpf_trace_printk: a: b [c]"))
    assert.same({ task = "<...>", pid = 7, cpu = 0, flags = "d..1.", time = 1.0,
      event = "bpf_trace_printk", text = "" },
      trace.line("<...>-7 [000] d..1. 1.000000: bpf_trace_printk: "))
  end)

  it("keeps what is no such line", function()
    assert.same({ text = "CPU:0 [LOST 12 EVENTS]" }, trace.line("CPU:0 [LOST 12 EVENTS]"))
  end)
end)
