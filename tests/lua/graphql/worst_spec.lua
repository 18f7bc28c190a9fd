-- Documents made to be slow: validating 64 kB takes a short time under every rule.

local support = require("tests.lua.graphql.support")
local graphql = require("lunette.graphql")
local pace = require("tests.lua.support.pace")

local SIZE <const> = 65536
local SECONDS <const> = 1 * pace -- a tenth of it is usual; test machines are busy

local schema = support.schema([=[
  type Query { a: Int f(x: Int): Query l(i: [[Int]]): Int o(i: I): Int }
  input I { i: I x: Int }
]=])

local function full(piece) return "{" .. piece:rep((SIZE - 2) // #piece) .. "}" end

local function lines(count, make)
  local list = {}
  for i = 1, count do list[i] = make(i) end
  return table.concat(list, " ")
end

local function pairs_of(depth)
  if depth == 0 then return "a" end
  local inner = pairs_of(depth - 1)
  return ("f { %s } f { %s }"):format(inner, inner)
end

local documents = {
  ["one field many times"] = full("a "),
  ["one alias for two fields"] = full("x:a x:f{a} "),
  ["one selection many times"] = full("f{a} "),
  ["one argument many times"] = full("f(x:1){a} "),
  ["unknown fields"] = full("nope "),
  ["different arguments"] = "{" .. lines(4000, function(i) return ("f(x:%d){a}"):format(i) end)
    .. "}",
  ["pairs within pairs"] = "{" .. pairs_of(11) .. "}",
  ["fragments that spread two others"] = "{...F1}" .. lines(1500, function(i)
    return ("fragment F%d on Query{...F%d ...F%d a}"):format(i, i + 1, i + 2)
  end) .. "fragment F1501 on Query{a} fragment F1502 on Query{a}",
  ["many fragments at one place"] = "{" .. lines(1500, function(i) return "...F" .. i end) .. "}"
    .. lines(1500, function(i) return ("fragment F%d on Query{f{a}}"):format(i) end),
  ["many operations with one fragment"] = lines(600, function(i)
    return ("query Q%d($v:Int){...F}"):format(i)
  end) .. "fragment F on Query{" .. ("f(x:$v){a} "):rep(600) .. "}",
  ["a deep list"] = "{l(i:" .. ("["):rep(400) .. ("]"):rep(400) .. ")}",
  ["a deep object"] = "{o(i:" .. ("{i:"):rep(400) .. "{}" .. ("}"):rep(400) .. ")}",
  ["a wide list"] = "{l(i:[" .. ("[1.5],"):rep(9000) .. "])}",
  ["an object of unknown fields"] = "{o(i:{" .. lines(6000, function(i)
    return ("a%d:1"):format(i)
  end) .. "})}",
  ["many variables"] = "query(" .. lines(2000, function(i) return ("$v%d:Int"):format(i) end)
    .. "){"
    .. lines(2000, function(i) return ("x%d:f(x:$v%d){a}"):format(i, i) end) .. "}",
}

-- Times the least of several tries, because other work slows them down.
local function is_quick(fn)
  local least = math.huge
  for _ = 1, 5 do
    local start = os.clock()
    fn()
    least = math.min(least, os.clock() - start)
    if least < SECONDS then break end
  end
  assert.is_true(least < SECONDS, ("%g s"):format(least))
end

-- The errors in the variables of a request.
local function refusals(variables)
  local source = "query ($i: I, $l: [[Int]]) { o(i: $i) l(i: $l) }"
  local list
  is_quick(function()
    list = graphql.execute { schema = schema, source = source, variables = variables }.errors
  end)
  local size = 0
  for _, err in ipairs(list) do size = size + #err.message end
  assert.is_true(size < 200000, ("%d bytes"):format(size))
  assert.equal(51, #list)
  assert.matches("Too many errors processing variables", list[51].message)
  return list
end

describe("variables", function()
  it("are refused quickly when nothing of them is known", function()
    local object = {}
    for i = 1, 5000 do object["field" .. i] = ("é"):rep(5) end
    local list = refusals { i = object }
    assert.matches('^Variable "$i" has invalid value: Expected value of type "I" not to include '
      .. 'unknown field "field1", found: { field1: "é', list[1].message)
    assert.is_truthy(utf8.len(list[1].message)) -- cut, behind a character
    assert.matches("…%.$", list[1].message)
  end)

  it("are so when all of a list is wrong", function()
    local list = {}
    for i = 1, 20000 do list[i] = "x" end
    assert.matches("at %[0%]: Int cannot represent non%-integer value: \"x\"",
      refusals({ l = list })[1].message)
  end)
end)

describe("validation", function()
  for name, text in pairs(documents) do
    it("is quick with " .. name, function()
      local document = assert(graphql.parse(text))
      is_quick(function() graphql.validate(schema, document) end)
    end)
  end

  it("ends a document of many errors at a hundred", function()
    local errors = graphql.validate(schema, assert(graphql.parse(documents["unknown fields"])))
    assert.equal(101, #errors)
    assert.matches("Too many validation errors", errors[101].message)
  end)

  it("finds every cycle of fragments", function()
    local errors = graphql.validate(schema, assert(graphql.parse(
      "{ ...A } fragment A on Query { f { ...B } ...A } fragment B on Query { f { ...A } }")))
    local messages = {}
    for i, err in ipairs(errors) do messages[i] = err.message end
    assert.same({ 'Cannot spread fragment "A" within itself.',
      'Cannot spread fragment "A" within itself via "B".' }, messages)
  end)
end)
