-- What was typed so far as Lua: an expression, statements, or not yet complete.

local parse = {}

local LONG = 1000 -- bytes of a line in which a value behind statements is looked for

-- Lua's parser ends its message with <eof> where more would help; but a quoted string has to
-- end on its line.
local function wants_more(err)
  if err:find("unfinished long", 1, true) then return true end
  return err:match("near <eof>$") ~= nil and not err:find("unfinished string", 1, true)
end

-- Nesting that overflows the parser's stack is an error that a message handler up the stack
-- gets hold of first: what comes of it need not be a text.
local function try(text, name)
  local chunk, err = load(text, "=" .. name, "t")
  if not chunk and type(err) ~= "string" then err = name .. ": nested too deeply" end
  return chunk, err
end

-- Statements with an expression behind them, on one line: "t = {} t", "x = 1; x". What it gives
-- is printed, where Lua would wait for the statement that might begin so.
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

--- The names that a chunk declares by `local` at its top level, when it is that alone: they end
--- with it, which surprises at a prompt.
---@param text string
---@return string|nil
function parse.only_local(text)
  local names = text:match("^%s*local%s+([%a_][%w_%s,]*)=[^=]")
    or text:match("^%s*local%s+([%a_][%w_%s,]*)$")
  if not names or names:match("^function%f[%W]") then return nil end
  return (names:gsub("%s+$", ""))
end

return parse
