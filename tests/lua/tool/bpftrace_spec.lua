-- bpftrace as a source: its process, its maps, rules for them, and what is left at the end.

local bpf = require("bpf")
local bpftrace = require("lunette.tool.bpftrace")
local fixture = require("tests.lua.support.fixture")
local rule_text = require("lunette.metrics.rule_text")

local SCRIPT = [[
tracepoint:syscalls:sys_enter_getppid { @calls[comm] = count(); @times = nsecs; }
]]

describe("bpftrace as a source", function()
  it("shows the maps of its script, has rules for them, and leaves nothing", function()
    local script = assert(bpftrace.start { "-q", "-e", SCRIPT })
    local maps = script:wait()
    local names = {}
    for i, info in ipairs(maps) do names[i] = info.name:gsub("^AT_", "") end
    assert.same({ "calls", "times" }, names)
    assert.is_true(script:runs())
    fixture.run("python3 -c 'import os\nfor i in range(5): os.getppid()'")
    local map <close> = assert(bpf.map(maps[1].id))
    local found = require("lunette.decode.bpftrace_table").text(map)
    assert.truthy(found:match("python3%]: %d+"), found)
    local source = bpftrace.rules(maps, rule_text.write)
    assert.truthy(load(source), source)
    assert.truthy(source:find("calls", 1, true))
    local id = maps[1].id
    script:close()
    assert.is_false(script:runs())
    map:close()
    assert.truthy(fixture.eventually(function() return bpf.map_info(id) == nil end))
  end)

  it("says when bpftrace ends, as for an error of the script", function()
    local script <close> = assert(bpftrace.start { "-e", "nonsense { }" })
    assert.same({}, script:wait())
    assert.is_false(script:runs())
  end)
end)
