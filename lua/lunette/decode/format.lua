-- Bytes as text and back, in eBPF explorer's three formats: HEX (lower case, no prefix), STRING
-- (without trailing NUL bytes) and NUMBER (little endian, signed, up to 8 bytes; longer fields are
-- shown as HEX).

local u64 = require("lunette.runtime.u64")

local format = {}

local to = {}
local from = {}

local DIGITS = {} -- by byte
for byte = 0, 255 do DIGITS[string.char(byte)] = ("%02x"):format(byte) end

function to.HEX(bytes) return (bytes:gsub(".", DIGITS)) end

function to.STRING(bytes) return (bytes:gsub("%z+$", "")) end

function to.NUMBER(bytes)
  if #bytes == 0 or #bytes > 8 then return to.HEX(bytes) end
  return tostring((string.unpack("<i" .. #bytes, bytes)))
end

function from.HEX(text, size)
  local digits = text:gsub("^0[xX]", "")
  if digits:find("%X") then return nil, ("'%s' is not hex"):format(text) end
  if #digits % 2 == 1 then
    return nil, ("hex '%s' has an odd number of digits"):format(text)
  end
  if #digits ~= 2 * size then
    return nil, ("hex '%s' has %d bytes, the field has %d"):format(text, #digits // 2, size)
  end
  return (digits:gsub("..", function(pair) return string.char(tonumber(pair, 16)) end))
end

function from.STRING(text, size)
  if #text > size then
    return nil, ("string '%s' has %d bytes, the field has %d"):format(text, #text, size)
  end
  return text .. ("\0"):rep(size - #text)
end

-- True when the number fits: a negative one as signed, others as signed or unsigned.
local function fits(value, negative, size)
  if size == 8 then return true end
  if negative then return value >= -(1 << (8 * size - 1)) end
  return value >= 0 and value < 1 << (8 * size)
end

function from.NUMBER(text, size)
  if size == 0 or size > 8 then
    return nil, ("a number has at most 8 bytes, the field has %d"):format(size)
  end
  local value, unsigned = u64.integer(text)
  if value == nil then return nil, ("'%s' is not a number"):format(text) end
  if not value or not fits(value, not unsigned, size) then
    return nil, ("number %s does not fit %d byte%s"):format(text, size, size == 1 and "" or "s")
  end
  return string.pack("<i8", value):sub(1, size)
end

--- Bytes as text.
---@param bytes string
---@param as "HEX"|"STRING"|"NUMBER"
---@return string
function format.format(bytes, as)
  local writer = to[as] or error(("no format '%s'"):format(tostring(as)), 2)
  return writer(bytes)
end

--- Text as the bytes of a field; the error names the field.
---@param text string
---@param as "HEX"|"STRING"|"NUMBER"
---@param size integer bytes of the field
---@return string|nil bytes, string? err
function format.parse(text, as, size)
  local reader = from[as] or error(("no format '%s'"):format(tostring(as)), 2)
  return reader(text, size)
end

return format
