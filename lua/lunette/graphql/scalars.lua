-- The scalars of the specification and ours: Int64 and UInt64 (exact, decimal strings in JSON)
-- and JSON. Each has three functions, which return nil and a message for a value they refuse:
--   serialize(value)      a resolver's result, as it is written into the response
--   parse_value(value)    a variable's value, as resolvers get it
--   parse_literal(node)   a literal of the document, as resolvers get it

local errors = require("lunette.graphql.error")
local inspect = require("lunette.graphql.inspect")
local core = require("lunette.core.json")
local json = require("lunette.runtime.json")
local json_text = require("lunette.graphql.json_text")
local printer = require("lunette.graphql.printer")
local types = require("lunette.graphql.types")
local u64 = require("lunette.runtime.u64")
local untyped = require("lunette.graphql.untyped")

local math_type, tointeger = math.type, math.tointeger

local scalars = {}

local INT_MAX <const>, INT_MIN <const> = 2147483647, -2147483648
local SAFE <const> = 1 << 53

local function refuse(what, value) return nil, what .. ": " .. inspect.value(value) end
local function refuse_node(what, node) return nil, what .. ": " .. printer.short(node) end

local function finite(x) return x == x and x ~= math.huge and x ~= -math.huge end

-- The number in a string, as JavaScript's Number() reads it; nil when there is none.
local function number_in(text)
  if not text:find("%S") or text:find("[xX].*[.pP]") then return nil end
  local value = tonumber(text)
  return value and finite(value) and value or nil
end

local function int(value, shown)
  local whole = tointeger(value)
  if not whole then return refuse("Int cannot represent non-integer value", shown) end
  if whole > INT_MAX or whole < INT_MIN then
    return refuse("Int cannot represent non 32-bit signed integer value", shown)
  end
  return whole
end

local Int = { name = "Int", description = "The `Int` scalar type represents non-fractional "
  .. "signed whole numeric values. Int can represent values between -(2^31) and 2^31 - 1." }

function Int.serialize(value)
  if math_type(value) == "integer" and value <= INT_MAX and value >= INT_MIN then return value end
  local kind = type(value)
  if kind == "number" then return int(value, value) end
  if kind == "boolean" then return value and 1 or 0 end
  local number = kind == "string" and number_in(value)
  if not number then return refuse("Int cannot represent non-integer value", value) end
  return int(number, value)
end

function Int.parse_value(value)
  if json_text.digits(value) then
    return refuse("Int cannot represent non 32-bit signed integer value", value)
  elseif type(value) ~= "number" then
    return refuse("Int cannot represent non-integer value", value)
  end
  return int(value, value)
end

function Int.parse_literal(node)
  if node.kind ~= "IntValue" then
    return refuse_node("Int cannot represent non-integer value", node)
  end
  local whole = tointeger(tonumber(node.value))
  if not whole or whole > INT_MAX or whole < INT_MIN then
    return nil, "Int cannot represent non 32-bit signed integer value: " .. node.value
  end
  return whole
end

--- Serializes an Int field declared `wide`: exact up to 2^53, as a JSON number.
function scalars.serialize_wide(value)
  local whole = math_type(value) and tointeger(value)
  if whole and whole <= SAFE and whole >= -SAFE then return whole end
  return Int.serialize(value)
end

local Float = { name = "Float", description = "The `Float` scalar type represents signed "
  .. "double-precision fractional values as specified by "
  .. "[IEEE 754](https://en.wikipedia.org/wiki/IEEE_floating_point)." }

function Float.serialize(value)
  local kind = type(value)
  if kind == "boolean" then return value and 1 or 0 end
  local number = kind == "number" and value or (kind == "string" and number_in(value)) or nil
  if not number or not finite(number) then
    return refuse("Float cannot represent non numeric value", value)
  end
  return number
end

function Float.parse_value(value)
  local digits = json_text.digits(value)
  if digits then value = tonumber(digits .. ".0") end
  if type(value) ~= "number" or not finite(value) then
    return refuse("Float cannot represent non numeric value", value)
  end
  return value + 0.0
end

function Float.parse_literal(node)
  if node.kind ~= "FloatValue" and node.kind ~= "IntValue" then
    return refuse_node("Float cannot represent non numeric value", node)
  end
  return tonumber(node.value) + 0.0
end

local String = { name = "String", description = "The `String` scalar type represents textual "
  .. "data, represented as UTF-8 character sequences. The String type is most often used by "
  .. "GraphQL to represent free-form human-readable text." }

function String.serialize(value)
  local kind = type(value)
  if kind == "string" then return value end
  if kind == "boolean" then return tostring(value) end
  if kind == "number" and finite(value) then return inspect.number(value) end
  return refuse("String cannot represent value", value)
end

function String.parse_value(value)
  if type(value) == "string" then return value end
  return refuse("String cannot represent a non string value", value)
end

function String.parse_literal(node)
  if node.kind == "StringValue" then return node.value end
  return refuse_node("String cannot represent a non string value", node)
end

local Boolean = { name = "Boolean",
  description = "The `Boolean` scalar type represents `true` or `false`." }

function Boolean.serialize(value)
  if type(value) == "boolean" then return value end
  if type(value) == "number" and finite(value) then return value ~= 0 end
  return refuse("Boolean cannot represent a non boolean value", value)
end

function Boolean.parse_value(value)
  if type(value) == "boolean" then return value end
  return refuse("Boolean cannot represent a non boolean value", value)
end

function Boolean.parse_literal(node)
  if node.kind == "BooleanValue" then return node.value end
  return refuse_node("Boolean cannot represent a non boolean value", node)
end

local ID = { name = "ID", description = "The `ID` scalar type represents a unique identifier, "
  .. "often used to refetch an object or as key for a cache. The ID type appears in a JSON "
  .. "response as a String; however, it is not intended to be human-readable. When expected as "
  .. "an input type, any string (such as `\"4\"`) or integer (such as `4`) input value will be "
  .. "accepted as an ID." }

local function id(value)
  local digits = json_text.digits(value)
  if digits then return digits end
  if type(value) == "string" then return value end
  if type(value) == "number" and value % 1 == 0 then return inspect.number(value) end
  return refuse("ID cannot represent value", value)
end

ID.serialize, ID.parse_value = id, id

function ID.parse_literal(node)
  if node.kind == "StringValue" or node.kind == "IntValue" then return node.value end
  return refuse_node("ID cannot represent a non-string and non-integer value", node)
end

-- The decimal digits of a signed integer; nil when the text is none, or exceeds 64 bits.
local function signed(text)
  local sign, digits = text:match("^(-?)(%d+)$")
  if not sign then return nil end
  local size = u64.parse(digits)
  if not size then return nil end
  if sign == "-" then
    return (size >= 0 or size == math.mininteger) and -size or nil
  end
  return size >= 0 and size or nil
end

local function wide(name, range, write, read)
  local scalar = { name = name, description = ("A whole number from %s, exact: in JSON a string "
    .. "of decimal digits."):format(range) }
  local refusal = ("%s cannot represent value (%s)"):format(name, range)

  local function parse(value)
    local whole
    if type(value) == "string" then
      whole = read(value)
    elseif type(value) == "number" and tointeger(value) then
      whole = read(inspect.number(value))
    elseif json_text.digits(value) then
      whole = read(json_text.digits(value))
    end
    if whole then return whole end
    return refuse(refusal, value)
  end

  function scalar.serialize(value)
    if math_type(value) == "integer" then return write(value) end
    local whole, message = parse(value)
    if not whole then return nil, message end
    return write(whole)
  end

  scalar.parse_value = parse

  function scalar.parse_literal(node)
    local whole
    if node.kind == "StringValue" or node.kind == "IntValue" then whole = read(node.value) end
    if whole then return whole end
    return refuse_node(refusal, node)
  end
  return scalar
end

local Int64 = wide("Int64", "-9223372036854775808 to 9223372036854775807",
  function(x) return ("%d"):format(x) end, signed)
local UInt64 = wide("UInt64", "0 to 18446744073709551615", u64.str, u64.parse)

local AROUND <const> = 72 -- levels of the response around a value; JSON allows 200 in all

-- Checks that a value given in its JSON form can be written.
local function written(name, value)
  local why = type(value) ~= "string" and core.why_not(value, AROUND)
  if not why then return value end
  return nil, ("%s cannot represent value: %s"):format(name, why)
end

local JSON = { name = "JSON", description = "Any JSON value.", parse_value = json_text.plain,
  parse_literal = untyped.value }

function JSON.serialize(value) return written("JSON", value) end

local function shown(value)
  local is_node = type(value) == "table" and value.kind and value.at
  return is_node and printer.short(value) or inspect.value(value)
end

-- Wraps a function of a script's scalar: an error or no result means that it refuses the value. For
-- a function that reads, the message then includes the value.
local function guarded(name, fn, reads)
  return function(value)
    local ok, result = pcall(fn, value)
    if ok and result ~= nil then
      if reads then return result end
      return written(name, result)
    elseif ok then
      return nil, ('Expected value of type "%s", found: %s.'):format(name, shown(value))
    end
    local message = errors.message_of(result)
    if not reads or type(result) ~= "string" then return nil, message end
    return nil, ('Expected value of type "%s", but encountered error "%s"; found: %s.'):format(
      name, message, shown(value))
  end
end

--- Gives a declared scalar its functions: our own by name, a script's, or functions that accept any
--- value.
---@param scalar table
---@param given { serialize: function?, parse_value: function?, parse_literal: function? }|nil
function scalars.attach(scalar, given)
  given = given or {}
  local known = scalars.extra[scalar.name] or JSON
  local name = scalar.name
  scalar.serialize = given.serialize and guarded(name, given.serialize) or known.serialize
  local parse_value = given.parse_value and guarded(name, given.parse_value, true)
  scalar.parse_value = parse_value and function(value)
    return parse_value(json_text.plain(value))
  end or known.parse_value
  if given.parse_literal then
    scalar.parse_literal = guarded(name, given.parse_literal, true)
  elseif given.parse_value then
    local parse = scalar.parse_value
    scalar.parse_literal = function(node)
      local value = untyped.value(node)
      if value == nil then value = json.null end
      return parse(value)
    end
  else
    scalar.parse_literal = known.parse_literal
  end
end

local function as_types(list)
  local named = {}
  for _, spec in ipairs(list) do
    spec.kind = "SCALAR"
    named[spec.name] = types.new(spec)
  end
  return named
end

--- Scalars that every schema has.
scalars.specified = as_types { Int, Float, String, Boolean, ID }

--- Our functions for `scalar Int64` and the like, used when a script gives none.
scalars.extra = { Int64 = Int64, UInt64 = UInt64, JSON = JSON }

return scalars
