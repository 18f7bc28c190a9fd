local complete = require("lunette.runtime.console.complete")

local Handle = {}
Handle.__index = { lookup = print, close = print, count = 3 }

local env = setmetatable({
  handle = setmetatable({}, Handle),
  config = { name = "x", names = {}, ["not a name"] = 1, __hidden = 1 },
  string = string, text = "abc", bpf = require("bpf"),
  trap = setmetatable({}, { __index = function() error("called") end }),
}, nil)

local function candidates(before) return (complete.candidates(before, env)) end

describe("complete.candidates", function()
  it("completes globals and keywords", function()
    assert.same({ "handle" }, candidates("hand"))
    assert.same({ "handle" }, candidates("x = hand"))
    assert.same({ "function" }, candidates("func"))
    assert.same({}, candidates("zzz"))
  end)

  it("completes fields, and only names", function()
    assert.same({ "name", "names" }, candidates("config."))
    assert.same({ "name", "names" }, candidates("print(config.na"))
    assert.same({ "maps" }, candidates("bpf.maps"))
  end)

  it("completes methods through metatables", function()
    assert.same({ "close", "lookup" }, candidates("handle:"))
    assert.same({ "close", "count", "lookup" }, candidates("handle."))
    assert.same({ "rep", "reverse" }, candidates("text:re"))
  end)

  it("knows what bpf's functions return, without calling them", function()
    require("bpf").maps()
    local list = candidates("bpf.map(1):lo")
    assert.same({ "lookup" }, list)
  end)

  it("calls nothing", function()
    assert.same({}, candidates("trap.a."))
    assert.same({}, candidates("missing.a.b"))
    assert.same({}, candidates("f().x:"))
  end)

  it("leaves concatenation and numbers alone", function()
    assert.same({}, candidates("a .. zzz"))
    assert.same({}, candidates("1."))
  end)

  it("completes modules in require", function()
    assert.same({ "bpf" }, candidates('require("bp'))
    assert.same({ "bpf" }, candidates("require 'bp"))
  end)
end)

describe("complete.tab", function()
  it("inserts what all candidates share, then shows them", function()
    assert.equal("ig", (complete.tab("conf", env)))
    assert.equal("name", (complete.tab("config.", env)))
    local insert, shown = complete.tab("config.name", env, 80)
    assert.is_nil(insert)
    assert.equal("name   names", shown)
    assert.is_nil((complete.tab("zzz", env)))
  end)

  it("indents at the start of a line", function()
    assert.equal("  ", (complete.tab("", env)))
    assert.equal("  ", (complete.tab("    ", env)))
  end)
end)
