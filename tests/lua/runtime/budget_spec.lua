local budget = require("lunette.core.budget")

describe("lunette.core.budget", function()
  it("passes arguments and results", function()
    assert.are.same({ true, 3, nil, "x" },
      { budget.run({ seconds = 1 }, function(a, b) return a + b, nil, "x" end, 1, 2) })
  end)

  it("ends what runs too long, whatever it catches", function()
    local ok, err = budget.run({ seconds = 0.05 }, function()
      while true do pcall(function() while true do end end) end
    end)
    assert.is_false(ok)
    assert.matches("over budget: 0.05 seconds\nstack traceback:", err)
  end)

  it("counts instructions", function()
    local ok, err = budget.run({ instructions = 10000 }, function() while true do end end)
    assert.is_false(ok)
    assert.matches("over budget: 10000 instructions", err)
    assert.is_true(budget.run({ instructions = 1000000 }, function()
      for _ = 1, 1000 do end
    end))
  end)

  it("ends coroutines, and those within them", function()
    local function nest(depth)
      if depth == 0 then while true do end end
      for _ in coroutine.wrap(function() nest(depth - 1) end) do end
    end
    local ok, err = budget.run({ seconds = 0.05 }, function()
      while true do pcall(nest, 20) end
    end)
    assert.is_false(ok)
    assert.matches("over budget: 0.05 seconds", err)
  end)

  it("sets no hook before it is due, and keeps it from being taken away then", function()
    assert.is_true(budget.run({ seconds = 1000 }, function() assert(not debug.gethook()) end))
    local ok, err = budget.run({ seconds = 0.05 }, function()
      while true do pcall(debug.sethook) end
    end)
    assert.is_false(ok)
    assert.matches("over budget", err)
    assert.is_nil((debug.gethook()))
  end)

  it("leaves the outer limit in force after an inner one", function()
    local ok, err = budget.run({ seconds = 0.2 }, function()
      assert(not budget.run({ seconds = 0.01 }, function() while true do end end))
      while true do end
    end)
    assert.is_false(ok)
    assert.matches("over budget: 0.2 seconds", err)
    assert.is_true(budget.run({ seconds = 1000 }, function()
      assert(not budget.run({ seconds = 0.01 }, function() while true do end end))
      for _ = 1, 1000000 do end
    end))
  end)

  it("tells how much is left of the run around it", function()
    assert.equal(math.huge, budget.left())
    local ok, outer, inner = budget.run({ seconds = 1000 }, function()
      return budget.left(), select(2, budget.run({ seconds = 100 }, budget.left))
    end)
    assert.is_true(ok and outer > 100 and outer <= 1000 and inner > 0 and inner <= 100)
  end)

  it("gives errors with their traceback, and refuses what is no limit", function()
    local ok, err = budget.run({}, function() error("it broke") end)
    assert.is_false(ok)
    assert.matches("it broke\nstack traceback:", err)
    assert.has_error(function() budget.run({ seconds = -1 }, print) end)
    assert.has_error(function() budget.run({}, 1) end)
  end)
end)

describe("lunette.sleep and lunette.now", function()
  local lunette = require("lunette")

  it("take the time that they say", function()
    local before = lunette.now()
    lunette.sleep(0.02)
    assert.is_true(lunette.now() - before >= 0.02)
    assert.has_error(function() lunette.sleep(-1) end)
  end)

  it("end with the run", function()
    local ok, err = require("lunette.core.budget").run({ seconds = 0.05 }, lunette.sleep, 1000)
    assert.is_false(ok)
    assert.matches("over budget", err)
  end)
end)
