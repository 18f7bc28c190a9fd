-- lua/meta/terminal.lua against the C modules: every function is documented, and every documented
-- one exists.

local lunette = require("lunette")
local MODULES = { tty = "lunette.core.tty", interrupt = "lunette.core.interrupt",
  edit = "lunette.core.edit", client = "lunette.core.client" }

local function documented()
  local found = {}
  for line in io.lines("lua/meta/terminal.lua") do
    local name = line:match("^function ([%w_]+[.:][%w_]+)%(")
    if name then found[#found + 1] = name end
  end
  table.sort(found)
  return found
end

local function present()
  local found = {}
  for name, module in pairs(MODULES) do
    for key in pairs(require(module)) do found[#found + 1] = name .. "." .. key end
  end
  for class, handle in pairs { Edit = "lunette.edit", Connection = "lunette.connection" } do
    for key in pairs(debug.getregistry()[handle].__index) do
      found[#found + 1] = class .. ":" .. key
    end
  end
  table.sort(found)
  return found
end

describe("lua/meta/terminal.lua", function()
  it("documents what is there, and nothing else", function()
    assert.same(documented(), present())
  end)
end)

describe("interrupt.call", function()
  local interrupt = require("lunette.core.interrupt")
  local function handler(err) return "handled: " .. tostring(err) end

  it("passes arguments and results on", function()
    assert.same({ true, false, 3, "b" },
      { interrupt.call(handler, function(a, b) return a + 1, b end, 2, "b") })
    assert.same({ true, false }, { interrupt.call(handler, function() end) })
  end)

  it("gives what the handler makes of an error", function()
    assert.same({ false, false, "handled: x" },
      { interrupt.call(handler, function() error("x", 0) end) })
  end)

  it("puts a hook back that was there", function()
    local function hook() end
    debug.sethook(hook, "c")
    interrupt.call(handler, function() end)
    local now, mask = debug.gethook()
    debug.sethook()
    assert.equal(hook, now)
    assert.equal("c", mask)
  end)

  it("refuses what is no function", function()
    assert.has_error(function() interrupt.call(handler, 1) end)
    assert.has_error(function() interrupt.call(nil, print) end)
  end)
end)

describe("tty", function()
  local tty = require("lunette.core.tty")

  it("knows what is no terminal", function()
    assert.is_false(tty.isatty(99))
  end)

  it("sleeps for as long as it is told", function()
    local start = lunette.now()
    tty.sleep(0.02)
    tty.sleep(0)
    tty.sleep(-1)
    local took = lunette.now() - start
    assert.is_true(took >= 0.02 and took < 5)
  end)
end)
