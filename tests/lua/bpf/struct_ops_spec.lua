-- A struct_ops map: its fields by the kernel's BTF, its functions as programs.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local leaks = require("lunette.leaks")
local support = require("tests.lua.schema.support")

local function registered()
  local command = "bpftool struct_ops register %s 2>&1"
  return fixture.output(command:format(fixture.object("struct_ops")))
end

describe("a struct_ops map", function()
  local said = registered()
  local id = math.tointeger(tonumber(said:match("^Registered .* id (%d+)")))
  if not id then
    pending("this kernel takes no struct_ops: " .. said)
    return
  end

  teardown(function()
    os.execute(("bpftool struct_ops unregister id %d >/dev/null 2>&1"):format(id))
  end)

  it("has the functions as programs, by name and id", function()
    local map <close> = assert(bpf.map(id))
    local value
    for _, decoded in map:each() do value = decoded end
    for field, name in pairs { ssthresh = "so_ssthresh", cong_avoid = "so_avoid",
      undo_cwnd = "so_undo" } do
      local got, prog = value.data[field]:match("^(%S+) %((%d+)%)$")
      assert.equal(name, got)
      assert.equal(name, bpf.prog_info(math.tointeger(tonumber(prog))).name)
    end
    assert.equal(0, value.data.set_state)
    assert.equal("lunette_still", value.data.name)
    assert.equal("BPF_STRUCT_OPS_STATE_INUSE", (value.common or value).state) -- since 6.8
  end)

  it("that no process holds is told as forgotten, with what takes it back", function()
    local leak = fixture.find(assert(leaks.list()), { kind = "map", id = id })
    assert.matches("^registered without a link, and held by no process", leak.why)
    assert.equal(("lunette map delete %d 0"):format(id), leak.remedy)
  end)

  it("has columns, and the same as JSON", function()
    local source = "{ map(id: %d) { table { note columns { name type } rows { cells } } } }"
    local found = support.ask(source:format(id)).map.table
    local at = {}
    for i, column in ipairs(found.columns) do at[column.name] = i end
    assert.is_nil(found.note)
    assert.equal("prog", found.columns[at["data.ssthresh"]].type)
    assert.matches("^so_undo %(%d+%)$", found.rows[1].cells[at["data.undo_cwnd"]])
    local dump = fixture.json(("%s map dump %d -j"):format(fixture.binary(), id))
    local avoid = bpf.prog_info(math.tointeger(dump[1].value.data.cong_avoid)) -- JSON has its id
    assert.equal("so_avoid", avoid.name)
  end)

  it("goes by the command that the leak names", function()
    fixture.run("%s map delete %d 0", fixture.binary(), id)
    assert.truthy(fixture.eventually(function() return not bpf.map_info(id) end))
  end)
end)
