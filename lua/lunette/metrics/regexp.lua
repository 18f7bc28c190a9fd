-- Regular expressions as --etm and the `regexp` decoder take them: POSIX extended ones, plus
-- what people write from Perl and Go that has a plain meaning: \d \w \s (?:…) (?i) and *? +?.

local core = require("lunette.core.metrics")

local regexp = {}

local OUTSIDE = { d = "[0-9]", D = "[^0-9]", w = "[A-Za-z0-9_]", W = "[^A-Za-z0-9_]",
  s = "[ \t\r\n]", S = "[^ \t\r\n]", n = "\n", t = "\t" }
local INSIDE = { d = "0-9", w = "A-Za-z0-9_", s = " \t\r\n", n = "\n", t = "\t" }

-- A bracket expression: POSIX has no escapes in it, so a literal ] comes first and - last.
local function bracket(pattern, at)
  local negated = pattern:sub(at + 1, at + 1) == "^"
  local out, first, last = {}, "", ""
  at = at + (negated and 2 or 1)
  local start = at
  while at <= #pattern do
    local c = pattern:sub(at, at)
    if c == "]" and at > start then break end
    if c == "\\" then
      at = at + 1
      c = pattern:sub(at, at)
      if c == "]" then first, c = "]", "" elseif c == "-" then last, c = "-", "" end
      c = INSIDE[c] or c
    elseif c == "[" and pattern:find("^%[:%a+:%]", at) then
      c = pattern:match("^%[:%a+:%]", at)
      at = at + #c - 1
    end
    out[#out + 1] = c
    at = at + 1
  end
  return "[" .. (negated and "^" or "") .. first .. table.concat(out) .. last .. "]", at + 1
end

local function translate(pattern)
  local out, at = {}, 1
  while at <= #pattern do
    local c = pattern:sub(at, at)
    if c == "\\" then
      local escaped = pattern:sub(at + 1, at + 1)
      out[#out + 1] = OUTSIDE[escaped] or c .. escaped
      at = at + 2
    elseif c == "[" then
      out[#out + 1], at = bracket(pattern, at)
    elseif pattern:find("^%(%?:", at) then
      out[#out + 1], at = "(", at + 3
    else
      out[#out + 1], at = c, at + 1
    end
  end
  return table.concat(out)
end

--- Compiles a pattern; it is not anchored.
---@param pattern string
---@return table|nil regex, string? err
function regexp.compile(pattern)
  local rest, ignore_case = pattern:gsub("^%(%?i%)", "")
  local regex, err = core.regex(translate(rest), ignore_case > 0)
  if not regex then return nil, ("regexp '%s' does not compile: %s"):format(pattern, err) end
  return regex
end

return regexp
