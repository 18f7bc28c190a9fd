-- Series over time: resets, removed entries, series that no longer change.

local core = require("lunette.core.metrics")

describe("series between scrapes", function()
  before_each(core.forget)

  -- Runs one pass; returns the page in OpenMetrics.
  local function pass(rule, values, opts)
    opts = opts or {}
    local groups = core.groups { labels = 1, cells = { "sum" }, limit = 1000 }
    for label, value in pairs(values) do groups:add_u64(1, value, label) end
    local exported = groups:export { rule = rule, began = opts.at, now = opts.now or opts.at,
      counters = { opts.counter ~= false }, hold = opts.hold, expire = opts.expire,
      top = opts.top }
    local page <close> = core.page()
    local kind = opts.counter ~= false and "counter" or "gauge"
    local family = page:family { name = "x", type = kind }
    page:view(family, exported, { labels = { { name = "a", index = 1 } }, cell = 1 })
    return page:text("openmetrics"), exported
  end

  it("tell no start of a counter that was there before us", function()
    assert.is_falsy(pass("r", { a = 5 }, { at = 100 }):find("_created"))
  end)

  it("tell when a counter began that came later", function()
    pass("r", { a = 5 }, { at = 100 })
    local text = pass("r", { a = 6, b = 1 }, { at = 110 })
    assert.is_truthy(text:find('x_created{a="b"} 100.000', 1, true))
    assert.is_falsy(text:find('x_created{a="a"}', 1, true))
  end)

  it("show a reset by its start", function()
    pass("r", { a = 50 }, { at = 100 })
    local text = pass("r", { a = 3 }, { at = 110 })
    assert.is_truthy(text:find('x_total{a="a"} 3\nx_created{a="a"} 100.000', 1, true))
  end)

  it("hold a sum that fell because entries went", function()
    pass("r", { a = 50 }, { at = 100, hold = true })
    local text = pass("r", { a = 20 }, { at = 110, hold = true })
    assert.is_truthy(text:find('x_total{a="a"} 50\n', 1, true))
    text = pass("r", { a = 25 }, { at = 120, hold = true })
    assert.is_truthy(text:find('x_total{a="a"} 55\n', 1, true))
  end)

  it("take no notice of a pass that began before the last one ended", function()
    pass("r", { a = 50 }, { at = 100, now = 105, hold = true })
    local text = pass("r", { a = 40 }, { at = 103, hold = true })
    assert.is_truthy(text:find('x_total{a="a"} 40\n', 1, true))
    text = pass("r", { a = 51 }, { at = 110, hold = true })
    assert.is_truthy(text:find('x_total{a="a"} 51\n', 1, true))
  end)

  it("leave out what did not change for so long, until it does", function()
    local how = { at = 100, expire = 30, counter = false }
    pass("r", { a = 5, b = 5 }, how)
    how.at = 120
    pass("r", { a = 6, b = 5 }, how)
    how.at = 140
    local text, exported = pass("r", { a = 6, b = 5 }, how)
    assert.is_truthy(text:find('x{a="a"} 6', 1, true))
    assert.is_falsy(text:find('a="b"', 1, true))
    assert.are.equal(1, select(4, exported:size()))
    how.at = 150
    assert.is_truthy(pass("r", { a = 6, b = 7 }, how):find('x{a="b"} 7', 1, true))
  end)

  it("are listed by label, and the same ones at every scrape when values are equal", function()
    local values = {}
    for i = 1, 100 do values[("p%03d"):format(i)] = 1 end
    local first = pass("r", values, { at = 100, top = 3, counter = false })
    assert.is_truthy(first:find('x{a="p001"} 1\nx{a="p002"} 1\nx{a="p003"} 1', 1, true))
  end)
end)

describe("groups", function()
  it("becomes a double only when 64 bits are not enough", function()
    local groups = core.groups { labels = 0, cells = { "sum" }, limit = 1 }
    groups:add_u64(1, -2)
    groups:add(1, 1)
    assert.are.equal(18446744073709551616.0, select(2, groups:row(1))[1]) -- no Lua integer
    groups:add(1, 1)
    assert.are.equal(18446744073709551616.0, select(2, groups:row(1))[1])
  end)

  it("refuses groups over its limit, and counts them", function()
    local groups = core.groups { labels = 1, cells = { "sum" }, limit = 2 }
    assert.is_true(groups:add(1, 1, "a"))
    assert.is_true(groups:add(1, 1, "b"))
    assert.are.same({ nil, "full" }, { groups:add(1, 1, "c") })
    assert.is_true(groups:add(1, 1, "a"))
    assert.are.same({ 2, 1, 0 }, { groups:size() })
  end)

  it("keeps apart label values that only look alike joined", function()
    local groups = core.groups { labels = 2, cells = { "sum" }, limit = 10 }
    groups:add(1, 1, "ab", "c")
    groups:add(1, 1, "a", "bc")
    assert.are.equal(2, (groups:size()))
  end)

  it("is used wrongly only with an error", function()
    local groups = core.groups { labels = 1, cells = { "sum" }, limit = 2 }
    assert.has_error(function() groups:add(2, 1, "a") end)
    assert.has_error(function() groups:add(1, 1) end)
    assert.has_error(function() groups:add(1, "x", "a") end)
    assert.has_error(function() core.groups { labels = -1, cells = {}, limit = 1 } end)
    assert.has_error(function() core.groups { labels = 1, cells = { "most" }, limit = 1 } end)
    groups:export {}
    local _, err = pcall(function() groups:add(1, 1, "a") end)
    assert.is_truthy(err:find("the groups are closed"))
  end)
end)
