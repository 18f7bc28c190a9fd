-- The lexer: turns a text into three arrays (kinds, values, numbers of the first byte). A
-- punctuator's kind is the punctuator; other kinds are Name, Int, Float, String, BlockString and
-- <EOF>. Unreadable text becomes a last token of kind Error with the message as its value. The
-- parser raises it when it gets there, so that an earlier syntax error is reported first.

local strings = require("lunette.graphql.strings")

local byte, find, match, sub = string.byte, string.find, string.match, string.sub

local lexer = {}

local NAME <const>, SPACE <const>, COMMENT <const> = 1, 2, 3
local NUMBER <const>, QUOTE <const>, DOT <const> = 4, 5, 6

-- The class of token that a byte begins, or the punctuator itself.
local class = {}
for b = 0, 255 do
  local char = string.char(b)
  if char:find("[_A-Za-z]") then class[b] = NAME
  elseif char:find("[ \t\n\r,]") then class[b] = SPACE
  elseif char:find("[-0-9]") then class[b] = NUMBER
  elseif char:find("[!$&()%:=@%[%]{|}]") then class[b] = char
  end
end
class[byte("#")], class[byte('"')], class[byte(".")] = COMMENT, QUOTE, DOT

local function shown(body, at)
  if at > #body then return "<EOF>" end
  local code = utf8.codepoint(body, at)
  if code == 34 then return "'\"'" end
  if code >= 32 and code <= 126 then return '"' .. string.char(code) .. '"' end
  return ("U+%04X"):format(code)
end

local function no_digit(body, at)
  return at, ("Invalid number, expected digit but got: %s."):format(shown(body, at))
end

-- The byte after a number and the token's kind; or the error's position and a message.
local function number_end(body, at)
  local pos = at
  if byte(body, pos) == 45 then pos = pos + 1 end
  local zero, digits = match(body, "^(0?)([0-9]*)", pos)
  if zero == "0" and digits ~= "" then
    return pos + 1, ("Invalid number, unexpected digit after 0: %s."):format(shown(body, pos + 1))
  end
  if zero == "" and digits == "" then return no_digit(body, pos) end
  pos = pos + #zero + #digits
  local kind = "Int"
  if byte(body, pos) == 46 then
    kind = "Float"
    local stop = match(body, "^[0-9]+()", pos + 1)
    if not stop then return no_digit(body, pos + 1) end
    pos = stop
  end
  local exponent = match(body, "^[eE][+-]?()", pos)
  if exponent then
    kind = "Float"
    local stop = match(body, "^[0-9]+()", exponent)
    if not stop then return no_digit(body, exponent) end
    pos = stop
  end
  if find(body, "^[.A-Za-z_]", pos) then return no_digit(body, pos) end
  return pos, nil, kind
end

-- Reads a string from its opening quote: value and the byte after it; or nil, message and position.
local function read_string(body, at)
  local stop = match(body, '^[^"\\\r\n]*()', at + 1)
  if byte(body, stop) == 34 then return sub(body, at + 1, stop - 1), stop + 1 end
  local parts, from = {}, at + 1
  while byte(body, stop) == 92 do
    parts[#parts + 1] = sub(body, from, stop - 1)
    local value, next_at = strings.escape(body, stop)
    if not value then return nil, next_at, stop end
    parts[#parts + 1] = value
    from = next_at
    stop = match(body, '^[^"\\\r\n]*()', from)
  end
  if byte(body, stop) ~= 34 then return nil, "Unterminated string.", stop end
  parts[#parts + 1] = sub(body, from, stop - 1)
  return table.concat(parts), stop + 1
end

-- Reads a block string from its opening quotes; results as above.
local function read_block(body, at)
  local from = at + 3
  while true do
    local close = find(body, '"""', from, true)
    if not close then return nil, "Unterminated string.", #body + 1 end
    if byte(body, close - 1) ~= 92 or close == at + 3 then
      local raw = sub(body, at + 3, close - 1):gsub('\\"""', '"""')
      return strings.dedent(raw), close + 3
    end
    from = close + 3
  end
end

local function dots(body, at)
  if sub(body, at, at + 2) == "..." then return nil end
  if byte(body, at + 1) == 46 then return 'Unexpected "..", did you mean "..."?' end
  local digits = match(body, "^[0-9]+", at + 1)
  if digits then
    return ('Invalid number, expected digit before ".", did you mean "0.%s"?'):format(digits)
  end
  return 'Unexpected character: ".".'
end

local function unexpected(body, at)
  if byte(body, at) == 39 then
    return "Unexpected single quote character ('), did you mean to use a double quote (\")?"
  end
  return ("Unexpected character: %s."):format(shown(body, at))
end

-- Reads a token that is no name, blank or punctuator: kind, value, the byte after it; or "Error",
-- message, position.
local function read_other(body, pos, c)
  if c == NUMBER then
    local stop, message, kind = number_end(body, pos)
    if message then return "Error", message, stop end
    return kind, sub(body, pos, stop - 1), stop
  elseif c == QUOTE then
    local block = sub(body, pos + 1, pos + 2) == '""'
    local value, stop, place = (block and read_block or read_string)(body, pos)
    if not value then return "Error", stop, place end
    return block and "BlockString" or "String", value, stop
  elseif c == DOT then
    local message = dots(body, pos)
    if message then return "Error", message, pos end
    return "...", "...", pos + 3
  end
  return "Error", unexpected(body, pos), pos
end

local function too_many(limit)
  return ("Document contains more than %d tokens. Parsing aborted."):format(limit)
end

--- Reads a whole text.
---@param body string
---@param base integer added to every number
---@param limit integer|nil tokens at most
---@return string[] kinds, any[] values, integer[] starts
function lexer.read(body, base, limit)
  local kinds, values, starts = {}, {}, {}
  local n, pos = 0, 1
  local valid, bad = utf8.len(body)
  if not valid then
    return { "Error" }, { "Invalid character: the text is no valid UTF-8." }, { base + bad }
  end
  limit = limit or math.huge
  while true do
    local b = byte(body, pos)
    local c = class[b]
    if c == SPACE then
      pos = match(body, "^[ \t\n\r,]+()", pos)
    elseif c == COMMENT then
      pos = match(body, "^[^\r\n]*()", pos)
    elseif b == 0xEF and sub(body, pos, pos + 2) == "\xEF\xBB\xBF" then
      pos = pos + 3
    elseif not b then
      kinds[n + 1], values[n + 1], starts[n + 1] = "<EOF>", false, base + pos
      return kinds, values, starts
    else
      n = n + 1
      starts[n] = base + pos
      if n > limit then
        kinds[n], values[n] = "Error", too_many(limit)
        return kinds, values, starts
      elseif c == NAME then
        kinds[n] = "Name"
        values[n], pos = match(body, "^([_A-Za-z0-9]+)()", pos)
      elseif c and c ~= NUMBER and c ~= QUOTE and c ~= DOT then
        kinds[n], values[n] = c, c
        pos = pos + 1
      else
        local kind, value, stop = read_other(body, pos, c)
        kinds[n], values[n] = kind, value
        if kind == "Error" then
          starts[n] = base + stop
          return kinds, values, starts
        end
        pos = stop
      end
    end
  end
end

--- A token in messages.
---@param kind string
---@param value any
---@return string
function lexer.describe(kind, value)
  if kind == "<EOF>" then return kind end
  if kind:find("^%p") then return '"' .. kind .. '"' end
  return ('%s "%s"'):format(kind, value)
end

return lexer
