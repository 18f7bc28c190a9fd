-- Shared by both parts of the grammar: moving over tokens; values, types, directives.

local errors = require("lunette.graphql.error")
local lexer = require("lunette.graphql.lexer")

local tokens = {}

local NESTING = 500 -- levels of lists, objects and selections, when no limit is given

--- A parser at the start of a text.
---@param text table of source.new
---@param limits { tokens: integer?, nesting: integer? }
---@return table
function tokens.new(text, limits)
  local kinds, values, starts = lexer.read(text.body, text.base, limits.tokens)
  local p = {
    text = text, kinds = kinds, values = values, starts = starts, i = 0, kind = nil,
    depth = 0, deepest = limits.nesting or NESTING,
  }
  tokens.advance(p)
  return p
end

--- Raises a syntax error.
function tokens.fail(p, at, message)
  error(errors.syntax(p.text, at - p.text.base, message), 0)
end

--- Raises "Unexpected …" for the token with that index.
function tokens.unexpected(p, index)
  local i = index or p.i
  tokens.fail(p, p.starts[i],
    ("Unexpected %s."):format(lexer.describe(p.kinds[i], p.values[i])))
end

local function check(p, i)
  if p.kinds[i] == "Error" then tokens.fail(p, p.starts[i], p.values[i]) end
end

--- Moves to the next token.
function tokens.advance(p)
  local i = p.i + 1
  local kind = p.kinds[i]
  p.i, p.kind = i, kind
  if kind == "Error" then check(p, i) end
end

--- The kind and value of the token after this one.
function tokens.peek(p)
  check(p, p.i + 1)
  return p.kinds[p.i + 1], p.values[p.i + 1]
end

--- Moves past a token of this kind, which is required.
function tokens.expect(p, kind)
  if p.kind ~= kind then
    local quoted = #kind <= 3 and '"' .. kind .. '"' or kind
    tokens.fail(p, p.starts[p.i], ("Expected %s, found %s."):format(quoted,
      lexer.describe(p.kind, p.values[p.i])))
  end
  return tokens.advance(p)
end

--- Moves past a token of this kind, if it is there.
function tokens.skip(p, kind)
  if p.kind ~= kind then return false end
  tokens.advance(p)
  return true
end

--- Moves past a keyword, which is required.
function tokens.keyword(p, word)
  if p.kind ~= "Name" or p.values[p.i] ~= word then
    tokens.fail(p, p.starts[p.i], ('Expected "%s", found %s.'):format(word,
      lexer.describe(p.kind, p.values[p.i])))
  end
  tokens.advance(p)
end

--- A name and the number of its first byte.
function tokens.name(p)
  if p.kind ~= "Name" then tokens.expect(p, "Name") end
  local i = p.i
  tokens.advance(p)
  return p.values[i], p.starts[i]
end

--- Counts one more level of nesting; raises at the limit.
function tokens.deeper(p)
  p.depth = p.depth + 1
  if p.depth > p.deepest then
    tokens.fail(p, p.starts[p.i],
      ("Document nests deeper than %d levels. Parsing aborted."):format(p.deepest))
  end
end

--- Items between two punctuators, at least one; nil when the opening one is missing.
function tokens.optional_many(p, open, item, close)
  if p.kind ~= open then return nil end
  tokens.advance(p)
  local list, n = {}, 0
  repeat
    n = n + 1
    list[n] = item(p)
  until p.kind == close
  tokens.advance(p)
  return list
end

--- The description before a definition, or nil.
function tokens.description(p)
  if p.kind ~= "String" and p.kind ~= "BlockString" then return nil end
  local i = p.i
  tokens.advance(p)
  return p.values[i]
end

local value -- defined below

local function list_value(p, const)
  local at, items = p.starts[p.i], {}
  tokens.deeper(p)
  tokens.advance(p)
  while p.kind ~= "]" do items[#items + 1] = value(p, const) end
  tokens.advance(p)
  p.depth = p.depth - 1
  return { kind = "ListValue", at = at, values = items }
end

local function object_field(p, const)
  local name, at = tokens.name(p)
  tokens.expect(p, ":")
  return { kind = "ObjectField", at = at, name = name, value = value(p, const) }
end

local function object_value(p, const)
  local at, fields = p.starts[p.i], {}
  tokens.deeper(p)
  tokens.advance(p)
  while p.kind ~= "}" do fields[#fields + 1] = object_field(p, const) end
  tokens.advance(p)
  p.depth = p.depth - 1
  return { kind = "ObjectValue", at = at, fields = fields }
end

--- A variable, "$" and name.
function tokens.variable(p)
  local at = p.starts[p.i]
  tokens.expect(p, "$")
  local name, name_at = tokens.name(p)
  return { kind = "Variable", at = at, name = name, name_at = name_at }
end

local function const_variable(p)
  local i = p.i
  tokens.advance(p)
  if p.kind ~= "Name" then tokens.unexpected(p, i) end
  tokens.fail(p, p.starts[i],
    ('Unexpected variable "$%s" in constant value.'):format(p.values[p.i]))
end

local WORDS = { ["true"] = "BooleanValue", ["false"] = "BooleanValue", null = "NullValue" }
local LEAVES = {
  Int = "IntValue", Float = "FloatValue", String = "StringValue", BlockString = "StringValue",
}

--- A value; with const, a value without variables.
function value(p, const)
  local kind, i = p.kind, p.i
  local leaf = LEAVES[kind]
  if leaf then
    tokens.advance(p)
    return { kind = leaf, at = p.starts[i], value = p.values[i],
      block = kind == "BlockString" or nil }
  elseif kind == "Name" then
    local word = p.values[i]
    tokens.advance(p)
    local node = { kind = WORDS[word] or "EnumValue", at = p.starts[i], value = word }
    if node.kind == "BooleanValue" then node.value = word == "true" end
    return node
  elseif kind == "[" then
    return list_value(p, const)
  elseif kind == "{" then
    return object_value(p, const)
  elseif kind == "$" then
    if const then const_variable(p) end
    return tokens.variable(p)
  end
  tokens.unexpected(p)
end
tokens.value = value

--- A named type.
function tokens.named_type(p)
  local name, at = tokens.name(p)
  return { kind = "NamedType", at = at, name = name }
end

--- A type reference with its lists and "!".
function tokens.type_reference(p)
  local at = p.starts[p.i]
  local node
  if p.kind == "[" then
    tokens.deeper(p)
    tokens.advance(p)
    node = { kind = "ListType", at = at, type = tokens.type_reference(p) }
    tokens.expect(p, "]")
    p.depth = p.depth - 1
  else
    node = tokens.named_type(p)
  end
  if p.kind ~= "!" then return node end
  tokens.advance(p)
  return { kind = "NonNullType", at = at, type = node }
end

local function argument(p, const)
  local name, at = tokens.name(p)
  tokens.expect(p, ":")
  return { kind = "Argument", at = at, name = name, value = value(p, const) }
end

local function const_argument(p) return argument(p, true) end

--- Arguments in parentheses, or nil.
function tokens.arguments(p, const)
  if p.kind ~= "(" then return nil end
  return tokens.optional_many(p, "(", const and const_argument or argument, ")")
end

--- Directives, or nil.
function tokens.directives(p, const)
  if p.kind ~= "@" then return nil end
  local list = {}
  while p.kind == "@" do
    local at = p.starts[p.i]
    tokens.advance(p)
    list[#list + 1] = {
      kind = "Directive", at = at, name = tokens.name(p), arguments = tokens.arguments(p, const),
    }
  end
  return list
end

return tokens
