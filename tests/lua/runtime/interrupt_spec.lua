local budget = require("lunette.core.budget")
local interrupt = require("lunette.core.interrupt")

local function spin() while true do end end

-- Calls fn(press): press() sends the signal, which arrives while the next code runs.
local function interrupted(fn)
  local shell <close> = assert(io.popen("read _; kill -INT $PPID", "w"))
  return interrupt.call(function(message) return message end, fn, function()
    shell:write("\n")
    shell:flush()
  end)
end

describe("Ctrl-C", function()
  local LOOPS = {
    ["a loop"] = spin,
    ["a loop around pcall"] = function() while true do pcall(spin) end end,
    ["a loop in a coroutine"] = function() coroutine.wrap(spin)() end,
    ["a loop over coroutines"] = function()
      while true do pcall(coroutine.wrap(function() coroutine.wrap(spin)() end)) end
    end,
    ["a loop within limits"] = function()
      while true do budget.run({ seconds = 1000 }, spin) end
    end,
    ["a loop that counts"] = function() budget.run({ instructions = 1 << 60 }, spin) spin() end,
  }
  for name, loop in pairs(LOOPS) do
    it("ends " .. name, function()
      local ok, was, message = interrupted(function(press)
        press()
        loop()
      end)
      assert.same({ false, true }, { ok, was })
      assert.matches("interrupted$", message)
    end)
  end

  it("leaves what comes after alone", function()
    interrupted(function(press) press() spin() end)
    assert.same({ true, false, 1 }, { interrupt.call(print, function()
      for _ = 1, 100000 do end
      return 1
    end) })
    assert.is_nil((debug.gethook()))
  end)

  it("is told although the code caught it", function()
    assert.same({ true, true }, { interrupted(function(press)
      pcall(function() press() spin() end)
    end) })
  end)

  it("lets what is held be closed", function()
    local closed = 0
    interrupted(function(press)
      local _ <close> = setmetatable({}, { __close = function()
        for _ = 1, 100000 do closed = closed + 1 end
      end })
      press()
      while true do pcall(spin) end
    end)
    assert.equal(100000, closed)
  end)

  it("of a call within is not the outer one's", function()
    assert.same({ true, false, true }, { interrupt.call(print, function()
      local _, was = interrupted(function(press) press() spin() end)
      for _ = 1, 100000 do end
      return was
    end) })
  end)
end)
