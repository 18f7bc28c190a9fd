-- Limits of a request's cost, and the cache of documents.

local support = require("tests.lua.graphql.support")
local graphql = require("lunette.graphql")

local clock = 0
local schema = support.schema([[
  type Query { list(first: Int = 5): [T!]! all: [T] slow: Int text: String one: T }
  type T { id: Int list(first: Int, limit: Int): [T] text: String }
]], {
  Query = {
    slow = function()
      clock = clock + 1
      return 1
    end,
    text = function() return ("x"):rep(1000) end,
    all = function()
      local list = {}
      for i = 1, 5000 do list[i] = { text = "0123456789", id = i } end
      return list
    end,
  },
})

local function limited(source, limits, more)
  more = more or {}
  more.limits = limits
  return support.error(schema, source, more)
end

describe("limits", function()
  it("of tokens", function()
    local err = limited("{ one { id id id } }", { tokens = 5 })
    assert.equal("Syntax Error: Document contains more than 5 tokens. Parsing aborted.",
      err.message)
    assert.same({ { line = 1, column = 15 } }, err.locations)
  end)

  it("of depth, through fragments", function()
    local source = "{ one { ...F } } fragment F on T { list { list { id } } }"
    assert.is_nil(support.run(schema, source, { limits = { depth = 4 } }).errors)
    local err = limited(source, { depth = 3 })
    assert.matches("4 levels deep, more than the 3", err.message)
    assert.equal("DEPTH_LIMIT", err.extensions.code)
  end)

  it("of depth leave introspection out", function()
    local source = "{ __schema { types { fields { type { ofType { ofType { name } } } } } } }"
    assert.is_nil(support.run(schema, source, { limits = { depth = 2 } }).errors)
  end)

  it("of aliases, each time a fragment is spread", function()
    local source = "{ one { a: id ...F list { ...F } } } fragment F on T { b: id }"
    assert.is_nil(support.run(schema, source, { limits = { aliases = 3 } }).errors)
    assert.matches("has 3 aliases", limited(source, { aliases = 2 }).message)
  end)

  it("of cost, by the sizes that lists are asked for", function()
    local source = "query ($n: Int) { list(first: 100) { list(first: $n) { list(limit: 7) { "
      .. "id } } } }"
    local cost = 1 + 100 * (1 + 20 * (1 + 7 * 1))
    local function run(limit)
      return support.run(schema, source, { variables = { n = 20 }, limits = { cost = limit },
        root = { list = {} } })
    end
    assert.is_nil(run(cost).errors)
    assert.matches(("may give %d values"):format(cost), run(cost - 1).errors[1].message)
    assert.equal("COST_LIMIT", run(1).errors[1].extensions.code)
  end)

  it("of cost, anew for each value of a variable", function()
    local function run(n)
      return support.run(schema, "query ($n: Int) { list(first: $n) { id } }",
        { variables = { n = n }, limits = { cost = 100 }, root = { list = {} } })
    end
    for _ = 1, 2 do
      assert.is_nil(run(5).errors)
      assert.matches("may give 1001 values", run(1000).errors[1].message)
    end
    for _ = 1, 2 do
      local result = support.run(schema, "{ list(first: 1000) { id } }",
        { limits = { cost = 100 } })
      assert.matches("may give 1001 values", result.errors[1].message)
    end
  end)

  it("of cost, by defaults, and ten for a list of which nothing is known", function()
    local result = support.run(schema, "{ list { id } all { id } }", { limits = { cost = 1 } })
    assert.matches("may give 17 values", result.errors[1].message)
  end)

  it("of time", function()
    local many = {}
    for i = 1, 3000 do many[i] = ("a%d: slow"):format(i) end
    local source = "{ " .. table.concat(many, " ") .. " l: all { id } }"
    local result = support.run(schema, source,
      { limits = { time = 5 }, clock = function() return clock end })
    assert.is_nil(result.data)
    assert.matches("longer than 5 seconds", result.errors[1].message)
    assert.equal("TIME_LIMIT", result.errors[1].extensions.code)
  end)

  it("of size", function()
    local result = support.run(schema, "{ all { id text } }", { limits = { size = 20000 } })
    assert.is_nil(result.data)
    assert.equal("SIZE_LIMIT", result.errors[1].extensions.code)
    assert.is_nil(support.run(schema, "{ all { id text } }", { limits = { size = 500000 } }).errors)
    assert.matches("larger than 100 bytes", limited("{ text }", { size = 100 }).message)
  end)

  it("may switch introspection off, but for __typename", function()
    local limits = { introspection = false }
    assert.matches("Introspection is switched off", limited("{ __schema { description } }",
      limits).message)
    assert.same({ __typename = "Query" }, support.data(schema, "{ __typename }", {
      limits = limits }))
    assert.is_nil(support.run(schema, "{ __schema { description } }").errors)
  end)

  it("end before fragments that multiply do", function()
    local parts = { "{ one { ...F0 } }" }
    for i = 0, 60 do
      parts[#parts + 1] = ("fragment F%d on T { a: list { ...F%d } b: list { ...F%d } }")
        :format(i, i + 1, i + 1)
    end
    parts[#parts + 1] = "fragment F61 on T { id }"
    local start = os.clock()
    assert.matches("levels deep", limited(table.concat(parts, " "), graphql.limits).message)
    assert.is_true(os.clock() - start < require("tests.lua.support.pace"))
  end)
end)

describe("the cache of documents", function()
  it("knows what it was asked with", function()
    local source = "{ __schema { description } }"
    assert.is_nil(support.run(schema, source).errors)
    assert.is_truthy(support.run(schema, source, { limits = { introspection = false } }).errors)
    assert.is_truthy(support.run(schema, source, { limits = { tokens = 2 } }).errors)
    assert.is_nil(support.run(schema, source).errors)
  end)

  it("lets go of what was not asked for the longest", function()
    local cache = require("lunette.graphql.cache").new(4)
    for i = 1, 4 do cache:put("k" .. i, i) end
    cache:get("k1")
    cache:put("k5", 5)
    assert.same({ 1, nil, nil, 4, 5 }, { cache:get("k1"), cache:get("k2"), cache:get("k3"),
      cache:get("k4"), cache:get("k5") })
  end)

  it("doesn't keep what is too large", function()
    local cache = require("lunette.graphql.cache").new(4)
    cache:put(("x"):rep(100000), 1)
    assert.equal(0, cache.count)
  end)
end)
