local records = require("lunette.cli.repl.records")

describe("records", function()
  it("are lists of like tables", function()
    assert.is_true(records.are { { id = 1, name = "a" }, { id = 2, name = "b" } })
    assert.is_false(records.are { { id = 1, name = "a" } })
    assert.is_false(records.are { 1, 2 })
    assert.is_false(records.are { { 1, 2 }, { 3, 4 } })
    assert.is_false(records.are { { id = 1, name = "a" }, 5 })
    assert.is_false(records.are { { [1.5] = 1, x = 2 }, { [1.5] = 1, x = 2 } })
    assert.is_false(records.are "text")
  end)

  it("come as a table, what has no room is named", function()
    local list = {
      { id = 1, name = "a", zero = 0, tag = "x", ids = { 1, 2 } },
      { id = 20, name = "long", zero = 0, tag = "y", ids = {} },
    }
    assert.same({
      "id  name  ids       tag",
      " 1  a     { 1, 2 }  x",
      "20  long  {}        y",
      "(2 records; also: zero)",
    }, records.lines(list, 80))
    assert.same({ "id  name", " 1  a", "20  long", "(2 records; also: ids, tag, zero)" },
      records.lines(list, 9))
  end)
end)
