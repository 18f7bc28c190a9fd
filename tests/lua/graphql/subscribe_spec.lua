-- Subscriptions without a server: sources, events, errors, ends.

local support = require("tests.lua.graphql.support")
local graphql = require("lunette.graphql")

local closed

local schema = support.schema([[
  type Query { a: Int }
  type Subscription { count(to: Int!): Int topic(name: String!): Event every: Int bad: Int plain:
  Int }
  type Event { text: String n: Int! }
]], { Subscription = {
  count = {
    subscribe = function(_, args)
      if args.to < 0 then return nil, "to: not below 0" end
      local i = 0
      return function()
        i = i + 1
        if i > 100 then error("too far", 0) end
        if i <= args.to then return i end
      end
    end,
    resolve = function(event) return event end,
  },
  topic = {
    subscribe = function(_, args)
      return { topic = args.name, map = function(text)
        if text == "bad" then error("unreadable", 0) end
        return { topic = { text = text } }
      end, close = function() closed = args.name end }
    end,
  },
  every = { subscribe = function() return { every = 0.5 } end, resolve = function() return 1 end },
  bad = { subscribe = function() return 5 end },
} })

local function start(source, more)
  local request = { schema = schema, source = source }
  for key, value in pairs(more or {}) do request[key] = value end
  return graphql.subscribe(request)
end

describe("a subscription", function()
  it("of a function goes to its end", function()
    local stream = start("subscription ($n: Int!) { k: count(to: $n) }", { variables = { n = 2 } })
    assert.is_true(graphql.is_stream(stream))
    assert.same({ k = 1 }, stream:next().data)
    assert.same({ k = 2 }, stream:next().data)
    assert.is_nil(stream:next())
    assert.is_true(stream.closed)
  end)

  it("ends when its function fails, and says why", function()
    local stream = start("subscription { count(to: 1000) }")
    for _ = 1, 100 do assert.is_nil(stream:next().errors) end
    assert.equal("too far", stream:next().errors[1].message)
    assert.is_nil(stream:next())
  end)

  it("of a topic executes each event", function()
    local stream = start('subscription { topic(name: "news") { text } }')
    assert.equal("news", stream.source.topic)
    assert.same({ topic = { text = "one" } }, graphql.execute_event(stream, "one").data)
    local result = graphql.execute_event(stream, "bad")
    assert.same({ message = "unreadable", locations = { { line = 1, column = 16 } }, path = {
      "topic" } },
      result.errors[1])
    assert.same({ topic = { text = "two" } }, graphql.execute_event(stream, "two").data)
    stream:close()
    assert.equal("news", closed)
  end)

  it("propagates nulls in an event alone", function()
    local stream = start('subscription { topic(name: "x") { n } }')
    local result = stream:event("text")
    assert.same({}, result.data)
    assert.same({ "topic", "n" }, result.errors[1].path)
  end)

  it("of time says how often", function()
    local stream = start("subscription { every }")
    assert.equal(0.5, stream.source.every)
    assert.same({ every = 1 }, stream:event(nil).data)
  end)

  it("may come from the root value", function()
    local root = { plain = function() return function() end end }
    assert.is_true(graphql.is_stream(start("subscription { plain }", { root = root })))
  end)

  it("is refused when nothing can wait for it", function()
    for what, source in pairs { ["every must be 0.01 to 86400 seconds"] = { every = 0 },
      ["every must be a number"] = { every = "1" }, ["topic must be a string"] = { topic = {} },
      ["map must be a function"] = { topic = "t", map = {} },
      ["iterate must be a function"] = { iterate = 5 } } do
      local root = { plain = function() return source end }
      local refused = start("subscription { plain }", { root = root })
      assert.equal('Subscription field "plain": ' .. what .. ".", refused.errors[1].message)
      assert.same({ "plain" }, refused.errors[1].path)
    end
    for _, every in ipairs { 0 / 0, 1 / 0, -1 } do
      local root = { plain = function() return { every = every } end }
      assert.matches("every must be", start("subscription { plain }", { root = root })
        .errors[1].message)
    end
  end)

  for _, case in ipairs {
    { "subscription { count(to: -1) }", "to: not below 0" },
    { "subscription { bad }", "must give a function" },
    { "subscription { plain }", "must give a function" },
    { "subscription { count(to: 1) every }", "must select only one top level field" },
    { "subscription { ...F } fragment F on Subscription { every @skip(if: true) }",
      "must not use `@skip`" },
    { "{ a }", "not configured to execute subscription" },
    { "subscription {", "Syntax Error" },
  } do
    it("is refused: " .. case[1], function()
      local result = start(case[1])
      assert.is_false(graphql.is_stream(result))
      assert.matches(case[2], result.errors[1].message)
      assert.is_nil(result.data)
    end)
  end
end)
