-- Unusual settings of a machine: statistics always on, BPF closed to users, an audit of everything,
-- little memory.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local shapes = require("tests.lua.shapes.support")

local function host(fields)
  return fixture.json(("%s query '{ host { %s } }'"):format(fixture.binary(), fields)).data.host
end

describe("a machine where", function()
  it("others have switched the statistics on", function()
    local why = shapes.lacks("four")
    if why then return pending(why) end
    assert.is_false(host("statsEnabled").statsEnabled)
    fixture.run("sysctl -qw kernel.bpf_stats_enabled=1")
    assert.is_true(host("statsEnabled").statsEnabled)
    local object <close> = assert(bpf.load(fixture.object("objects")))
    assert(object:attach("obj_tp_btf"))
    os.execute("true")
    local id = fixture.find(object:progs(), { name = "obj_tp_btf" }).id
    assert.is_true(bpf.prog_info(id).run_cnt > 0)
    fixture.run("sysctl -qw kernel.bpf_stats_enabled=0")
  end)

  it("users may load nothing, or may", function()
    local why = shapes.lacks("four")
    if why then return pending(why) end
    for value, allowed in pairs { [2] = false, [0] = true } do
      fixture.run("sysctl -qw kernel.unprivileged_bpf_disabled=%d", value)
      assert.equal(allowed, host("unprivilegedBpf").unprivilegedBpf)
    end
  end)

  it("everything is audited", function()
    local why = shapes.lacks("many")
    if why then return pending(why) end
    assert.matches("audit=1", fixture.output("cat /proc/cmdline"))
    local object <close> = assert(bpf.load(fixture.object("objects")))
    local listed = fixture.json(fixture.binary() .. " prog list -j")
    assert.is_table(fixture.find(listed, { id = object:progs()[1].id }))
  end)

  it("there are 256 MB: a large map is told in constant memory", function()
    local why = shapes.lacks("small")
    if why then return pending(why) end
    local pin, n = fixture.pin("small"), 30000
    fixture.run("bpftool map create %s type hash key 4 value 8 entries %d name lun_t_small", pin, n)
    local map <close> = assert(bpf.map(pin))
    for i = 1, n do assert(map:update(("<I4"):pack(i), ("<I8"):pack(i))) end
    local lines = fixture.output(("%s map dump %d --ndjson | wc -l"):format(fixture.binary(),
      map:id()))
    bpf.unpin(pin)
    assert.equal(n, math.tointeger(tonumber(lines)))
  end)
end)
