-- Text on the screen that scrolls, such as a program's instructions.

local tables = require("lunette.cli.table")

local Text = {}
Text.__index = Text

--- A view of lines: { title =, lines = fn() -> string[], live = read anew each time, actions = }.
---@param spec table
---@return table
function Text.new(spec) return setmetatable({ spec = spec, top = 1 }, Text) end

function Text:refresh()
  if self.lines and not self.spec.live then return end
  self.lines = self.spec.lines()
end

function Text:title() return self.spec.title end

function Text:draw(width, height)
  self:refresh()
  self.height = height
  self.top = math.max(1, math.min(self.top, #self.lines - height + 1))
  local shown = {}
  for i = self.top, math.min(#self.lines, self.top + height - 1) do
    shown[#shown + 1] = tables.cut(self.lines[i]:gsub("\t", "  "), width)
  end
  return shown
end

local STEPS = { up = -1, k = -1, down = 1, j = 1 }

function Text:key(key)
  local action = self.spec.actions and self.spec.actions[key]
  if action then return action(self) or true end
  local step = STEPS[key]
  if key == "pageup" then step = -(self.height or 20) end
  if key == "pagedown" or key == " " then step = self.height or 20 end
  if key == "home" then step = -#self.lines end
  if key == "end" then step = #self.lines end
  if not step then return nil end
  self.top = self.top + step
  return true
end

Text.help = "↑↓ scroll"

return Text
