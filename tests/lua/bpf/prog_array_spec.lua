-- Looking must not change what is looked at: a program array that was looked at by id while its
-- owner closed it stayed in the kernel for ever (see src/bpf/late_close.h).

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local LOOK = [[
local bpf = require("bpf")
local stop = os.time() + 4
while os.time() < stop do bpf.maps() end]]

-- The program arrays of the fixture that no other test uses.
local function arrays()
  local n = 0
  for _, info in ipairs(bpf.maps()) do
    if info.name == "code_tails" then n = n + 1 end
  end
  return n
end

describe("a program array", function()
  it("goes with its owner, although someone looks at it all the time", function()
    local script = os.tmpname()
    local file <close> = assert(io.open(script, "w"))
    file:write(LOOK)
    file:flush()
    local before = arrays()
    local looking = assert(io.popen(("%s run %s"):format(fixture.binary(), script)))
    for _ = 1, 12 do
      local object <close> = assert(bpf.load(fixture.object("code/net")))
      assert.is_true(#object:maps() > 0)
    end
    looking:close()
    os.remove(script)
    local left = arrays()
    for _ = 1, 20 do
      if left == before then break end
      os.execute("sleep 0.1")
      left = arrays()
    end
    assert.equal(before, left)
  end)
end)
