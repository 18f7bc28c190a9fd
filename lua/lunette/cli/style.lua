-- Colours on the screen: few, and none where NO_COLOR or the kind of terminal says so; what a
-- VT100 can do (bold, reverse) is there on any.

local style = {}

local PLAIN = "\27[0m"

-- Any terminal.
local MARKS = { bold = "\27[1m", chosen = "\27[7m", head = "\27[1m", title = "\27[1m" }

local COLOURS = {
  bold = "\27[1m", chosen = "\27[7m", title = "\27[1;36m", head = "\27[1;34m", dim = "\27[2m",
  spark = "\27[36m", warm = "\27[33m", hot = "\27[1;31m", good = "\27[32m", found = "\27[30;43m",
}

local MONOCHROME = { "^vt%d", "^dumb", "mono", "%-m$" }

--- Does the terminal have colours, as far as its name tells?
---@return boolean
function style.colours()
  local term, none = os.getenv("TERM") or "dumb", os.getenv("NO_COLOR")
  if none and none ~= "" then return false end
  for _, pattern in ipairs(MONOCHROME) do
    if term:find(pattern) then return false end
  end
  return true
end

--- Can it move its cursor at all?
---@return boolean
function style.moves()
  local term = os.getenv("TERM") or ""
  return term ~= "" and term ~= "dumb" and term ~= "unknown"
end

local codes

--- A text in one of the styles above.
---@param name string
---@param text string
---@return string
function style.paint(name, text)
  codes = codes or (style.colours() and COLOURS or MARKS)
  local code = codes[name]
  return code and text ~= "" and code .. text .. PLAIN or text
end

--- The style of a share of a CPU.
---@param share number
---@return string
function style.heat(share)
  return share >= 0.1 and "hot" or share >= 0.01 and "warm" or share > 0 and "plain" or "dim"
end

return style
