-- Error values as text.

local errors = require("lunette.runtime.errors")

describe("an error's text", function()
  it("is the string itself, or what the value says", function()
    assert.are.equal("x", errors.text("x"))
    local speaks = setmetatable({}, { __tostring = function() return "said" end })
    assert.are.equal("said", errors.text(speaks))
    assert.are.equal("{ code = 42 }", errors.text { code = 42 })
    assert.are.equal("7", errors.text(7))
    assert.are.equal("nil", errors.text(nil))
  end)

  it("is cut for an answer, at a character", function()
    assert.are.equal("first", errors.short("first\nsecond"))
    local long = errors.short(("ü"):rep(1500000))
    assert.is_true(#long < 1100)
    assert.is_truthy(utf8.len(long))
    assert.is_truthy(long:find("(3000000 bytes in all)", 1, true))
    assert.is_true(#errors.short(("\xff"):rep(5000)) < 1100)
  end)

  it("has a traceback from the function that failed", function()
    local function fail() error { code = 1 } end
    local _, trace = xpcall(fail, function(err) return errors.trace(err, 2) end)
    assert.is_truthy(trace:find("^{ code = 1 }\nstack traceback:"))
    assert.is_truthy(trace:find("errors_spec.lua", 1, true))
  end)
end)
