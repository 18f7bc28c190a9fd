-- Scrollable, searchable text on the screen, such as a program's instructions.

local escape = require("lunette.runtime.escape")
local style = require("lunette.cli.style")
local tables = require("lunette.cli.table")

local Text = {}
Text.__index = Text

--- A view of lines: { title =, lines = fn() -> string[], live = read again each time, actions =,
--- close = fn() }.
---@param spec table
---@return table
function Text.new(spec) return setmetatable({ spec = spec, top = 1, search = "" }, Text) end

function Text:refresh()
  if self.lines and not self.spec.live then return end
  self.lines = self.spec.lines()
end

function Text:title()
  local text = self.spec.title
  if type(text) == "function" then text = text() end
  if not self.typing and self.search == "" then return text end
  local missing = self.missing and not self.typing and " (not found)" or ""
  return ("%s  /%s%s%s"):format(text, self.search, self.typing and "_" or "", missing)
end

-- A line with search matches marked, or coloured by its kind.
local function coloured(self, line)
  local from, to
  if self.search ~= "" then from, to = line:lower():find(self.search:lower(), 1, true) end
  if from then
    return line:sub(1, from - 1) .. style.paint("found", line:sub(from, to)) .. line:sub(to + 1)
  end
  return self.spec.paint and self.spec.paint(line) or line
end

function Text:draw(width, height)
  if not self.lines then self:refresh() end
  self.height = height
  self.top = math.max(1, math.min(self.top, #self.lines - height + 1))
  local shown = {}
  for i = self.top, math.min(#self.lines, self.top + height - 1) do
    local line = escape.terminal((self.lines[i]:gsub("\t", "  ")))
    shown[#shown + 1] = coloured(self, tables.cut(line, width))
  end
  return shown
end

-- Moves to the next line that contains the text, in one direction and around the end.
local function find(self, from, step)
  local count, words = #self.lines, self.search:lower()
  self.missing = false
  for n = 0, count - 1 do
    local at = (from - 1 + n * step) % count + 1
    if self.lines[at]:lower():find(words, 1, true) then
      self.found, self.top = at, at
      return
    end
  end
  self.missing = true
end

local function type_search(self, key)
  if key == "enter" then self.typing = false
  elseif key == "escape" then self.typing, self.search = false, ""
  elseif key == "backspace" then
    self.search = self.search:sub(1, (utf8.offset(self.search, -1) or 1) - 1)
  elseif #key == 1 or utf8.len(key) == 1 then self.search = self.search .. key end
  if self.search ~= "" and #self.lines > 0 then find(self, self.top, 1) end
  return true
end

local function next_found(self, step)
  if self.search == "" or #self.lines == 0 then return nil end
  find(self, (self.found or self.top) + step, step)
  return true
end

local STEPS = { up = -1, k = -1, down = 1, j = 1 }

local function step_of(self, key)
  if key == "pageup" then return -(self.height or 20) end
  if key == "pagedown" or key == " " then return self.height or 20 end
  if key == "home" then return -#self.lines end
  if key == "end" then return #self.lines end
  return STEPS[key]
end

function Text:key(key)
  if self.typing then return type_search(self, key) end
  if key == "escape" and self.search ~= "" then
    self.search = ""
    return true
  end
  local action = self.spec.actions and self.spec.actions[key]
  if action then return action(self) or true end
  if key == "/" then
    self.typing, self.search = true, ""
    return true
  end
  if key == "n" then return next_found(self, 1) end
  if key == "N" then return next_found(self, -1) end
  local step = step_of(self, key)
  if not step then return nil end
  self.top = math.max(1, self.top + step)
  return true
end

Text.help = "↑↓ scroll  / search"

return Text
