-- lua/meta against everything that a script may require: each function of each part of `lunette` is
-- documented, and every documented function exists.

local lunette = require("lunette")

-- All documented functions in lua/meta: { [part] = { [function] = true } }.
local function documented()
  local found = {}
  local pipe <close> = assert(io.popen("ls lua/meta/*.lua"))
  for path in pipe:lines() do
    for line in io.lines(path) do
      local part, name = line:match("^function ([%w_]+)%.([%w_]+)%(")
      if part then
        found[part] = found[part] or {}
        assert(not found[part][name], ("%s.%s is documented twice"):format(part, name))
        found[part][name] = true
      end
    end
  end
  return found
end

local function functions_of(module)
  local found = {}
  for name, value in pairs(module) do
    local at = getmetatable(value)
    if type(value) == "function" or at and at.__call then found[name] = true end
  end
  return found
end

-- A callable part counts as a function: lunette.inspect(value).
local function own_functions()
  local found = functions_of(lunette)
  for part in pairs(getmetatable(lunette).parts) do found[part] = nil end
  return found
end

describe("lua/meta", function()
  local told = documented()
  for part, module in pairs(getmetatable(lunette).parts) do
    it("documents lunette." .. part .. ", " .. module, function()
      local have = functions_of(require(module))
      if part == "decode" then -- its combinators are reached through __index
        for name in pairs(told.decode) do have[name] = lunette.decode[name] ~= nil or nil end
      end
      assert.same(have, told[part])
    end)
  end

  it("documents lunette itself, and its names", function()
    assert.same(own_functions(), told.lunette)
    assert.same(functions_of(require("lunette.names")), told.names)
  end)

  it("names each part, and nothing else", function()
    local fields = { version = true }
    for part in pairs(getmetatable(lunette).parts) do fields[part] = true end
    local named = {}
    for line in io.lines("lua/meta/lunette.lua") do
      if line == "local lunette = {}" then break end
      local name = line:match("^%-%-%-@field ([%w_]+)")
      if name then named[name] = true end
    end
    assert.same(fields, named)
  end)

  it("names the components of pages", function()
    local named = {}
    local inside
    for line in io.lines("lua/meta/ui.lua") do
      inside = line:match("^%-%-%-@class ([%w.]+)") or inside
      local name = inside == "lunette.Components" and line:match("^%-%-%-@field ([%w_]+) fun")
      if name then named[#named + 1] = name end
    end
    assert.same(lunette.ui.KINDS, named)
  end)
end)
