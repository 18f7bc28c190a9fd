-- Filters, orders and the first N rows of a table with typed cells.

local choose = require("lunette.table.choose")

local COLUMNS = {
  { name = "comm", type = "cstring" },
  { name = "calls", type = "u64", numeric = true, unsigned = true },
  { name = "delta", type = "i32", numeric = true },
}

local function row(comm, calls, delta)
  return { comm, calls, delta, n = 3, bytes = comm or "" }
end

local ROWS = {
  row("bash", 5, -1), row("curl", 1 << 40, 7), row("zsh", -1, 0), row("awk", nil, 3),
}

local function names(rows)
  local list = {}
  for i, one in ipairs(rows) do list[i] = one[1] end
  return table.concat(list, " ")
end

local function filtered(...)
  local passes, kept = choose.filter(COLUMNS, { ... }), {}
  for _, one in ipairs(ROWS) do
    if passes(one) then kept[#kept + 1] = one end
  end
  return names(kept)
end

local function sorted(column, order, count)
  local first = choose.first(count or 10, choose.order(COLUMNS, { column = column, order = order }))
  for _, one in ipairs(ROWS) do first.add(one) end
  return names(first.rows())
end

describe("filter", function()
  it("compares numbers, unsigned ones from zero up", function()
    assert.equal("curl zsh", filtered { column = "calls", op = "GT", value = 5.0 })
    assert.equal("bash curl zsh", filtered { column = "calls", op = "GE", value = "5" })
    assert.equal("zsh",
      filtered { column = "calls", op = "EQ", value = "18446744073709551615" })
    for _, value in ipairs { 0x7fffffffffffffff, "9223372036854775807.0", "0x7fffffffffffffff" } do
      assert.equal("zsh", filtered { column = "calls", op = "GT", value = value })
    end
    assert.equal("zsh",
      filtered { column = "calls", op = "EQ", value = "1.8446744073709551615e19" })
    assert.equal("bash curl zsh", filtered { column = "calls", op = "LT", value = "Infinity" })
    assert.equal("bash", filtered { column = "delta", op = "LT", value = 0.0 })
    assert.equal("bash zsh", filtered { column = "delta", op = "LE", value = 0.0 })
  end)

  it("compares numbers that are no integers, as cells show them", function()
    local columns = { { name = "f", type = "func" } }
    local function found(op, value)
      local passes, list = choose.filter(columns, { { column = "f", op = op, value = value } }), {}
      for _, cell in ipairs { 0.1 + 0.2, 1 / 0, 0 / 0, 2.5 } do
        if passes({ cell }) then list[#list + 1] = cell end
      end
      return list
    end
    assert.same({ 1 / 0 }, found("EQ", "Infinity"))
    assert.same({ 0.1 + 0.2 }, found("EQ", 0.1 + 0.2))
    assert.same({ 2.5 }, found("STARTS", "2."))
  end)

  it("compares and searches text", function()
    assert.equal("bash", filtered { column = "comm", op = "EQ", value = "bash" })
    assert.equal("bash zsh", filtered { column = "comm", op = "CONTAINS", value = "SH" })
    assert.equal("zsh awk", filtered { column = "comm", op = "MATCHES", value = "^[az][sw]" })
    assert.equal("curl zsh awk", filtered { column = "comm", op = "NE", value = "bash" })
  end)

  it("needs all conditions to hold", function()
    assert.equal("zsh", filtered({ column = "comm", op = "CONTAINS", value = "sh" },
      { column = "delta", op = "EQ", value = 0.0 }))
  end)

  it("is none where nothing is asked", function()
    assert.is_nil(choose.filter(COLUMNS, nil))
    assert.is_nil(choose.filter(COLUMNS, {}))
  end)

  it("refuses what makes no sense, by name", function()
    local function refusal(condition)
      local ok, err = pcall(choose.filter, COLUMNS, { condition })
      assert.is_false(ok)
      return err
    end
    assert.equal("filter: no column 'pid'; there are comm, calls, delta",
      refusal { column = "pid", op = "EQ", value = 1.0 })
    assert.equal("filter: column calls: holds numbers, not 'many'",
      refusal { column = "calls", op = "EQ", value = "many" })
    for _, value in ipairs { "18446744073709551616", "-9223372036854775809", "0x10000000000000000",
      "-0x8000000000000001" } do
      assert.equal("filter: column calls: " .. value .. " does not fit 64 bits: "
        .. "-9223372036854775808 to 18446744073709551615",
        refusal { column = "calls", op = "EQ", value = value })
    end
    assert.truthy(refusal { column = "comm", op = "MATCHES", value = "[" }:find("bad pattern"))
  end)
end)

describe("order", function()
  it("sorts numbers with nothing last", function()
    assert.equal("zsh curl bash awk", sorted("calls", "DESC"))
    assert.equal("bash curl zsh awk", sorted("calls", "ASC"))
    assert.equal("bash zsh awk curl", sorted("delta", "ASC"))
  end)

  it("sorts text by its bytes", function()
    assert.equal("awk bash curl zsh", sorted("comm", "ASC"))
    assert.equal("zsh curl bash awk", sorted("comm", "DESC"))
  end)

  it("keeps the first so many", function()
    assert.equal("zsh curl", sorted("calls", "DESC", 2))
    assert.equal("", sorted("calls", "DESC", 0))
  end)

  it("agrees with sorting everything, for any number of rows", function()
    math.randomseed(7)
    local before = choose.order(COLUMNS, { column = "calls", order = "DESC" })
    local all, first = {}, choose.first(50, before)
    for i = 1, 5000 do
      all[i] = row(("%05d"):format(i), math.random(0, 400), 0)
      first.add(all[i])
    end
    table.sort(all, before)
    assert.same(names(table.move(all, 1, 50, 1, {})), names(first.rows()))
  end)

  it("refuses a column that isn't there", function()
    local ok, err = pcall(choose.order, COLUMNS, { column = "pid" })
    assert.is_false(ok)
    assert.equal("sort: no column 'pid'; there are comm, calls, delta", err)
  end)
end)
