-- Lunette's half of graphql.mjs: runs the cases and prints microseconds by name, as JSON.

package.path = "lua/?.lua;lua/?/init.lua;" .. package.path

local graphql = require("lunette.graphql")
local json = require("lunette.runtime.json")

local function text_of(name)
  local file <close> = assert(io.open("tests/bench/graphql/" .. name))
  return file:read("a")
end

local given = assert(json.decode(io.read("a")))
local query = text_of("query.graphql"):gsub("%s+$", "")

local schema = assert(graphql.build_schema(text_of("schema.graphql"), {
  Character = { __resolve_type = function(object) return object.kind end },
}))

local function person(n)
  return { kind = "Human", id = n, name = "n" .. n, appearsIn = { "A", "B" }, height = 1.5,
    friends = {} }
end

local root = { hero = person(1), items = {} }
root.hero.friends = { person(2), person(3), person(4) }
for i = 1, 10000 do
  root.items[i] = { id = i, name = "name" .. i, type = "t", tag = "abc", ratio = i / 7 }
end

local function run(source)
  local result = graphql.execute { schema = schema, source = source, root = root,
    variables = { e = "A", withFriends = true } }
  assert(not result.errors)
end

local cases = {
  warm = function() run(query) end,
  uncached = function(i) run(query .. "#" .. i) end,
  introspection = function() run(given.introspection) end,
  list = function() run("{ items { id name type tag ratio } }") end,
}

local function best(times, fn)
  local least = math.huge
  for round = 1, given.rounds do
    local start = os.clock()
    for i = 1, times do fn(round * times + i) end
    least = math.min(least, (os.clock() - start) / times * 1e6)
  end
  return least
end

local result = {}
for name, fn in pairs(cases) do
  collectgarbage()
  result[name] = best(math.tointeger(given.times[name]), fn)
end
io.write(json.encode(result))
