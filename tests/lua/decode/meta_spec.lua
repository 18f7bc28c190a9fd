-- lua/meta/decode.lua against the module: every function is documented, and every documented one
-- exists.

local combinators = require("lunette.decode.combinators")
local decode = require("lunette.decode")

local function documented()
  local found = {}
  for line in io.lines("lua/meta/decode.lua") do
    local class, name = line:match("^function (%w+)[.:]([%w_]+)%(")
    if class then found[class .. "." .. name] = true end
  end
  return found
end

local function present()
  local found = {}
  for _, module in ipairs { combinators, decode } do
    for name, value in pairs(module) do
      if type(value) == "function" then found["decode." .. name] = true end
    end
  end
  for name, value in pairs(getmetatable(decode.u8())) do
    if type(value) == "function" then found["Node." .. name] = true end
  end
  return found
end

describe("lua/meta/decode.lua", function()
  it("documents what is there, and nothing else", function()
    assert.same(present(), documented())
  end)
end)
