-- Globs: * matches any characters, ? matches one.

local glob = {}

--- True when the text has a wildcard.
---@param text string
---@return boolean
function glob.is(text) return text:find("[*?]") ~= nil end

--- Converts a glob, or a plain name, to an anchored Lua pattern.
---@param text string
---@return string
function glob.pattern(text)
  local pattern = text:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0"):gsub("%*", ".*"):gsub("%?", ".")
  return "^" .. pattern .. "$"
end

return glob
