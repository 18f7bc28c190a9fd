-- Sampling of native code, on a program of the corpus that system calls keep busy.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local hot = require("lunette.code.hot")

local OBJECT = fixture.object("code/trace")

local function busy()
  os.execute("timeout 0.5 dd if=/dev/zero of=/dev/null bs=1 2>/dev/null")
end

describe("bpf.profile", function()
  it("finds the hot lines of a busy program", function()
    local obj <close> = assert(bpf.load(OBJECT))
    local attached, why = obj:attach("code_loop")
    assert.equal(1, attached, why)
    local profile <close> = assert(bpf.profile(4999))
    local id = obj:prog("code_loop"):info().id
    local mine, spots
    -- Waits for enough samples: the machine may be busy.
    local found = fixture.eventually(function()
      busy()
      local result = assert(profile:read())
      assert.is_true(result.samples > 0)
      mine = fixture.find(hot.programs(result), { id = id })
      spots = mine and assert(hot.of_program(id, mine.places))
      for _, line in ipairs(spots and spots.lines or {}) do
        if line.text:find("bpf_map_lookup_elem(&code_slots", 1, true) then return true end
      end
    end)
    assert.is_true(found, "the line of the lookup is not among the hot ones")
    assert.equal(mine.samples, spots.samples)
    local sum = 0
    for _, insn in ipairs(spots.insns) do sum = sum + insn.samples end
    assert.equal(spots.samples, sum)
  end)

  it("starts afresh with every read", function()
    -- On a busy machine much time may pass between two reads, but not every time.
    assert.is_true(fixture.eventually(function()
      local profile <close> = assert(bpf.profile())
      busy()
      local first = assert(profile:read())
      local second = assert(profile:read())
      return second.samples < first.samples
    end))
  end)

  it("refuses what it can't do, and use after close", function()
    assert.error_matches(function() bpf.profile(0) end, "not from 1 to 20000")
    local profile = assert(bpf.profile())
    profile:close()
    profile:close()
    assert.error_matches(function() profile:read() end, "profile is closed")
  end)

  it("leaves no descriptor open", function()
    collectgarbage()
    local before = fixture.descriptors()
    for _ = 1, 20 do assert(bpf.profile()):close() end
    collectgarbage()
    assert.is_true(fixture.descriptors() <= before)
  end)
end)
