-- Prints lists and single objects as JSON, CSV or text.

local escape = require("lunette.runtime.escape")
local json = require("lunette.runtime.json")
local output = require("lunette.cli.output")
local tables = require("lunette.cli.table")

local show = {}

--- Prints a list as JSON, CSV or a table, by the arguments.
---@param given { json: boolean?, csv: boolean? }
---@param columns table[]
---@param rows table[]
---@param what string for the line that says there are none
function show.list(given, columns, rows, what)
  if given.json then return output.json(rows) end
  if given.csv then return tables.csv(columns, rows, false, output.guards(given)) end
  if #rows == 0 then
    output.aside("no " .. what)
    return
  end
  tables.print(columns, rows)
end

--- One object as lines, one per field; empty fields are left out.
---@param title string
---@param fields table[] pairs of a label and a value; a list of values gives a line each
---@return string[]
function show.lines(title, fields)
  local lines, width = { escape.terminal(title) }, 0
  for _, field in ipairs(fields) do width = math.max(width, #field[1]) end
  for _, field in ipairs(fields) do
    local values = type(field[2]) == "table" and field[2] or { field[2] }
    for i, value in ipairs(values) do
      local text = tables.text(value)
      if text ~= "-" and text ~= "" then
        local label = i == 1 and field[1] or ""
        lines[#lines + 1] = ("  %-" .. width .. "s  %s"):format(label, text)
      end
    end
  end
  return lines
end

--- Prints one object.
---@param title string
---@param fields table[]
function show.one(title, fields) output.line(table.concat(show.lines(title, fields), "\n")) end

local FEW = 4 -- most items of a list shown in a cell

--- The first items of a list for a table cell, and the number of others: "1,2,3,+33".
---@param list any[]
---@param few integer? items at most
---@return any[]
function show.few(list, few)
  few = few or FEW
  if #list <= few then return list end
  local shown = table.move(list, 1, few - 1, 1, {})
  shown[few] = ("+%d"):format(#list - few + 1)
  return shown
end

--- Ids of objects for a table cell.
---@param list { id: integer }[]
---@return any[]
function show.few_ids(list)
  local ids = {}
  for i, item in ipairs(list) do ids[i] = item.id end
  return show.few(ids)
end

--- Owners of an object for a table cell.
---@param owners table[]
---@return string[]
function show.few_owners(owners) return show.few(show.owners(owners), 3) end

--- "123 systemd" for each owner, with its container: "77 nginx [docker 0123456789ab]".
---@param owners table[]
---@return string[]
function show.owners(owners)
  local seen, list = {}, {}
  for _, owner in ipairs(owners or {}) do
    local text = ("%d %s"):format(owner.pid, owner.comm)
    if owner.place and owner.place ~= json.null then
      text = ("%s [%s]"):format(text, owner.place)
    end
    if not seen[text] then
      seen[text] = true
      list[#list + 1] = text
    end
  end
  return list
end

return show
