-- Unsigned 64-bit integers, stored in Lua's signed ones.

local u64 = {}

--- Decimal digits, exact.
---@param x integer
---@return string
function u64.str(x) return ("%u"):format(x) end

--- As a float; rounded above 2^53.
---@param x integer
---@return number
function u64.float(x)
  if x >= 0 then return x + 0.0 end
  return (x >> 1 | x & 1) * 2.0
end

--- The sum of two numbers; a float when it exceeds 64 bits.
---@param a number
---@param b number
---@return number
function u64.sum(a, b)
  local sum = a + b
  if math.type(sum) == "integer" and (a ~ sum) & (b ~ sum) < 0 then return a + 0.0 + b end
  return sum
end

--- Reads decimal digits; nil when the text is none, or exceeds 64 bits.
---@param text string
---@return integer|nil
function u64.parse(text)
  if not text:match("^%d+$") then return nil end
  local digits = text:gsub("^0+(%d)", "%1")
  if #digits > 20 or (#digits == 20 and digits > "18446744073709551615") then return nil end
  local x = 0
  for digit in digits:gmatch("%d") do x = x * 10 + tonumber(digit) end
  return x
end

local RANGE <const> = "%s does not fit 64 bits: -9223372036854775808 to 18446744073709551615"

--- Reads a whole number of 64 bits, signed or unsigned, decimal or hexadecimal (0x). nil: the text
--- is no whole number; false and the reason: it does not fit.
---@param text string
---@return integer|false|nil value, boolean|string|nil unsigned_or_why
function u64.integer(text)
  local sign, digits = text:match("^([+-]?)(%d+)$")
  local size = digits and u64.parse(digits)
  if not digits then
    sign, digits = text:match("^([+-]?)0[xX]0*(%x+)$")
    size = digits and #digits <= 16 and math.tointeger(tonumber(digits, 16))
  end
  if not digits then return nil end
  if size and sign ~= "-" then return size, true end
  if size and (size >= 0 or size == math.mininteger) then return -size, false end
  return false, RANGE:format(text)
end

return u64
