-- Numbers of 64 bits on their way to JSON.

local cells = require("lunette.schema.cells")

describe("cells", function()
  it("keep what a double holds, and write the rest as digits", function()
    assert.equal(5, cells.json(5))
    assert.equal(1 << 53, cells.json(1 << 53))
    assert.equal("9007199254740993", cells.json((1 << 53) + 1))
    assert.equal("-9007199254740993", cells.json(-(1 << 53) - 1))
    assert.equal("18446744073709551615", cells.json(-1, "u64"))
    assert.equal(-1, cells.json(-1))
    assert.same({ 1, "18446744073709551615" }, cells.json({ 1, -1 }, "u64"))
    assert.same({ { id = "18446744073709551615", change = -1 } },
      cells.json({ { id = -1, change = -1 } }, { id = "u64", change = "i64" }))
    assert.same({ at = { { "18446744073709551615" } } },
      cells.json({ at = { { -1 } } }, { at = "u64" }))
    assert.same({ id = "5", change = "-1", n = 7, list = { "1", "2" } }, cells.digits(
      { id = 5, change = -1, n = 7, list = { 1, 2 } },
      { id = "u64", change = "i64", list = "u64" }))
    assert.equal("[]", require("lunette.runtime.json").encode(cells.json({})))
    assert.equal("text", cells.json("text"))
    assert.is_nil(cells.json(nil))
  end)

  it("take the kernel's numbers as unsigned, at any depth", function()
    local address = 0xffffffff81000000
    assert.same(
      { addrs = { "18446744071578845184" }, priority = -100, cookie = "9223372036854775808" },
      cells.exact { addrs = { address }, priority = -100, cookie = math.mininteger })
  end)
end)
