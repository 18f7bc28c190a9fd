-- lua/meta/schema.lua against the modules: every function is documented, and every documented one
-- exists.

local kernel = require("lunette.schema.kernel")
local schema = require("lunette.schema")

-- Methods of Kernel that are of no use to scripts.
local INNER = { read_slots = true, __index = true }

local function documented()
  local found = {}
  for line in io.lines("lua/meta/schema.lua") do
    local class, name = line:match("^function (%w+)[.:]([%w_]+)%(")
    if class then found[class .. "." .. name] = true end
  end
  return found
end

local function present()
  local found = {}
  local function add(class, module)
    for name, value in pairs(module) do
      if type(value) == "function" and not INNER[name] then found[class .. "." .. name] = true end
    end
  end
  add("schema", schema)
  add("kernel", kernel)
  local k = kernel.of({})
  add("Kernel", getmetatable(k))
  add("Program", getmetatable(k:list("prog")[1]))
  return found
end

describe("lua/meta/schema.lua", function()
  it("documents what is there, and nothing else", function()
    local object = require("tests.lua.schema.support").load()
    local have = present()
    object:close()
    assert.same(have, documented())
  end)
end)
