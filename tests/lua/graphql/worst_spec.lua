-- Documents made to be slow: none of 64 kB takes long to validate, whatever the rules make of it.

local support = require("tests.lua.graphql.support")
local graphql = require("lunette.graphql")

local SIZE <const> = 65536
local SECONDS <const> = 1 -- a tenth is usual; machines under test are busy

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
  ["many variables"] = "query(" .. lines(2000, function(i) return ("$v%d:Int"):format(i) end)
    .. "){"
    .. lines(2000, function(i) return ("x%d:f(x:$v%d){a}"):format(i, i) end) .. "}",
}

describe("validation", function()
  for name, text in pairs(documents) do
    it("is quick with " .. name, function()
      local document = assert(graphql.parse(text))
      -- The least of some tries: what else runs on the machine slows ours.
      local least = math.huge
      for _ = 1, 5 do
        local start = os.clock()
        graphql.validate(schema, document)
        least = math.min(least, os.clock() - start)
        if least < SECONDS then break end
      end
      assert.is_true(least < SECONDS, ("%g s"):format(least))
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
