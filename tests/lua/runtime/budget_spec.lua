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

  it("gives errors with their traceback, and refuses what is no limit", function()
    local ok, err = budget.run({}, function() error("it broke") end)
    assert.is_false(ok)
    assert.matches("it broke\nstack traceback:", err)
    assert.has_error(function() budget.run({ seconds = -1 }, print) end)
    assert.has_error(function() budget.run({}, 1) end)
  end)
end)
