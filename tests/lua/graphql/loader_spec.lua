-- Loaders: one batch for many fields, with the same errors and nulls as without a loader.

local support = require("tests.lua.graphql.support")
local graphql = require("lunette.graphql")
local json = require("lunette.runtime.json")

local batches

local function people(ctx)
  return ctx.loader("people", function(ids)
    batches[#batches + 1] = table.concat(ids, " ")
    local list = {}
    for i, id in ipairs(ids) do
      list[i] = id < 0 and graphql.error { message = "no " .. id }
        or id > 0 and { id = id, friends = { id + 1, id + 2 } } or nil
    end
    return list
  end)
end

local function of(key)
  return function(object, args, ctx) return people(ctx):load(object and object[key] or args.id) end
end

local schema = support.schema([[
  type Query { person(id: Int!): Person must(id: Int!): Person! all(ids: [Int!]!): [Person!]
  name(id: Int!): String }
  type Mutation { person(id: Int!): Person }
  type Person { id: Int friends: [Person] hard: [Person!]! best: Person! }
]], {
  Query = {
    person = of("none"), must = of("none"),
    all = function(_, args, ctx) return people(ctx):load_many(args.ids) end,
    name = function(_, args, ctx)
      return people(ctx):load(args.id):map(function(person) return "n" .. person.id end)
    end,
  },
  Mutation = { person = of("none") },
  Person = {
    friends = function(person, _, ctx) return people(ctx):load_many(person.friends) end,
    hard = function(person, _, ctx) return people(ctx):load_many(person.friends) end,
    best = function(_, _, ctx) return people(ctx):load(0) end,
  },
})

describe("a loader", function()
  before_each(function() batches = {} end)

  it("asks once for what a level of the query needs", function()
    local data = support.data(schema, [[{
      a: person(id: 1) { id friends { id friends { id } } } b: person(id: 2) { id } again:
      person(id: 1) { id }
    }]])
    assert.same({ "1 2", "3 4", "5" }, batches)
    assert.same({ 2, 3 }, { data.a.friends[1].id, data.a.friends[2].id })
    assert.same({ 4, 5 }, { data.a.friends[2].friends[1].id, data.a.friends[2].friends[2].id })
    assert.equal(1, data.again.id)
  end)

  it("gives items of lists", function()
    local data = support.data(schema, "{ all(ids: [1, 3]) { id } }")
    assert.same({ { id = 1 }, { id = 3 } }, data.all)
  end)

  it("may be mapped", function()
    assert.same({ name = "n7" }, support.data(schema, "{ name(id: 7) }"))
    assert.matches("attempt to index", support.error(schema, "{ name(id: 0) }").message)
  end)

  it("gives errors where they belong", function()
    local err, result = support.error(schema,
      "{ a: person(id: -1) { id } b: person(id: 1) { id } }")
    assert.same({ "a" }, err.path)
    assert.same({ b = { id = 1 } }, result.data)
  end)

  it("propagates nulls", function()
    local result = support.run(schema,
      "{ a: person(id: 1) { id best { id } } b: person(id: 2) { id } }")
    assert.same({ b = { id = 2 } }, result.data)
    assert.same({ "a", "best" }, result.errors[1].path)
    assert.is_nil(support.run(schema, "{ must(id: 0) { id } }").data)
  end)

  it("propagates nulls out of lists", function()
    local root = support.run(schema,
      "{ all(ids: [1, 0]) { id } p: person(id: 1) { hard { id best { id } } } }")
    assert.same({}, root.data)
    assert.same({ "all", 1 }, root.errors[1].path)
    assert.equal(2, #root.errors)
  end)

  it("leaves what became null alone", function()
    local result = support.run(schema, "{ p: person(id: 1) { a: best { id } b: best { id } } }")
    assert.same({}, result.data)
    assert.equal(1, #result.errors)
  end)

  it("runs before the next field of a mutation", function()
    support.data(schema, "mutation { a: person(id: 1) { id } b: person(id: 2) { id } }")
    assert.same({ "1", "2" }, batches)
  end)

  it("tells when the batch function fails", function()
    local made = support.schema("type Query { f(n: Int): Int }", { Query = {
      f = function(_, args, ctx)
        return ctx.loader("x", function() error("no batch", 0) end):load(args.n)
      end,
    } })
    local result = support.run(made, "{ a: f(n: 1) b: f(n: 2) }")
    assert.same({ "no batch", "no batch" }, { result.errors[1].message, result.errors[2].message })
  end)

  it("can be primed and cleared", function()
    local seen = 0
    local made = support.schema("type Query { f: Int g: Int }", { Query = {
      f = function(_, _, ctx)
        local numbers = ctx.loader("n", function(keys)
          seen = seen + #keys
          return { 5 }
        end)
        numbers:prime("a", 9)
        local primed = numbers:load("a")
        numbers:clear("a")
        return primed
      end,
      g = function(_, _, ctx) return ctx.loader("n"):load("a") end,
    } })
    assert.same({ f = 9, g = 5 }, support.data(made, "{ f g }"))
    assert.equal(1, seen)
  end)

  it("keeps lists whole while items are open", function()
    local data = support.data(schema, "{ person(id: 1) { friends { id } } }")
    assert.same({ { id = 2 }, { id = 3 } }, data.person.friends)
    assert.is_truthy(getmetatable(data.person.friends))
    assert.is_not.equal(json.null, data.person.friends[1])
  end)
end)
