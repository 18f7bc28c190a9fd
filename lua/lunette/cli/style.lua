-- Colours on the screen: few, and none with NO_COLOR or on a terminal without colours. Bold and
-- reverse (VT100) work on any terminal.

local style = {}

local PLAIN = "\27[0m"

-- Any terminal.
local MARKS = { bold = "\27[1m", chosen = "\27[7m", head = "\27[1m", title = "\27[1m" }

local COLOURS = {
  bold = "\27[1m", chosen = "\27[7m", title = "\27[1;36m", head = "\27[1;34m", dim = "\27[2m",
  spark = "\27[36m", warm = "\27[33m", hot = "\27[1;31m", good = "\27[32m", found = "\27[30;43m",
}

local MONOCHROME = { "^vt%d", "^dumb", "mono", "%-m$" }

--- True when the terminal has colours, judged by its name.
---@return boolean
function style.colours()
  local term, none = os.getenv("TERM") or "dumb", os.getenv("NO_COLOR")
  if none and none ~= "" then return false end
  for _, pattern in ipairs(MONOCHROME) do
    if term:find(pattern) then return false end
  end
  return true
end

--- True when the terminal can move its cursor.
---@return boolean
function style.moves()
  local term = os.getenv("TERM") or ""
  return term ~= "" and term ~= "dumb" and term ~= "unknown"
end

local codes

--- The text in one of the styles above.
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
