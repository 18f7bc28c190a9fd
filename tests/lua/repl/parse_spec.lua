local parse = require("lunette.runtime.console.parse")

describe("parse.compile", function()
  it("takes expressions first, with or without =", function()
    assert.equal(3, parse.compile("1 + 2", "x")())
    assert.equal(3, parse.compile("= 1 + 2", "x")())
    assert.same({ 1, 2 }, { parse.compile("1, 2", "x")() })
  end)

  it("takes statements", function()
    assert.is_function(parse.compile("for i = 1, 2 do end", "x"))
    assert.is_function(parse.compile("local a = 1", "x"))
  end)

  it("gives the value behind statements on one line", function()
    for _, text in ipairs { "t = 42; t", "t = 42 t", "t = {} t.x = 42 t.x", "x = 'a' 42",
      "for i = 1, 42 do t = i end t", "local u = 40; u + 2" } do
      local chunk = assert(parse.compile(text, "x"), text)
      local env = {}
      debug.setupvalue(chunk, 1, env)
      assert.equal(42, chunk(), text)
    end
    assert.same({ 1, 2 }, { parse.compile("local a = 1 a, 2", "x")() })
    local chunk, state = parse.compile("t = 1\nt", "x")
    assert.is_nil(chunk)
    assert.equal("more", state)
    assert.equal("more", select(2, parse.compile("t = 1 t." .. ("x"):rep(2000), "x")))
  end)

  it("asks for more where more would help", function()
    for _, text in ipairs { "for i = 1, 2 do", "function f()", "{", "x = ", "f(", "[[a", "--[[ a",
      "if a then\nb()", "1 +", "local x <close> =" } do
      local chunk, state = parse.compile(text, "x")
      assert.is_nil(chunk)
      assert.equal("more", state, text)
    end
  end)

  it("refuses what can't become right", function()
    for _, text in ipairs { "1 + + )", "end", "x y", '"abc', "é = 1" } do
      local chunk, state, err = parse.compile(text, "line 1")
      assert.is_nil(chunk)
      assert.equal("error", state, text)
      assert.matches("^line 1:%d+:", err)
    end
  end)
end)

describe("parse.only_local", function()
  it("finds locals that end with their line", function()
    assert.equal("x", parse.only_local("local x = 1"))
    assert.equal("a, b", parse.only_local("local a, b = f()"))
    assert.equal("x", parse.only_local("local x"))
    assert.is_nil(parse.only_local("x = 1"))
    assert.is_nil(parse.only_local("local function f() end"))
  end)
end)
