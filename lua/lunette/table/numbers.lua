-- Exact comparison of numbers in cells and filters. Unsigned integers from 2^63 on are negative in
-- Lua, so each number comes with a flag whether it is unsigned.

local core = require("lunette.core.json")
local u64 = require("lunette.runtime.u64")

local numbers = {}

local TOP = 0x1p63
local INFINITE = { inf = math.huge, ["-inf"] = -math.huge } -- as %a prints them
local NAMED = { Infinity = math.huge, ["-Infinity"] = -math.huge } -- as JSON has them

-- Compares an unsigned integer beyond 2^63 with another number.
local function compare_huge(huge, b)
  if math.type(b) == "integer" or b < TOP then return 1 end
  if b >= 2 * TOP then return -1 end
  local rest, other = huge ~ math.mininteger, math.tointeger(b - TOP)
  return rest < other and -1 or rest > other and 1 or 0
end

--- -1, 0 or 1 as a is less than, equal to or greater than b.
---@param a number
---@param a_unsigned boolean?
---@param b number
---@param b_unsigned boolean?
---@return integer
function numbers.compare(a, a_unsigned, b, b_unsigned)
  local a_huge = a_unsigned and math.type(a) == "integer" and a < 0
  local b_huge = b_unsigned and math.type(b) == "integer" and b < 0
  if a_huge and not b_huge then return compare_huge(a, b) end
  if b_huge and not a_huge then return -compare_huge(b, a) end
  return a < b and -1 or a > b and 1 or 0
end

--- The exact number of a filter: a signed or unsigned 64-bit integer, or a float.
---@param value any a number, or its text
---@return number|nil number, boolean|string|nil unsigned_or_why
function numbers.parse(value)
  if type(value) == "number" then return math.tointeger(value) or value, false end
  if type(value) ~= "string" then return nil end
  local text = value:match("^%s*(.-)%s*$")
  if NAMED[text] then return NAMED[text], false end
  local number, more = u64.integer(text)
  if number == nil then
    number = core.number(text) or tonumber(text)
    if type(number) == "string" then number, more = u64.integer(number) end
  end
  if not number or number ~= number then return nil, more or nil end
  return number, more or false
end

--- A number in C's text form: "i-5", "u7", "d0x1.8p+0".
---@param number number
---@param unsigned boolean?
---@return string
function numbers.write(number, unsigned)
  if math.type(number) == "float" then return ("d%a"):format(number) end
  return unsigned and ("u%u"):format(number) or ("i%d"):format(number)
end

--- The number of such a text; nil when it is invalid.
---@param text string
---@return number|nil number, boolean? unsigned
function numbers.read(text)
  local kind, digits = text:match("^([iud])(.+)$")
  if kind == "u" then return u64.parse(digits), true end
  local number = kind and (tonumber(digits) or INFINITE[digits])
  if not number or number ~= number then return nil end
  return kind == "i" and math.tointeger(number) or number, false
end

return numbers
