-- Unsigned 64-bit integers, which Lua holds in its signed ones.

local u64 = {}

--- Decimal digits, exact.
---@param x integer
---@return string
function u64.str(x) return ("%u"):format(x) end

--- As a float, rounded above 2^53.
---@param x integer
---@return number
function u64.float(x)
  if x >= 0 then return x + 0.0 end
  return (x >> 1 | x & 1) * 2.0
end

--- Reads decimal digits; nil when the text is none, or too big for 64 bits.
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

return u64
