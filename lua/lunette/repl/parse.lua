-- What was typed so far as Lua: an expression, statements, or not yet complete.

local parse = {}

-- Lua's parser ends its message with <eof> where more would help.
local function wants_more(err) return err:match("<eof>$") ~= nil end

-- A long string or comment that is still open ends otherwise.
local function is_open_text(err)
  return err:find("unfinished long string", 1, true) or err:find("unfinished long comment", 1, true)
end

--- Compiles the text: a function, or nil and "more", or nil and an error.
---@param text string
---@param name string the chunk's name in tracebacks
---@return function|nil chunk, string? state, string? err
function parse.compile(text, name)
  local bare = text:gsub("^%s*=", "")
  local chunk = load("return " .. bare, "=" .. name, "t")
  if chunk then return chunk end
  local err
  chunk, err = load(text, "=" .. name, "t")
  if chunk then return chunk end
  if wants_more(err) or is_open_text(err) then return nil, "more" end
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
