-- Lists and single objects, in the three ways that commands print them.

local escape = require("lunette.runtime.escape")
local json = require("lunette.runtime.json")
local output = require("lunette.cli.output")
local tables = require("lunette.cli.table")

local show = {}

--- A list: JSON, CSV or a table, as the arguments say.
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

--- One object: a line a field, empty ones left out.
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

--- "123 systemd" of each owner, with where it lives: "77 nginx [docker 0123456789ab]".
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
