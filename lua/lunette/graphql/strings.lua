-- Reads and writes string literals: escapes, and the indentation of block strings.

local strings = {}

local ESCAPES = {
  ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
}

local function is_scalar_value(code)
  return code <= 0xD7FF or (code >= 0xE000 and code <= 0x10FFFF)
end

-- \u{…} at a backslash: the character and the byte after it; or nil and the number of bytes to
-- show.
local function braced(text, at)
  local digits = text:match("^%x*", at + 3)
  local closed = text:byte(at + 3 + #digits) == 125
  local code = #digits > 0 and #digits <= 8 and tonumber(digits, 16)
  if closed and code and is_scalar_value(code) then
    return utf8.char(code), at + 4 + #digits
  end
  return nil, math.min(4 + #digits, 12)
end

-- \uXXXX at a backslash, or a surrogate pair of two of them.
local function fixed(text, at)
  local code = tonumber(text:match("^%x%x%x%x", at + 2) or "", 16)
  if code and is_scalar_value(code) then return utf8.char(code), at + 6 end
  if code and code <= 0xDBFF then
    local low = tonumber(text:match("^\\u(%x%x%x%x)", at + 6) or "", 16)
    if low and low >= 0xDC00 and low <= 0xDFFF then
      return utf8.char(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)), at + 12
    end
  end
  return nil, 6
end

--- Reads an escape sequence: the character and the byte after it; or nil and a message.
---@param text string
---@param at integer the backslash
---@return string|nil value, integer|string next_or_message
function strings.escape(text, at)
  local letter = text:sub(at + 1, at + 1)
  if letter ~= "u" then
    local value = ESCAPES[letter]
    if value then return value, at + 2 end
    return nil, ('Invalid character escape sequence: "%s".'):format(text:sub(at, at + 1))
  end
  local read = text:byte(at + 2) == 123 and braced or fixed
  local value, size = read(text, at)
  if value then return value, size end
  return nil, ('Invalid Unicode escape sequence: "%s".'):format(text:sub(at, at + size - 1))
end

local function split_lines(text)
  local lines, from = {}, 1
  while true do
    local found = text:find("[\r\n]", from)
    if not found then break end
    lines[#lines + 1] = text:sub(from, found - 1)
    local crlf = text:byte(found) == 13 and text:byte(found + 1) == 10
    from = found + (crlf and 2 or 1)
  end
  lines[#lines + 1] = text:sub(from)
  return lines
end

local function indent_of(line) return #line:match("^[ \t]*") end

--- The value of a block string: removes common indentation, and blank lines at both ends.
---@param raw string between the quotes, \""" already read
---@return string
function strings.dedent(raw)
  local lines = split_lines(raw)
  local common, first, last = math.huge, nil, 0
  for i, line in ipairs(lines) do
    local indent = indent_of(line)
    if indent < #line then
      first = first or i
      last = i
      if i > 1 and indent < common then common = indent end
    end
  end
  local kept = {}
  for i = first or 1, last do
    kept[#kept + 1] = (i == 1 or common == math.huge) and lines[i] or lines[i]:sub(common + 1)
  end
  return table.concat(kept, "\n")
end

local QUOTED = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n",
  ["\r"] = "\\r", ["\t"] = "\\t",
}

local function quote_char(char) return QUOTED[char] or ("\\u%04X"):format(utf8.codepoint(char)) end

--- A string literal; control characters (also U+0080 to U+009F) are escaped.
---@param text string
---@return string
function strings.quote(text)
  local escaped = text:gsub('[%c"\\\127]', quote_char):gsub("\xC2[\x80-\x9F]", quote_char)
  return '"' .. escaped .. '"'
end

--- The length of a text in UTF-16 units, by which graphql-js decides on line breaks.
---@param text string
---@return integer
function strings.width(text)
  local _, pairs_of_units = text:gsub("[\xF0-\xF4]", "")
  return (utf8.len(text) or #text) + pairs_of_units
end

-- The lines between the quotes of a block string, laid out like graphql-js.
local function laid_out(text)
  local escaped = text:gsub('"""', '\\"""')
  local lines = split_lines(escaped)
  local indented = #lines > 1
  for i = 2, #lines do
    if #lines[i] > 0 and not lines[i]:find("^[ \t]") then indented = false end
  end
  local triple = escaped:sub(-4) == '\\"""'
  local closing = (text:sub(-1) == '"' and not triple) or text:sub(-1) == "\\"
  local tall = #lines > 1 or strings.width(text) > 70 or closing or indented or triple
  local head = #lines == 1 and text:find("^[ \t]")
  local before = ((tall and not head) or indented) and "\n" or ""
  return before, escaped, (tall or closing) and "\n" or ""
end

--- A block string literal, laid out like graphql-js.
---@param text string
---@return string
function strings.block(text)
  return '"""' .. table.concat({ laid_out(text) }) .. '"""'
end

--- A description: a block string, or a plain string when a block string would lose blank lines,
--- indentation or escapes.
---@param text string
---@return string
function strings.description(text)
  local before, _, after = laid_out(text)
  local kept = not text:find("[\0-\8\v-\31]") and strings.dedent(before .. text .. after) == text
  return kept and strings.block(text) or strings.quote(text)
end

return strings
