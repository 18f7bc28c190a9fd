-- Schemas from SDL, from tables, extended by scripts; errors in them, with their places.

local support = require("tests.lua.graphql.support")
local graphql = require("lunette.graphql")
local registry = require("lunette.registry")

local BASE = [[
  type Query { program: Program }
  "A program."
  type Program { name: String }
  enum Kind { A B }
]]

-- Builds the base schema with fn's declarations, which are removed afterwards.
local function extended(fn, build)
  local list = registry.list("graphql")
  local before = #list
  fn()
  local mine = table.move(list, before + 1, #list, 1, {})
  for i = #list, before + 1, -1 do list[i] = nil end
  return build(BASE, {}, { extensions = mine })
end

local function line_here() return debug.getinfo(2, "l").currentline end

describe("a schema of tables", function()
  it("has all kinds of types", function()
    local schema = support.schema {
      Query = {
        hello = { type = "String!", args = { name = { type = "String", default = "you" } },
          resolve = function(_, args) return "hello " .. args.name end },
        pick = { type = "Color", args = { one = { type = "Pick!" } },
          resolve = function(_, args) return args.one.color end },
        thing = { type = "Thing", resolve = function() return { id = 1 } end },
        both = { type = "Both", resolve = function() return { __typename = "Book", id = 2 } end },
        even = { type = "Even", args = { n = "Even" },
          resolve = function(_, args) return args.n end },
      },
      Color = { kind = "enum", values = { "RED", GREEN = { value = 2, deprecated = "no more" } } },
      Pick = { kind = "input", one_of = true, fields = { color = "Color", id = "Int" } },
      Thing = { kind = "interface", fields = { id = "Int" },
        resolve_type = function() return "Book" end },
      Book = { kind = "object", interfaces = { "Thing" }, fields = { id = "Int",
        title = "String" } },
      Both = { kind = "union", types = { "Book" } },
      Even = { kind = "scalar", description = "Half of all.", specified_by = "https://even.example",
        parse_value = function(n) return n % 2 == 0 and n or error("odd", 0) end },
    }
    local data = support.data(schema, [[{
      hello pick(one: { color: GREEN }) thing { __typename id } both { ... on Book { id } }
      even(n: 4)
      __type(name: "Even") { specifiedByURL }
    }]])
    assert.same({ hello = "hello you", pick = "GREEN", thing = { __typename = "Book", id = 1 },
      both = { id = 2 }, even = 4, __type = { specifiedByURL = "https://even.example" } }, data)
    assert.matches("odd", support.error(schema, "{ even(n: 3) }").message)
  end)

  it("tells what is wrong with the tables", function()
    assert.matches('Query.a: type "%[Int": Syntax Error', support.refusal { Query = { a = {
      type = "[Int" } } })
    assert.matches('Query.a: a field has no "resolver"',
      support.refusal { Query = { a = { type = "Int", resolver = print } } })
    assert.matches('Color: "colour" is no kind of type',
      support.refusal { Query = { a = "Int" }, Color = { kind = "colour" } })
    assert.matches('Unknown type "Nope"', support.refusal { Query = { a = "Nope" } })
    assert.matches("Query.a: deprecated: a text or true is expected, got number",
      support.refusal { Query = { a = { type = "Int", deprecated = 5 } } })
    assert.matches("S: specified_by: a URL is expected, got number",
      support.refusal { Query = { a = "Int" }, S = { kind = "scalar", specified_by = 5 } })
    assert.matches("Query.a%(l:%) has invalid default value: Expected a list without holes",
      support.refusal { Query = { a = { type = "Int",
        args = { l = { type = "[Int]", default = { 1, nil, 3 } } } } } })
  end)
end)

describe("resolvers that have no place", function()
  for _, case in ipairs {
    { { Nope = {} }, "Nope: there is no such type" },
    { { Program = { nam = print } }, "Program.nam: there is no such field %(Program has name%)" },
    { { Program = { name = 5 } }, "Program.name: a resolver is a function or a table, got number" },
    { { Program = { name = { reslove = print } } }, "not reslove" },
    { { Kind = { C = 1 } }, "Kind.C: there is no such value" },
    { { String = { serialize = print } }, "String: this type has no resolvers" },
  } do
    it("are errors: " .. case[2], function()
      assert.matches(case[2], support.refusal(BASE, case[1]))
    end)
  end
end)

describe("an extension", function()
  it("by table adds fields with resolvers and descriptions", function()
    local schema = extended(function()
      graphql.extend("Program", { busy = { type = "Float", description = "Share of a CPU.",
        args = { of = { type = "Kind", default = "B" } },
        resolve = function(_, args) return args.of == "B" and 0.5 or 0 end } })
    end, support.schema)
    local data = support.data(schema, [[{ program { busy }
      __type(name: "Program") { fields { name description args { defaultValue } } } }]],
      { root = { program = {} } })
    assert.equal(0.5, data.program.busy)
    assert.same({ name = "busy", description = "Share of a CPU.", args = { {
      defaultValue = "B" } } },
      data.__type.fields[2])
  end)

  it("by SDL adds fields and types", function()
    local schema = extended(function()
      graphql.extend([[
        extend type Program { load: Load }
        type Load { one: Float }
      ]], { Load = { one = function() return 1.5 end }, Program = { load = function() return {}
      end } })
    end, support.schema)
    assert.same({ program = { load = { one = 1.5 } } },
      support.data(schema, "{ program { load { one } } }", { root = { program = {} } }))
  end)

  it("that clashes is told with file and line", function()
    local line
    local text = extended(function()
      line = line_here() + 1
      graphql.extend("Program", { name = "Int" })
    end, support.refusal)
    assert.equal(("tests/lua/graphql/schema_spec.lua:%d: Field \"Program.name\" can only be "
      .. "defined once.")
      :format(line), text)
  end)

  it("by SDL is told with the line within the text", function()
    local line
    local text = extended(function()
      line = line_here() + 4
      graphql.extend([[
        extend type Program {
          busy: Flaot
        }
      ]])
    end, support.refusal)
    assert.equal(('tests/lua/graphql/schema_spec.lua:%d:17: Unknown type "Flaot". Did you '
      .. 'mean "Float"?')
      :format(line - 1), text)
  end)

  it("with a bad default is told", function()
    for _, fn in ipairs {
      function() graphql.extend("Program", { a = { type = "Int", args = { k = { type = "Kind",
        default = "C" } } } }) end,
      function() graphql.extend("extend type Program { a(k: Kind = C): Int }") end,
    } do
      assert.matches('^tests/lua/graphql/schema_spec.lua:%d+:.* Program.a%(k:%) has invalid '
        .. 'default '
        .. 'value: Value "C" does not exist in "Kind" enum', (extended(fn, support.refusal)))
    end
  end)

  it("of an unknown type is told", function()
    assert.matches('schema_spec.lua:%d+: Cannot extend type "Progam" because it is not defined. '
      .. 'Did you mean "Program"', (extended(function() graphql.extend("Progam", { a = "Int" }) end,
      support.refusal)))
  end)

  it("whose resolver has no place is told", function()
    assert.matches("schema_spec.lua:%d+: Program.buzy: there is no such field", (extended(function()
      graphql.extend("extend type Program { busy: Int }", { Program = { buzy = print } })
    end, support.refusal)))
  end)

  it("with an error of syntax is told", function()
    assert.matches('schema_spec.lua:%d+:%d+: Syntax Error: Expected Name, found "}"',
      (extended(function()
      graphql.extend("extend type Program { }")
    end, support.refusal)))
  end)
end)

describe("SDL", function()
  -- Types that are no input types, with a default of such a type.
  for definitions, expected in pairs {
    ["type Query { f(i: I = {a: 1}): Int } input I { a: Query }"] = "I.a",
    ["type Query { f(i: [I] = [{a: {b: 1}}]): Int } input I { a: J } type J { b: Int }"] = "I.a",
    ["type Query { f(i: I = {}): Int } input I { a: U = {b: 1} } union U = Query"] = "I.a",
    ["type Query { f(a: [Query!] = 1): Int }"] = "Query.f(a:)",
    ["directive @d(a: Query = 1) on FIELD type Query { f: Int }"] = "@d(a:)",
  } do
    it("with a default of another kind than input is told: " .. expected, function()
      local told = support.refusal(definitions)
      local text = ("The type of %s must be Input Type"):format(expected)
      assert.is_truthy(told:find(text, 1, true), told)
      assert.is_nil(told:find("\n"))
    end)
  end

  it("by tables with such a default is told, too", function()
    assert.matches("The type of I.a must be Input Type but got: Query", support.refusal {
      Query = { f = { type = "Int", args = { i = { type = "I", default = { a = 1 } } } } },
      I = { kind = "input", fields = { a = "Query" } } })
  end)

  for value, why in pairs {
    FOO = "String cannot represent a non string value: FOO",
    ["1"] = "String cannot represent a non string value: 1",
    ['["x"]'] = 'String cannot represent a non string value: ["x"]',
    null = 'Expected value of non-null type "String!" not to be null.',
  } do
    it("with @deprecated and @specifiedBy is told of the value " .. value, function()
      local at = 'schema:1:%d: Argument "@%s(%s:)" has invalid value: ' .. why
      for _, text in ipairs { "type Query { f: Int @deprecated(reason: %s) }",
        "type Query { f(a: Int @deprecated(reason: %s)): Int }",
        "enum E { A B @deprecated(reason: %s) } type Query { f: E }" } do
        assert.equal(at:format(text:find("%", 1, true), "deprecated", "reason"),
          support.refusal(text:format(value)))
      end
      assert.equal(at:format(28, "specifiedBy", "url"),
        support.refusal(("scalar S @specifiedBy(url: %s) type Query { f: S }"):format(value)))
    end)
  end

  it("is printed as it was parsed", function()
    local text = [[
"""About it"""
type Query implements A & B @d(x: "y") {
  """A field"""
  f(
    """An argument"""
    a: [Int!]! = [1, 2]
    b: I = { c: RED }
  ): String! @deprecated
}

union U = A | B

directive @d(x: String) repeatable on OBJECT | FIELD

extend schema {
  mutation: M
}]]
    assert.equal(text, graphql.print(assert(graphql.parse(text))))
  end)

  it("of executable documents, too", function()
    local text = [[
"About the query"
query Q($a: Int = 1 @d, $b: [String!]) @d {
  k: f(a: $a, s: "x\ny") @include(if: true) {
    ...F
    ... on T {
      a
    }
  }
}

fragment F on T @d {
  b
}]]
    local printed = graphql.print(assert(graphql.parse(text)))
    assert.equal((text:gsub('"About the query"', '"""About the query"""')), printed)
    assert.equal(printed, graphql.print(assert(graphql.parse(printed))))
  end)
end)
