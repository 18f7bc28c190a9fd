-- Stack maps with build ids in place of addresses, and fields that the kernel always zeroes.

local bpf = require("bpf")
local d = require("lunette.decode")
local fixture = require("tests.lua.support.fixture")

local ID = ("\1"):rep(20)
local HEX = ("01"):rep(20)

local function frame(status, id, offset) return ("<i4c20I8"):pack(status, id, offset) end

describe("stacks of build ids", function()
  local object, map

  setup(function()
    object = assert(bpf.load(fixture.object("shapes")))
    map = assert(object:map("sh_build_ids"))
  end)

  teardown(function()
    map:close()
    object:close()
  end)

  it("are a build id and an offset, or an address, up to their end", function()
    local bytes = frame(1, ID, 0x4711) .. frame(2, ("\0"):rep(20), 0x7f00dead)
    bytes = bytes .. ("\0"):rep(32 * 16 - #bytes)
    local plan = map:decoder().value_plan
    assert.same({ HEX .. "+0x4711", "0x7f00dead" }, plan:decode(bytes))
    assert.equal(('["%s+0x4711","0x7f00dead"]'):format(HEX), plan:json(bytes))
  end)

  it("are symbols where a process runs the file", function()
    if not object:attach("sh_take_stack") then return pending("no raw tracepoints") end
    os.execute("for i in 1 2 3; do echo $i; done > /dev/null")
    object:detach()
    local stacks, named, n = {}, 0, 0
    for id, frames in map:each() do
      for _, text in ipairs(frames) do
        n = n + 1
        local unnamed = text:find("^%x+%+0x%x+$") or text:find("^0x%x+$")
        if not unnamed and text:find("write") then named = named + 1 end
      end
      stacks[#stacks + 1] = id
    end
    assert.is_true(#stacks > 0 and n > 0 and named > 0)
    -- The same where a key refers to the stack by its id.
    local plan = d.compile(d.stack(map:id()), 4)
    local shown = {}
    for i, id in ipairs(stacks) do shown[i] = tostring(plan:decode(("<I4"):pack(id))) end
    assert.matches("write", table.concat(shown, "\n"))
  end)
end)

describe("fields that the kernel never shows", function()
  it("are null, not zero, and can't be written", function()
    local object <close> = assert(bpf.load(fixture.object("shapes")))
    local held <close> = object:map("sh_held")
    local pointing <close> = object:map("sh_pointing")
    local plan = held:decoder().value_plan
    assert.equal('{"lock":null,"users":0,"timer":null}', plan:json(held:lookup("\0\0\0\0")))
    assert.equal('{"users":0,"task":null}',
      pointing:decoder().value_plan:json(pointing:lookup("\0\0\0\0")))
    assert.same({ nil, "value.lock: is not shown by the kernel, and can't be written" },
      { plan:encode { lock = 1 } })
    local json = require("lunette.runtime.json")
    local bytes = plan:encode(json.decode('{"lock":null,"users":7}'))
    assert.equal(("\0"):rep(4) .. "\7", bytes:sub(1, 5))
  end)
end)
