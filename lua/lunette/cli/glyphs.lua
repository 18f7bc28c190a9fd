-- What the terminal shows: where its locale is not UTF-8, characters beyond ASCII become some
-- that are as like as there are, and as wide.

local glyphs = {}

local ASCII = {
  ["…"] = "~", ["▲"] = "^", ["▼"] = "v", ["│"] = "|", ["├"] = "|", ["└"] = "`", ["─"] = "-",
  ["·"] = "-", ["→"] = ">", ["↑"] = "^", ["↓"] = "v",
  ["▁"] = "_", ["▂"] = ".", ["▃"] = "-", ["▄"] = "=", ["▅"] = "+", ["▆"] = "*", ["▇"] = "#",
  ["█"] = "@",
}

--- Is the locale UTF-8?
---@return boolean
function glyphs.unicode()
  for _, name in ipairs { "LC_ALL", "LC_CTYPE", "LANG" } do
    local locale = os.getenv(name)
    if locale and locale ~= "" then return locale:lower():find("utf%-?8") ~= nil end
  end
  return false
end

--- A text as the terminal can show it.
---@param text string
---@return string
function glyphs.fit(text)
  if not text:find("[\x80-\xff]") or glyphs.unicode() then return text end
  text = text:gsub("[\xC2-\xFD][\x80-\xBF]+", function(c) return ASCII[c] or "?" end)
  return (text:gsub("[\x80-\xff]", "?"))
end

return glyphs
