-- Foreign text (names, commands, paths, source lines, the bytes of maps) for a terminal and for a
-- shell: what a terminal would obey is written as what it is.
--
--   escape.terminal(text)  control characters as \x1b, C1 and bidi ones as \u{9b}, bytes that are
--                          no UTF-8 as \xff
--   escape.lines(text)     the same, but newlines and tabs stay
--   escape.json(text)      JSON of the same value, the same characters as \u009b
--   escape.shell(word)     one word of a command line

local escape = {}

-- Characters beyond ASCII that move the cursor or change the direction of text: C1 controls, Arabic
-- letter mark, marks, embeddings, overrides and isolates, line and paragraph separators.
local BEYOND = {
  "\xC2[\x80-\x9F]", "\xD8\x9C", "\xE2\x80[\x8E\x8F\xA8-\xAE]", "\xE2\x81[\xA6-\xA9]",
}

local function as_byte(c) return ("\\x%02x"):format(c:byte()) end

local function as_point(c) return ("\\u{%x}"):format(utf8.codepoint(c)) end

local function as_json(c) return ("\\u%04x"):format(utf8.codepoint(c)) end

-- Escapes such characters in a valid UTF-8 text.
local function points(text, write)
  for _, pattern in ipairs(BEYOND) do text = text:gsub(pattern, write) end
  return text
end

-- Escapes bytes that are not UTF-8 by `write`.
local function valid(text, write)
  local ok, bad = utf8.len(text)
  if ok then return text end
  local parts, from = {}, 1
  repeat
    parts[#parts + 1] = text:sub(from, bad - 1)
    parts[#parts + 1] = write(text:sub(bad, bad))
    from = bad + 1
    ok, bad = utf8.len(text, from)
  until ok
  parts[#parts + 1] = text:sub(from)
  return table.concat(parts)
end

local function clean(text, controls)
  if not text:find("[%c\128-\255]") then return text end
  if text:find("[\128-\255]") then text = points(valid(text, as_byte), as_point) end
  return (text:gsub(controls, as_byte))
end

--- One line for a terminal.
---@param text string
---@return string
function escape.terminal(text) return clean(text, "%c") end

--- Lines for a terminal.
---@param text string
---@return string
function escape.lines(text) return clean(text, "[\0-\8\11-\31\127]") end

--- JSON for a terminal: an equal value.
---@param text string
---@return string
function escape.json(text)
  if not text:find("[\128-\255]") then return text end
  return points(valid(text, function() return "\xEF\xBF\xBD" end), as_json)
end

--- A word quoted for a POSIX shell; with control characters, for bash, ksh and zsh.
---@param word string
---@return string
function escape.shell(word)
  if word:find("^[%w_/.:@%%+=][%w_/.:@%%+=,-]*$") then return word end
  if escape.terminal(word) == word then return "'" .. word:gsub("'", "'\\''") .. "'" end
  -- no backslash before a quote: a shell that takes $'' for plain quotes would end the word there
  local body = word:gsub("[\\'%c]", as_byte)
  body = points(valid(body, as_byte), function(c) return (c:gsub(".", as_byte)) end)
  return "$'" .. body .. "'"
end

return escape
