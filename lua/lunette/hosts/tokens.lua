-- The tokens for other hosts, from a file: a line is a token for all hosts, or MATCH TOKEN for
-- those that match; the first line that matches counts. The file must not be readable by every
-- user.

local match = require("lunette.hosts.match")

local tokens = {}

--- Reads the file: a list of { match, token }; nil and the error.
---@param path string
---@return table[]|nil lines, string? err
function tokens.read(path)
  local file <close>, err = io.open(path)
  if not file then return nil, err end
  local mode = require("lunette.core.files").mode(path)
  if mode and mode & 7 ~= 0 then
    return nil, ("%s: every user can read or write this file (mode %03o): chmod 600 %s"):format(
      path, mode, path)
  end
  local lines = {}
  for line in file:lines() do
    local words = {}
    for word in line:gmatch("%S+") do words[#words + 1] = word end
    if words[1] and words[1]:sub(1, 1) ~= "#" then
      local token = words[2] or words[1]
      if #words > 2 or #token < 8 or token:find("%c") then
        return nil, ("%s: a line is TOKEN or MATCH TOKEN; a token has at least 8 characters")
          :format(path)
      end
      lines[#lines + 1] = { match = match.of(words[2] and words[1] or nil), token = token }
    end
  end
  return lines
end

--- A function that gives a host's token, or nil. The file is read anew: a token may change.
---@param settings { tokens: string?, token: string? }
---@return fun(host: table): string|nil
function tokens.reader(settings)
  if not settings.tokens then return function() return settings.token end end
  local lines = tokens.read(settings.tokens) or {}
  return function(host)
    for _, line in ipairs(lines) do
      if line.match(host) then return line.token end
    end
  end
end

return tokens
