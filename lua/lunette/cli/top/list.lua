-- A list on the screen: a cursor, sorting by a column, a typed filter, rows that open another view.

local escape = require("lunette.runtime.escape")
local style = require("lunette.cli.style")
local tables = require("lunette.cli.table")

local List = {}
List.__index = List

--- A view of rows: { title =, columns =, rows = fn() -> rows, id = fn(row), open = fn(row) ->
--- view, sort = column's index, idle = fn(row) -> shown in grey, actions = { key = fn(list) ->
--- view }, close = fn() }. A column that sorts has order = fn(row).
---@param spec table
---@return table
function List.new(spec)
  return setmetatable({
    spec = spec, at = 1, top = 1, filter = "", sort = spec.sort, descending = spec.sort ~= nil,
  }, List)
end

local function matches(columns, row, words)
  for _, column in ipairs(columns) do
    local value
    if column.value then value = column.value(row) else value = row[column.field] end
    if tables.text(value):lower():find(words, 1, true) then return true end
  end
  return false
end

local function chosen(self)
  local rows = {}
  local words = self.filter:lower()
  for _, row in ipairs(self.spec.rows()) do
    if words == "" or matches(self.spec.columns, row, words) then rows[#rows + 1] = row end
  end
  return rows
end

local function comparable(value)
  if type(value) == "number" then return 1, value end
  return 2, tables.text(value)
end

local function sorted(self, rows)
  local column = self.sort and self.spec.columns[self.sort]
  if not column then return rows end
  local keys = {}
  for i, row in ipairs(rows) do
    local kind, value = comparable(column.order(row))
    keys[row] = { kind, value, i }
  end
  table.sort(rows, function(a, b)
    local ka, kb = keys[a], keys[b]
    if ka[1] ~= kb[1] then return ka[1] < kb[1] end
    if ka[2] == kb[2] then return ka[3] < kb[3] end
    if self.descending then return ka[2] > kb[2] end
    return ka[2] < kb[2]
  end)
  return rows
end

-- A cursor that was moved stays on its row when the rows move.
local function keep_cursor(self)
  local rows, id = self.rows, self.spec.id
  if self.selected then
    for i, row in ipairs(rows) do
      if id(row) == self.selected then self.at = i end
    end
  end
  self.at = math.max(1, math.min(self.at, #rows))
end

local function scroll(self, height)
  if self.at < self.top then self.top = self.at end
  if self.at >= self.top + height then self.top = self.at - height + 1 end
  self.top = math.max(1, math.min(self.top, #self.rows - height + 1))
end

local function titled(self)
  local columns = {}
  for i, column in ipairs(self.spec.columns) do
    local mark = i == self.sort and (self.descending and "▼" or "▲") or ""
    columns[i] = setmetatable({ title = column.title .. mark }, { __index = column })
  end
  return columns
end

--- Reads the rows again.
function List:refresh()
  self.rows = sorted(self, chosen(self))
  keep_cursor(self)
end

--- The title line above the list.
function List:title()
  local text = self.spec.title
  if type(text) == "function" then text = text() end
  local filter = (self.typing or self.filter ~= "") and ("  /%s%s"):format(self.filter,
    self.typing and "_" or "") or ""
  return ("%s (%d)%s"):format(text, self.rows and #self.rows or 0, filter)
end

local function without_colours(line) return (line:gsub("\27%[[%d;]*m", "")) end

-- A line of a row: the selected one highlighted across the width, an idle one in grey.
local function row_line(self, at, line, width)
  if at == self.at then
    local plain = without_colours(line)
    return style.paint("chosen", plain .. (" "):rep(width - tables.length(plain)))
  end
  local idle = self.spec.idle and self.spec.idle(self.rows[at])
  return idle and style.paint("dim", without_colours(line)) or line
end

--- The list's lines for a width and height.
---@param width integer
---@param height integer
---@return string[]
function List:draw(width, height)
  if not self.rows then self:refresh() end
  local lines = tables.lines(titled(self), self.rows, width, nil, true)
  local shown = { style.paint("head", lines[1]) }
  self.page = math.max(1, height - 1)
  scroll(self, self.page)
  for i = self.top, math.min(#self.rows, self.top + self.page - 1) do
    shown[#shown + 1] = row_line(self, i, lines[i + 1], width)
  end
  if #self.rows == 0 then
    local none = self.filter ~= "" and "no row matches the filter" or self.spec.none
    shown[2] = tables.cut(escape.terminal(none or "nothing here"), width)
  end
  return shown
end

local function move(self, by)
  self.at = math.max(1, math.min(self.at + by, #self.rows))
  self.selected = self.rows[self.at] and self.spec.id(self.rows[self.at])
end

-- Handles keys while a filter is typed.
local function type_filter(self, key)
  if key == "enter" then self.typing = false
  elseif key == "escape" then self.typing, self.filter = false, ""
  elseif key == "backspace" then
    self.filter = self.filter:sub(1, (utf8.offset(self.filter, -1) or 1) - 1)
  elseif #key == 1 or utf8.len(key) == 1 then self.filter = self.filter .. key end
  self:refresh()
  return true
end

local function sort_by(self, step)
  local n = #self.spec.columns
  local at = self.sort or 0
  for _ = 1, n do
    at = (at + step - 1) % n + 1
    if self.spec.columns[at].order then break end
  end
  self.sort, self.descending = at, self.spec.columns[at].align == "right"
  self:refresh()
end

local KEYS = {
  up = function(self) move(self, -1) end, k = function(self) move(self, -1) end,
  down = function(self) move(self, 1) end, j = function(self) move(self, 1) end,
  pageup = function(self) move(self, -(self.page or 20)) end,
  pagedown = function(self) move(self, self.page or 20) end,
  home = function(self) move(self, -math.maxinteger // 2) end,
  ["end"] = function(self) move(self, math.maxinteger // 2) end,
  ["/"] = function(self) self.typing = true end,
  [">"] = function(self) sort_by(self, 1) end, ["<"] = function(self) sort_by(self, -1) end,
  s = function(self) sort_by(self, 1) end,
  r = function(self)
    self.descending = not self.descending
    self:refresh()
  end,
}

--- Handles a key: true when it was used; also a view to open.
---@param key string
---@return boolean|table|nil
function List:key(key)
  if self.typing then return type_filter(self, key) end
  if key == "escape" and self.filter ~= "" then
    self.filter = ""
    self:refresh()
    return true
  end
  local action = KEYS[key]
  if action then
    action(self)
    return true
  end
  action = self.spec.actions and self.spec.actions[key]
  local row = self.rows and self.rows[self.at]
  if action then return action(self, row) or true end
  if key == "enter" and row and self.spec.open then return self.spec.open(row) or true end
  return nil
end

List.help = "enter open  / filter  s r sort"

return List
