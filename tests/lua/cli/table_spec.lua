local tables = require("lunette.cli.table")

local COLUMNS = {
  { title = "ID", field = "id", align = "right" },
  { title = "NAME", field = "name", shrink = true },
  { title = "TAG", field = "tag", weight = 1 },
}
local ROWS = {
  { id = 1, name = "a", tag = "t" },
  { id = 1234, name = "a name of thirty characters !!", tag = "0123456789abcdef" },
}

describe("tables.lines", function()
  it("aligns, and cuts nothing without a width", function()
    assert.same({
      "  ID  NAME                            TAG",
      "   1  a                               t",
      "1234  a name of thirty characters !!  0123456789abcdef",
    }, tables.lines(COLUMNS, ROWS))
  end)

  it("pads no row for one cell that is very long", function()
    local long = ("x"):rep(4000)
    local columns = { { title = "A", field = "a" }, { title = "B", field = "b" } }
    local lines = tables.lines(columns, { { a = "1", b = "2" }, { a = long, b = "3" } })
    assert.same({ "A" .. (" "):rep(65) .. "B", "1" .. (" "):rep(65) .. "2", long .. "  3" }, lines)
  end)

  it("leaves out the heaviest column, then cuts", function()
    for _, line in ipairs(tables.lines(COLUMNS, ROWS, 40)) do
      assert.is_true(tables.length(line) <= 40)
    end
    assert.same({ "  ID  NAME", "   1  a", "1234  a name of thirty characters !!" },
      tables.lines(COLUMNS, ROWS, 38))
    assert.same({ "  ID  NAME", "   1  a", "1234  a name of…" }, tables.lines(COLUMNS, ROWS, 16))
  end)

  it("never passes the width, however small", function()
    for width = 1, 60 do
      for _, line in ipairs(tables.lines(COLUMNS, ROWS, width)) do
        assert.is_true(tables.length(line) <= width, width .. ": " .. line)
      end
    end
  end)

  it("shows control characters as what they are", function()
    assert.same("\\x1b[31mred\\x0a", tables.text("\27[31mred\n"))
  end)

  it("writes nothing as a dash, lists by commas, whole floats as digits", function()
    local json = require("lunette.runtime.json")
    assert.equal("-", tables.text(nil))
    assert.equal("-", tables.text(json.null))
    assert.equal("-", tables.text({}))
    assert.equal("1,2", tables.text({ 1, 2.0 }))
    assert.equal("12", tables.text(12.0))
    assert.equal("0.30000000000000004", tables.text(0.1 + 0.2))
    assert.equal("9007199254740994", tables.text(2.0 ^ 53 + 2))
    assert.equal("NaN,Infinity,-Infinity", tables.text({ 0 / 0, 1 / 0, -1 / 0 }))
    assert.equal('{"x":1},[2,3],4', tables.text({ { x = 1 }, { 2, 3 }, 4 }))
    assert.equal('{"x":1}', tables.text({ x = 1 }))
  end)

  it("says when columns do not fit, and writes blocks", function()
    local wide = { { title = "A", field = "a" }, { title = "LONG", field = "b" } }
    local rows = { { a = "x", b = ("y"):rep(20) }, { a = "é" } }
    assert.is_true(tables.overflows(wide, rows, 20))
    assert.is_false(tables.overflows(wide, rows, 23))
    assert.is_false(tables.overflows(wide, rows, nil))
    assert.same({ "A     x", "LONG  " .. ("y"):rep(20), "", "A     é", "LONG  -" },
      tables.blocks(wide, rows))
  end)

  it("takes no longer than the cells are long", function()
    local rows, before = {}, os.clock()
    for i = 1, 1000 do rows[i] = { a = ("x"):rep(i == 1 and 10000 or 1), b = i } end
    local lines = tables.lines({ { title = "A", field = "a" }, { title = "B", field = "b" } }, rows)
    assert.equal(1001, #lines)
    local took, pace = os.clock() - before, require("tests.lua.support.pace")
    assert.is_true(took < 10 * pace, took .. " s of a CPU")
  end)

  it("measures in characters", function()
    assert.same({ "N", "é", "日" }, tables.lines({ { title = "N", field = "n" } },
      { { n = "é" }, { n = "日" } }))
    assert.equal("日…", tables.cut("日本語", 2))
    assert.equal("\xff…", tables.cut("\xff\xfe\xfd", 2))
  end)
end)

describe("tables.csv", function()
  local written
  local write = io.write

  before_each(function()
    written = {}
    io.write = function(...) -- luacheck: ignore
      for _, text in ipairs({ ... }) do written[#written + 1] = text end
    end
  end)
  after_each(function() io.write = write end) -- luacheck: ignore

  it("quotes what needs it", function()
    tables.csv({ { title = "a", field = "a" }, { title = "b", field = "b" } },
      { { a = 'say "x"', b = "1,2" }, { a = 1 }, { a = "two\nlines\t", b = { 1, 2 } } })
    assert.equal('a,b\n"say ""x""","1,2"\n1,\n"two\nlines\t","1,2"\n', table.concat(written))
  end)

  it("goes on without a head", function()
    tables.csv({ { title = "a", field = "a" } }, { { a = 1 } }, true)
    assert.equal("1\n", table.concat(written))
  end)
end)
