local bpf = require("bpf")
local encode = require("lunette.table.encode")

describe("lunette.table.encode", function()
  local plan = bpf.plan { kind = "u64", size = 8 }
  local columns = plan:columns("value")
  columns.plan, columns.root = plan, "value"

  it("takes a plain value by its column's name, as the page's form gives it", function()
    assert.equal(("<I8"):pack(258), encode.bytes("value", { value = 258 }, columns, 8))
    assert.equal(("<I8"):pack(258), encode.bytes("value", 258, columns, 8))
    assert.equal(("<I8"):pack(7), encode.bytes("value", {}, columns, 8, ("<I8"):pack(7)))
  end)

  it("names the column that is refused", function()
    assert.same({ nil, "value.value: a number below zero does not fit u64" },
      { encode.bytes("value", { value = -1 }, columns, 8) })
    assert.is_nil((encode.bytes("value", { value = 1, other = 2 }, columns, 8)))
  end)
end)
