local history = require("lunette.cli.repl.history")

describe("history", function()
  local path

  before_each(function() path = os.tmpname() end)
  after_each(function() os.remove(path) end)

  it("keeps entries with several lines and backslashes", function()
    history.add(path, "for i = 1, 2 do\nend")
    history.add(path, [["a\n" .. "\\"]])
    assert.same({ "for i = 1, 2 do\nend", [["a\n" .. "\\"]] }, history.load(path))
  end)

  it("keeps the newest thousand", function()
    local file <close> = assert(io.open(path, "w"))
    for i = 1, 2500 do file:write(i, "\n") end
    file:close()
    local entries = history.load(path)
    assert.equal(1000, #entries)
    assert.equal("1501", entries[1])
    assert.equal("2500", entries[1000])
    assert.equal(1000, #history.load(path))
  end)

  it("does without a file", function()
    assert.same({}, history.load(nil))
    assert.same({}, history.load("/nonexistent/history"))
    history.add("/nonexistent/history", "x")
    history.add(nil, "x")
  end)
end)
