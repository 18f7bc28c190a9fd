-- lua/meta/graphql.lua against the module: every function is documented, and every documented one
-- exists.

require("tests.lua.graphql.support")
local graphql = require("lunette.graphql")

describe("lua/meta/graphql.lua", function()
  local documented = {}
  for line in io.lines("lua/meta/graphql.lua") do
    local name = line:match("^function graphql%.([%w_]+)%(") or line:match("^graphql%.([%w_]+) =")
    if name then documented[name] = true end
  end

  it("names all that there is", function()
    for name in pairs(graphql) do assert.is_true(documented[name], name) end
  end)

  it("names nothing that there isn't", function()
    for name in pairs(documented) do assert.is_not_nil(graphql[name], name) end
  end)
end)
