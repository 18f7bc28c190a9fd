-- Snapshots of a map's rows, the changes between two, and columns with rates.

local lunette = require("lunette")
local graph = require("lunette.cli.graph")
local json = require("lunette.runtime.json")
local page = require("lunette.cli.map.page")
local u64 = require("lunette.runtime.u64")
local units = require("lunette.cli.units")

local snapshot = {}

--- Rows by key (all, or a limited number) and the columns; of a row its cells are kept.
---@param variables table of the page
---@param limit integer|nil
---@return table
function snapshot.take(variables, limit)
  local shot = { rows = {}, order = {}, at = lunette.now() }
  variables.after = nil
  page.each(variables, limit or variables.top, function(one)
    page.explain(one)
    shot.columns = one.columns
    for _, row in ipairs(one.rows) do
      if not shot.rows[row.key] then shot.order[#shot.order + 1] = row.key end
      shot.rows[row.key] = row.cells
    end
  end)
  return shot
end

-- A cell's exact number: integers beyond 2^53 are digits in the cell.
local function number(cell)
  if type(cell) ~= "string" then return tonumber(graph.value(cell) or nil) end
  return u64.integer(cell) or tonumber(cell)
end

local function difference(new, old)
  new, old = number(new), number(old)
  return new and old and new - old
end

local function same(a, b)
  for i = 1, math.max(#a, #b) do
    if json.encode(a[i]) ~= json.encode(b[i]) then return false end
  end
  return true
end

--- The changes between two snapshots: rows { change, key, cells, before, deltas, seconds }.
---@param old table
---@param new table
---@return table[]
function snapshot.changes(old, new)
  local changes, seconds = {}, new.at - old.at
  for _, key in ipairs(new.order) do
    local cells, before = new.rows[key], old.rows[key]
    if not before then
      changes[#changes + 1] = { change = "added", key = key, cells = cells }
    elseif not same(cells, before) then
      local deltas = {}
      for i, column in ipairs(new.columns) do
        deltas[i] = column.numeric and difference(cells[i], before[i]) or false
      end
      changes[#changes + 1] = { change = "changed", key = key, cells = cells, before = before,
        deltas = deltas, seconds = seconds }
    end
  end
  for _, key in ipairs(old.order) do
    if not new.rows[key] then
      changes[#changes + 1] = { change = "removed", key = key, cells = old.rows[key] }
    end
  end
  return changes
end

--- A table's columns, with a rate column after each number of the value.
---@param shot table
---@param delta { title: string, text: fun(row: table, i: integer): string }
---@return table[]
function snapshot.columns(shot, delta)
  local columns = {}
  for i, column in ipairs(page.columns({ columns = shot.columns })) do
    columns[#columns + 1] = column
    if shot.columns[i].numeric and shot.columns[i].part ~= "KEY" then
      columns[#columns + 1] = {
        title = delta.title, align = "right", value = function(row) return delta.text(row, i) end,
      }
    end
  end
  return columns
end

--- Rows for a table with rates.
---@param shot table
---@param old table|nil
---@return table[]
function snapshot.rows(shot, old)
  local rows = {}
  for i, key in ipairs(shot.order) do
    rows[i] = { cells = shot.rows[key], before = old and old.rows[key] }
  end
  return rows
end

--- Columns of those rows.
---@param shot table
---@param old table|nil
---@return table[]
function snapshot.rate_columns(shot, old)
  return snapshot.columns(shot, { title = "/S", text = function(row, i)
    local delta = row.before and difference(row.cells[i], row.before[i])
    return delta and units.count(delta / (shot.at - old.at)) or ""
  end })
end

return snapshot
