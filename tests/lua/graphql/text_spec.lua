-- Lexer and parser: tokens, places of errors; and no input takes long.

require("tests.lua.graphql.support")
local graphql = require("lunette.graphql")
local pace = require("tests.lua.support.pace")
local sha256 = require("lunette.graphql.sha256")
local error_line = require("lunette.graphql.error").line

local function value(text)
  local document = assert(graphql.parse("{ f(a: " .. text .. ") }"))
  return document.definitions[1].selections[1].arguments[1].value
end

local function refusal(text)
  local document, err = graphql.parse(text)
  if document then error("it was taken", 2) end
  return error_line(err):gsub("^GraphQL request:", "")
end

describe("strings", function()
  for text, expected in pairs {
    ['"a\\n\\t\\"\\/\\\\\\u0041"'] = 'a\n\t"/\\A',
    ['"\\u{1F600}\\u{41}"'] = "😀A",
    ['"\\uD83D\\uDE00"'] = "😀",
    ['"üñ"'] = "üñ",
    ['""'] = "",
    ['"""block"""'] = "block",
    ['"""\n    a\n      b\n    c\n  """'] = "a\n  b\nc",
    ['"""a \\""" b"""'] = 'a """ b',
    ['"""  first\n    second\r\n    third"""'] = "  first\nsecond\nthird",
    ['""""""'] = "",
  } do
    it("read " .. text:gsub("\n", "\\n"), function() assert.equal(expected, value(text).value) end)
  end
end)

describe("descriptions", function()
  for text, expected in pairs {
    ["about"] = '"""about"""', [" about"] = '""" about"""', ["a\n  b"] = '"""\na\n  b\n"""',
    [" "] = '" "', ["\na"] = '"\\na"', ["a\n"] = '"a\\n"', [" a\n b"] = '" a\\n b"',
    ["a\rb"] = '"a\\rb"', ["\7"] = '"\\u0007"',
  } do
    it(("are printed so that %q is read back"):format(text), function()
      local document = assert(graphql.parse(expected .. " scalar A"))
      assert.equal(text, document.definitions[1].description)
      assert.equal(expected .. "\nscalar A", graphql.print(document))
    end)
  end
end)

describe("errors of syntax", function()
  for text, expected in pairs {
    ["{"] = "1:2: Syntax Error: Expected Name, found <EOF>.",
    ["{ a(b: 01) }"] = '1:9: Syntax Error: Invalid number, unexpected digit after 0: "1".',
    ["{ a(b: 1.) }"] = '1:10: Syntax Error: Invalid number, expected digit but got: ")".',
    ["{ a(b: 1e) }"] = '1:10: Syntax Error: Invalid number, expected digit but got: ")".',
    ["{ a(b: -) }"] = '1:9: Syntax Error: Invalid number, expected digit but got: ")".',
    ["{ a(b: 1x) }"] = '1:9: Syntax Error: Invalid number, expected digit but got: "x".',
    ["{ a(b: .5) }"] = '1:8: Syntax Error: Invalid number, expected digit before ".", did you '
      .. 'mean "0.5"?',
    ["{ .. }"] = '1:3: Syntax Error: Unexpected "..", did you mean "..."?',
    ['{ a(b: "x) }'] = "1:13: Syntax Error: Unterminated string.",
    ['{ a(b: "x\ny") }'] = "1:10: Syntax Error: Unterminated string.",
    ['{ a(b: """x) }'] = "1:15: Syntax Error: Unterminated string.",
    ['{ a(b: "\\uD83D") }'] = '1:9: Syntax Error: Invalid Unicode escape sequence: "\\uD83D".',
    ['{ a(b: "\\u{110000}") }'] = '1:9: Syntax Error: Invalid Unicode escape sequence: '
      .. '"\\u{110000}".',
    ["{ ü }"] = "1:3: Syntax Error: Unexpected character: U+00FC.",
    ["# 😀\r\n{ 'a' }"] = "2:3: Syntax Error: Unexpected single quote character ('), did you "
      .. "mean to use a "
      .. 'double quote (")?',
    ['{ a(s: "😀") ! }'] = '1:14: Syntax Error: Expected Name, found "!".',
    ["{ a \xFF }"] = "1:5: Syntax Error: Invalid character: the text is no valid UTF-8.",
    ["query Q($a: Int = $b) { a }"] = '1:19: Syntax Error: Unexpected variable "$b" in '
      .. 'constant value.',
    ["fragment on on T { a }"] = '1:10: Syntax Error: Unexpected Name "on".',
    ["{ }"] = '1:3: Syntax Error: Expected Name, found "}".',
    ["enum E { true }"] = '1:10: Syntax Error: Name "true" is reserved and cannot be used for '
      .. 'an enum value.',
    ['"x" { a }'] = "1:1: Syntax Error: Unexpected description, descriptions are not "
      .. "supported on shorthand "
      .. "queries.",
  } do
    it("are told: " .. expected, function() assert.equal(expected, (refusal(text))) end)
  end

  it("don't hide behind what can't be read further on", function()
    assert.equal('1:5: Syntax Error: Expected Name, found "!".', (refusal("{ a ! } '")))
  end)
end)

local function seconds(text)
  local start = os.clock()
  graphql.parse(text)
  return os.clock() - start
end

-- Whether a text that is four times as long takes less than ten times as long (sixteen: the time
-- grows with the square), or hardly any time. Several tries, because other work slows them down.
local function is_even(short, long)
  for _ = 1, 10 do
    local few, many = seconds(short), seconds(long)
    if many < 0.1 * pace or many < 10 * few then return true end
  end
  return false
end

describe("no text of 64 kB takes long:", function()
  local SIZE <const> = 65536
  for _, piece in ipairs {
    "{", "[", "{a(b:[", "{a(b:{c:", "...", '"', '"""', '""""', '"\\u{1F600}', '"\\', '\\"""', "#",
      "\r", ",",
    "\xEF\xBB\xBF", "a ", "$a:", "@a(b:1)", "1", "-", "0", "1.5e5", "!", "type A{", "&", "|",
      "{a ", "a:",
    "query A($a:[", "\0", "\xFF", "é", "'", ".", "extend type A ", '"""\n  a', "{...{",
  } do
    it((piece:gsub("[%c\x80-\xFF]", "?")) .. " again and again", function()
      for _, lead in ipairs { "", "{ a(b: ", "query ($a: ", '{a(b:"""' } do
        local function text(size) return lead .. piece:rep((size - #lead) // #piece) end
        assert.is_true(is_even(text(SIZE // 4), text(SIZE)), lead)
      end
    end)
  end
end)

-- The seed is fixed, so that a commit always has the same result; SEED gives other ones.
describe("chance", function()
  local TOKENS <const> = {
    "{", "}", "(", ")", "[", "]", ":", "=", "!", "|", "&", "$", "@", "...", "query", "fragment",
      "on", "type",
    "input", "enum", "union", "interface", "schema", "directive", "extend", "scalar",
      "subscription", "a", "B",
    "1", "-2.5e3", '"s"', '"""b"""', "true", "null", " ", "\n", "#c\n", "\\", '"', "é", "\xFF",
      "\0", "..", "0x",
  }

  it("finds no text that ends the parser otherwise than by an error of syntax", function()
    local seed = tonumber(os.getenv("SEED")) or 2026
    math.randomseed(seed)
    for i = 1, 20000 do
      local parts = {}
      for j = 1, math.random(1, 25) do parts[j] = TOKENS[math.random(#TOKENS)] end
      local text = table.concat(parts, math.random() < 0.5 and " " or "")
      local ok, document, err = pcall(graphql.parse, text)
      if not ok or not (document or err.message:find("^Syntax Error: ")) then
        error(("seed %d, text %d: %q: %s"):format(seed, i, text, tostring(document)))
      end
      if document then
        local printed = graphql.print(document)
        assert.equal(printed, graphql.print(assert(graphql.parse(printed), printed)))
      end
    end
  end)

  it("finds no bytes either", function()
    math.randomseed(2026)
    for _ = 1, 5000 do
      local bytes = {}
      for j = 1, math.random(1, 60) do bytes[j] = string.char(math.random(0, 255)) end
      local text = table.concat(bytes)
      local ok, document, err = pcall(graphql.parse, text)
      assert.is_true(ok and (document ~= nil or err.message:find("^Syntax Error: ") ~= nil), text)
    end
  end)
end)

describe("SHA-256", function()
  it("is the standard's", function()
    assert.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", sha256(""))
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", sha256("abc"))
    assert.equal("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
      sha256(("a"):rep(1000000):sub(1, 1000000)))
  end)
end)
