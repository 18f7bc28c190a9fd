-- The reference in lua/meta has exactly the names of the C modules.

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

-- Names declared by "function prefix.name(" or "function prefix:name(" in a text.
local function documented(text, prefix)
  local names = {}
  for name in text:gmatch("\nfunction " .. prefix .. "[.:]([%w_]+)%(") do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

-- The names in the luaL_Reg table with that name.
local function registered(path, list)
  local block = read(path):match("luaL_Reg " .. list .. "%[%] = (%b{})")
  local names = {}
  for name in block:gmatch('{ "([%w_]+)"') do names[#names + 1] = name end
  table.sort(names)
  return names
end

describe("lua/meta", function()
  local runtime, http = read("lua/meta/runtime.lua"), read("lua/meta/http.lua")

  it("documents the modules of the process", function()
    for name, file in pairs { shared = "shared", budget = "budget", server = "server_state" } do
      assert.are.same(registered(("src/vm/%s.c"):format(file), "functions"),
        documented(runtime, name), name)
    end
  end)

  it("documents connections", function()
    assert.are.same(registered("src/vm/conn_lua.c", "methods"), documented(http, "Conn"))
  end)

  local function functions_of(module)
    local names = {}
    for name, value in pairs(module) do
      if type(value) == "function" then names[#names + 1] = name end
    end
    table.sort(names)
    return names
  end

  it("documents lunette.http", function()
    assert.are.same(functions_of(require("lunette.http")), documented(http, "http"))
  end)

  it("documents lunette.sampler and lunette.history", function()
    local lunette, cost = require("lunette"), read("lua/meta/cost.lua")
    assert.are.same(functions_of(lunette.sampler), documented(cost, "sampler"))
    assert.are.same(functions_of(lunette.history), documented(cost, "history"))
  end)
end)
