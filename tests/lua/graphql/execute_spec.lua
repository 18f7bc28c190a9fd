-- Execution: resolvers, errors, nulls, abstract types, order, contexts and infos.

local support = require("tests.lua.graphql.support")
local graphql = require("lunette.graphql")
local errors = require("lunette.graphql.error")
local json = require("lunette.runtime.json")

local function order(object) return table.concat(getmetatable(object).order, " ") end

describe("resolvers", function()
  it("are functions, or what the object holds", function()
    local schema = support.schema("type Query { a: Int b(n: Int): Int c: Int d(n: Int): Int }", {
      Query = { c = function() return 3 end, d = { resolve = function(_,
        args) return args.n end } },
    })
    local root = { a = 1, b = function(object, args) return object.a + args.n end }
    local data = support.data(schema, "{ a b(n: 1) c d(n: 4) }", { root = root })
    assert.same({ a = 1, b = 2, c = 3, d = 4 }, data)
  end)

  it("get object, arguments, context and info", function()
    local got
    local schema = support.schema("type Query { list: [T] } type T { f(a: Int, b: [Int]): Int }", {
      T = { f = function(...)
        got = table.pack(...)
        got.path = got[4]:path()
      end },
    })
    local object, context = {}, { mine = true }
    support.data(schema, "query Q { list { k: f(a: 1, b: [2, null]) } }",
      { root = { list = { object } }, context = context })
    assert.equal(object, got[1])
    assert.same({ a = 1, b = { 2, json.null } }, got[2])
    assert.equal(context, got[3])
    local info = got[4]
    assert.equal("f", info.field_name)
    assert.equal("T", info.parent_type.name)
    assert.equal("Int", tostring(info.return_type))
    assert.equal("Q", info.operation.name)
    assert.same({ "list", 0, "k" }, got.path)
  end)

  it("see null arguments as nil, and can tell them in info.given", function()
    local given
    local schema = support.schema("input I { x: Int y: Int } type Query { f(a: Int, i: I): Int }", {
      Query = { f = function(_, args, _, info)
        given = info.given
        assert.same({ i = { y = 1 } }, args)
      end },
    })
    support.data(schema, "{ f(a: null, i: { x: null, y: 1 }) }")
    assert.equal(json.null, given.a)
    assert.equal(json.null, given.i.x)
  end)

  it("see the default in place of null, in arguments, input objects and subscriptions", function()
    local seen, given
    local function note(_, args, _, info) seen, given = args, info.given end
    local schema = support.schema([[
      input I { x: Int = 7 n: Int = null l: [Int] = [1, null] }
      type Query { f(a: Int = 5, i: I, o: I = { x: null }, n: Int = null): Int }
      type Subscription { s(a: Int = 5): Int }]], { Query = { f = note },
      Subscription = { s = { subscribe = function(...)
        note(...)
        return function() end
      end } } })
    support.data(schema, "query ($v: Int) { f(a: $v, i: { x: $v, l: null }, o: null, n: null) }",
      { variables = { v = json.null } })
    assert.same({ a = 5, i = { x = 7, l = { 1, json.null } }, o = { x = 7, l = { 1, json.null } } },
      seen)
    assert.equal(json.null, given.a)
    assert.equal(json.null, given.i.x)
    support.data(schema, "{ f(a: null) }")
    assert.equal(5, seen.a)
    graphql.subscribe { schema = schema, source = "subscription { s(a: null) }" }
    assert.same({ a = 5 }, seen)
  end)

  it("get arguments of their own each request", function()
    local schema = support.schema("type Query { f(l: [Int] = [1]): Int }", {
      Query = { f = function(_, args)
        table.insert(args.l, 2)
        return #args.l
      end },
    })
    for _ = 1, 3 do assert.same({ f = 2 }, support.data(schema, "{ f }")) end
  end)

  it("can tell what is selected below", function()
    local seen = {}
    local schema = support.schema("type Query { t: T } type T { a: Int b: Int t: T }", {
      Query = { t = function(_, _, _, info)
        for _, name in ipairs { "a", "b", "t" } do seen[name] = info:selects(name) end
        return {}
      end },
    })
    support.data(schema, "{ t { ...F } } fragment F on T { ... { a } t { b } }")
    assert.same({ a = true, b = false, t = true }, seen)
  end)
end)

describe("errors", function()
  local schema = support.schema([[
    type Query { a: Int b: Int n: Int! t: T list: [Int] hard: [Int!] harder: [[Int!]!]! }
    type T { n: Int! a: Int }
  ]], {
    Query = {
      a = function() error("told") end,
      b = function() return nil, "also told" end,
      n = function() error(graphql.error { message = "own", extensions = { code = "X" } }) end,
    },
    T = { n = function() local nothing = nil; return nothing.x end },
  })

  it("carry message, place and path, and leave the rest", function()
    local result = support.run(schema, "{ x: a\n b }")
    assert.same({}, result.data)
    assert.equal("x b", order(result.data))
    assert.same({
      { message = "told", locations = { { line = 1, column = 3 } }, path = { "x" } },
      { message = "also told", locations = { { line = 2, column = 2 } }, path = { "b" } },
    }, result.errors)
  end)

  it("of Lua itself say where in the script", function()
    local err = support.error(schema, "{ t { n } }", { root = { t = {} } })
    assert.matches("execute_spec.lua:%d+: attempt to index", err.message)
    assert.same({ "t", "n" }, err.path)
  end)

  it("carry extensions", function()
    local err, result = support.error(schema, "{ n }")
    assert.same({ code = "X" }, err.extensions)
    assert.is_nil(result.data)
    assert.equal("errors data", order(result))
  end)

  it("null the nearest that can be null", function()
    local root = { t = {}, list = { 1, "x", 3 }, hard = { 1, json.null }, harder = { { 1 } } }
    local result = support.run(schema, "{ list hard harder }", { root = root })
    assert.same({ list = { 1, json.null, 3 }, harder = { { 1 } } }, result.data)
    assert.same({ "list", 1 }, result.errors[1].path)
    assert.same({ "hard", 1 }, result.errors[2].path)
    assert.matches("Cannot return null for non%-nullable field Query.hard",
      result.errors[2].message)
  end)

  it("reach the top through what can't be null", function()
    local result = support.run(schema, "{ harder }", { root = { harder = { { 1, "x" } } } })
    assert.is_nil(result.data)
    assert.same({ "harder", 0, 1 }, result.errors[1].path)
  end)

  it("may be values, also in lists", function()
    local made = support.schema("type Query { a: Int l: [Int] }", { Query = {
      a = function() return graphql.error { message = "value" } end,
      l = function() return { 1, graphql.error { message = "item" }, 3 } end,
    } })
    local result = support.run(made, "{ a l }")
    assert.same({ l = { 1, json.null, 3 } }, result.data)
    assert.same({ "l", 1 }, result.errors[2].path)
  end)

  it("of a request have no data", function()
    for _, source in ipairs { "{", "{ nope }", "query A { a } query B { a }" } do
      local result = support.run(schema, source)
      assert.equal("errors", order(result))
    end
    assert.matches("Unknown operation named \"C\"",
      support.error(schema, "query A { a }", { operation_name = "C" }).message)
  end)
end)

describe("abstract types", function()
  local sdl = [[
    type Query { it: Any any: [Named] } union Any = A | B
    interface Named { name: String } type A implements Named { name: String a: Int }
    type B implements Named { name: String b: Int }
  ]]

  it("are told by __typename", function()
    local data = support.data(support.schema(sdl),
      "{ it { ... on A { a } ... on B { b } __typename } }",
      { root = { it = { __typename = "B", b = 2 } } })
    assert.same({ it = { b = 2, __typename = "B" } }, data)
  end)

  it("are told by __resolve_type", function()
    local schema = support.schema(sdl, { Named = { __resolve_type = function(object)
      return object.a and "A" or "B"
    end } })
    local data = support.data(schema, "{ any { __typename } }", { root = { any = { { a = 1 },
      {} } } })
    assert.same({ any = { { __typename = "A" }, { __typename = "B" } } }, data)
  end)

  it("are told by __is_type_of", function()
    local schema = support.schema(sdl, {
      A = { __is_type_of = function(object) return object.a ~= nil end },
      B = { __is_type_of = function() return true end },
    })
    local data = support.data(schema, "{ it { __typename } }", { root = { it = { a = 1 } } })
    assert.same({ it = { __typename = "A" } }, data)
  end)

  it("must be told", function()
    assert.matches('must resolve to an Object type at runtime for field "Query.it"',
      support.error(support.schema(sdl), "{ it { __typename } }", { root = { it = {} } }).message)
  end)
end)

describe("scalars", function()
  local schema = support.schema([[
    scalar Int64 scalar UInt64 scalar JSON scalar Even
    type Query { i(v: Int64): Int64 u(v: UInt64): UInt64 j(v: JSON): JSON e(v: Even): Even n: Int
    w: Int }
  ]], {
    Query = {
      i = function(_, args) return args.v end, u = function(_, args) return args.v end,
      j = function(_, args) return args.v end, e = function(_, args) return args.v end,
      w = { wide = true },
    },
    Even = {
      serialize = function(value) return value end,
      parse_value = function(value)
        if math.tointeger(value) and value % 2 == 0 then return math.tointeger(value) end
        error("odd", 0)
      end,
    },
  })

  it("keep 64 bits exact", function()
    assert.same({ i = "-9223372036854775808", u = "18446744073709551615" }, support.data(schema,
      '{ i(v: "-9223372036854775808") u(v: 18446744073709551615) }'))
    assert.same({ i = "9007199254740993" }, support.data(schema,
      "query ($v: Int64) { i(v: $v) }", { variables = { v = "9007199254740993" } }))
  end)

  it("take numbers of variables that 64 signed bits don't hold", function()
    local json_text = require("lunette.graphql.json_text")
    local taken = support.schema([[
      scalar Int64 scalar UInt64 scalar JSON scalar Own enum E { A } input In { a: Int }
      type Query { f(int: Int, float: Float, text: String, bool: Boolean, id: ID, i: Int64,
        u: UInt64, j: JSON, own: Own, e: E, input: In, list: [UInt64!]): String }
    ]], { Query = { f = function(_, args) return json.encode(args) end },
      Own = { parse_value = function(value) return value .. "!" end } })
    local function ask(type, name, value)
      local source = ("query ($v: %s) { f(%s: $v) }"):format(type, name)
      return support.run(taken, source, { variables = json_text.decode('{"v":' .. value .. "}") })
    end
    local MOST = "18446744073709551615"
    for name, expected in pairs {
      ["Float float"] = "18446744073709552000", ["ID id"] = '"' .. MOST .. '"', ["UInt64 u"] = "-1",
      ["JSON j"] = '"' .. MOST .. '"', ["Own own"] = '"' .. MOST .. '!"',
      ["[UInt64!] list"] = "[-1]" } do
      local type, arg = name:match("(%S+) (%S+)")
      local answer = ask(type, arg, MOST)
      if name == "Float float" then expected = json.encode(0x1p64) end
      assert.equal(('{"%s":%s}'):format(arg, expected), answer.data and answer.data.f)
    end
    assert.equal('{"j":{"a":["' .. MOST .. '",1]}}',
      ask("JSON", "j", '{"a":[' .. MOST .. ",1]}").data.f)
    for name, why in pairs {
      ["Int int"] = "Int cannot represent non 32-bit signed integer value: " .. MOST,
      ["String text"] = "String cannot represent a non string value: " .. MOST,
      ["Boolean bool"] = "Boolean cannot represent a non boolean value: " .. MOST,
      ["Int64 i"] = "Int64 cannot represent value (-9223372036854775808 to 9223372036854775807): "
        .. MOST,
      ["E e"] = 'Enum "E" cannot represent non-string value: ' .. MOST .. ".",
      ["In input"] = 'Expected value of type "In" to be an object, found: ' .. MOST .. "." } do
      local type, arg = name:match("(%S+) (%S+)")
      local message = ask(type, arg, MOST).errors[1].message
      assert.equal('Variable "$v" has invalid value: ' .. why, message)
    end
    assert.matches("%(0 to 18446744073709551615%): 18446744073709551616$",
      ask("UInt64", "u", "18446744073709551616").errors[1].message)
    assert.matches("UInt64 cannot represent value", ask("UInt64", "u", "-1").errors[1].message)
  end)

  it("take an ID of any whole number", function()
    local ids = support.schema("type Query { a: ID f(a: ID): String }", {
      Query = { a = function() return 1e300 end, f = function(_, args) return args.a end } })
    assert.equal("1e+300", support.data(ids, "{ a }").a)
    for value, text in pairs { [1e300] = "1e+300", [1e20] = "100000000000000000000", [7] = "7" } do
      assert.equal(text, support.data(ids, "query ($v: ID) { f(a: $v) }",
        { variables = { v = value } }).f)
    end
    for _, value in ipairs { 1.5, 1 / 0, 0 / 0 } do
      assert.matches("ID cannot represent value", support.error(ids, "query ($v: ID) { f(a: $v) }",
        { variables = { v = value } }).message)
    end
  end)

  it("take lists without holes", function()
    local lists = support.schema("type Query { f(l: [Int]): Int }", {
      Query = { f = function(_, args) return #args.l end } })
    local source = "query ($v: [Int]) { f(l: $v) }"
    assert.equal(2, support.data(lists, source, { variables = { v = { 1, json.null } } }).f)
    for _, list in ipairs { { 1, nil, 3 }, { [1] = 1, [100] = 2 }, { 1, a = 2 } } do
      assert.matches("Expected a list without holes or named fields%.$",
        support.error(lists, source, { variables = { v = list } }).message)
    end
  end)

  it("refuse what has no 64 bits", function()
    for _, value in ipairs { "9223372036854775808", '"x"', "1.5", "true" } do
      assert.matches("Int64 cannot represent value",
        support.error(schema, "{ i(v: " .. value .. ") }").message)
    end
    assert.matches("UInt64 cannot represent value", support.error(schema, "{ u(v: -1) }").message)
  end)

  it("pass JSON through, variables within included", function()
    local data = support.data(schema, "query ($v: Int) { j(v: { a: [1, $v, null], b: X }) }",
      { variables = { v = 7 } })
    assert.same({ j = { a = { 1, 7, json.null }, b = "X" } }, data)
  end)

  it("refuse JSON that can't be written, as the error of its field", function()
    local cyclic = {}
    cyclic.again = cyclic
    for why, value in pairs { ["nested deeper than 200"] = cyclic,
      ["a function is no JSON value"] = print,
      ["a thread is no JSON value"] = { 1, { x = coroutine.create(print) } },
      ["a userdata is no JSON value"] = json.object({ f = io.stdout }, { "f" }),
      ["the key 0: the keys of a table are strings, or 1 to n without holes"] =
        { { [0] = "z", "a" } },
      ["a list has holes: put json.null where there is no item"] = { 1, nil, 3 } } do
      local wrong = support.schema("scalar JSON scalar Own type Query { j: JSON o: Own n: Int }", {
        Query = { j = function() return value end, o = function() return value end },
        Own = { serialize = function(given) return given end },
      })
      for name, scalar in pairs { j = "JSON", o = "Own" } do
        local err, result = support.error(wrong, "{ n " .. name .. " }", { root = { n = 1 } })
        assert.equal(scalar .. " cannot represent value: " .. why, err.message)
        assert.same({ name }, err.path)
        assert.same({ n = 1 }, result.data)
      end
    end
    local fine = { 1, setmetatable({ a = 1, hidden = print }, json.shape { "a" }) }
    local open = support.schema("scalar JSON type Query { j: JSON }")
    assert.equal(fine, support.data(open, "{ j }", { root = { j = fine } }).j)
  end)

  it("may be a script's own, told with what it refuses", function()
    assert.same({ e = 4 }, support.data(schema, "{ e(v: 4) }"))
    assert.equal('Expected value of type "Even", but encountered error "odd"; found: 3.',
      support.error(schema, "{ e(v: 3) }").message)
    assert.equal('Variable "$v" has invalid value: Expected value of type "Even", but '
      .. 'encountered error "odd"; found: "x".', support.error(schema,
      "query ($v: Even) { e(v: $v) }", { variables = { v = "x" } }).message)
    local own = support.schema("scalar Own type Query { o(v: Own): Int }", { Own = {
      parse_value = function() error(errors.new { message = "of my own" }) end } })
    assert.equal("of my own", support.error(own, "{ o(v: 3) }").message)
  end)

  it("refuse an Int beyond 32 bits, but where it is wide", function()
    local root = { n = 2147483648, w = 9007199254740992 }
    local err, result = support.error(schema, "{ n w }", { root = root })
    assert.equal("Int cannot represent non 32-bit signed integer value: 2147483648", err.message)
    assert.equal(9007199254740992, result.data.w)
  end)
end)

describe("the result", function()
  it("has the fields in the order of the query", function()
    local schema = support.schema("type Query { a: Int b: Int c: Int }")
    local data = support.data(schema, "{ c ...F a } fragment F on Query { b c }",
      { root = { a = 1, b = 2, c = 3 } })
    assert.equal("c b a", order(data))
  end)

  it("decides @skip and @include anew for each request", function()
    local schema = support.schema("type Query { a: Int b: Int }")
    local source = "query ($x: Boolean!) { a @include(if: $x) b @skip(if: $x) }"
    for _ = 1, 2 do
      for _, x in ipairs { true, false } do
        local data = support.data(schema, source, { variables = { x = x }, root = { a = 1,
          b = 2 } })
        assert.same(x and { a = 1 } or { b = 2 }, data)
      end
    end
  end)

  it("runs mutations one after the other", function()
    local log = {}
    local schema = support.schema("type Query { a: Int } type Mutation { m(n: Int): Int }", {
      Mutation = { m = function(_, args) log[#log + 1] = args.n end },
    })
    support.data(schema, "mutation { c: m(n: 3) a: m(n: 1) b: m(n: 2) }")
    assert.same({ 3, 1, 2 }, log)
  end)
end)
