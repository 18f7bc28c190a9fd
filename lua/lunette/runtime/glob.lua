-- Globs: * stands for any characters, ? for one.

local glob = {}

--- Does the text hold a wildcard?
---@param text string
---@return boolean
function glob.is(text) return text:find("[*?]") ~= nil end

--- A glob, or a whole name, as an anchored Lua pattern.
---@param text string
---@return string
function glob.pattern(text)
  local pattern = text:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0"):gsub("%*", ".*"):gsub("%?", ".")
  return "^" .. pattern .. "$"
end

return glob
