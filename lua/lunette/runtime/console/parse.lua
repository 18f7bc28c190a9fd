-- Parses typed Lua: an expression, statements, or incomplete input.

local parse = {}

local LONG = 1000 -- bytes; in longer lines no value after statements is looked for

-- True when more input could complete the text: Lua's message then ends with <eof>. A quoted
-- string, however, must end on its line.
local function wants_more(err)
  if err:find("unfinished long", 1, true) then return true end
  return err:match("near <eof>$") ~= nil and not err:find("unfinished string", 1, true)
end

-- Compiles the text. Nesting that overflows the parser's stack is an error that an outer message
-- handler sees first, so the error value need not be a text.
local function try(text, name)
  local chunk, err = load(text, "=" .. name, "t")
  if not chunk and type(err) ~= "string" then err = name .. ": nested too deeply" end
  return chunk, err
end

-- Statements followed by an expression on one line: "t = {} t", "x = 1; x". The expression's value
-- is printed; Lua alone would wait for the rest of a statement.
local function with_value(text, name)
  if text:find("\n", 1, true) or #text > LONG then return nil end
  for at in text:gmatch("[%s;)}%]\"']()%f[%w_\"'{(#~-]") do
    local value = try("return " .. text:sub(at), name)
    if value and try(text:sub(1, at - 1), name) then
      return try(("%s\nreturn %s"):format(text:sub(1, at - 1), text:sub(at)), name)
    end
  end
  return nil
end

--- Compiles the text: a function, or nil and "more", or nil and an error.
---@param text string
---@param name string the chunk's name in tracebacks
---@return function|nil chunk, string? state, string? err
function parse.compile(text, name)
  local bare = text:gsub("^%s*=", "")
  local value, value_err = try("return " .. bare, name)
  if value then return value end
  local chunk, err = try(text, name)
  if chunk then return chunk end
  chunk = with_value(text, name)
  if chunk then return chunk end
  if wants_more(err) or wants_more(value_err) then return nil, "more" end
  return nil, "error", err
end

--- The names declared by `local` when the chunk is only that. Such locals end with the chunk, which
--- surprises users of a REPL.
---@param text string
---@return string|nil
function parse.only_local(text)
  local names = text:match("^%s*local%s+([%a_][%w_%s,]*)=[^=]")
    or text:match("^%s*local%s+([%a_][%w_%s,]*)$")
  if not names or names:match("^function%f[%W]") then return nil end
  return (names:gsub("%s+$", ""))
end

return parse
