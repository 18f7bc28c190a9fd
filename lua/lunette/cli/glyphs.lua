-- Replaces characters beyond ASCII by similar ones of the same width when the terminal's locale is
-- not UTF-8.

local glyphs = {}

local ASCII = {
  ["…"] = "~", ["▲"] = "^", ["▼"] = "v", ["│"] = "|", ["├"] = "|", ["└"] = "`", ["─"] = "-",
  ["·"] = "-", ["→"] = ">", ["↑"] = "^", ["↓"] = "v",
  ["▁"] = "_", ["▂"] = ".", ["▃"] = "-", ["▄"] = "=", ["▅"] = "+", ["▆"] = "*", ["▇"] = "#",
  ["█"] = "@",
}

--- True when the locale is UTF-8.
---@return boolean
function glyphs.unicode()
  for _, name in ipairs { "LC_ALL", "LC_CTYPE", "LANG" } do
    local locale = os.getenv(name)
    if locale and locale ~= "" then return locale:lower():find("utf%-?8") ~= nil end
  end
  return false
end

--- The text in characters that the terminal can show.
---@param text string
---@return string
function glyphs.fit(text)
  if not text:find("[\x80-\xff]") or glyphs.unicode() then return text end
  text = text:gsub("[\xC2-\xFD][\x80-\xBF]+", function(c) return ASCII[c] or "?" end)
  return (text:gsub("[\x80-\xff]", "?"))
end

return glyphs
