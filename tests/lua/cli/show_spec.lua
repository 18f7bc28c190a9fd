local show = require("lunette.cli.show")

describe("show.few", function()
  it("keeps a list that is short, and counts what is more", function()
    assert.same({}, show.few({}))
    assert.same({ 1, 2, 3, 4 }, show.few({ 1, 2, 3, 4 }))
    assert.same({ 1, 2, 3, "+2" }, show.few({ 1, 2, 3, 4, 5 }))
    assert.same({ "a", "+2" }, show.few({ "a", "b", "c" }, 2))
  end)

  it("has ids and owners of objects", function()
    local ids = {}
    for i = 1, 36 do ids[i] = { id = i } end
    assert.same({ 1, 2, 3, "+33" }, show.few_ids(ids))
    local owners = {}
    for i = 1, 40 do owners[i] = { pid = i, comm = "x" } end
    assert.same({ "1 x", "2 x", "+38" }, show.few_owners(owners))
  end)
end)
