-- Screens of maps: the list of maps, and a map's entries with their rates.

local List = require("lunette.cli.top.list")
local graph = require("lunette.cli.graph")
local page = require("lunette.cli.map.page")
local snapshot = require("lunette.cli.map.snapshot")
local units = require("lunette.cli.units")

local maps = { own = false } -- own: Lunette's own objects are shown, too

local ROWS = 1000 -- most entries of a map

local function field(name)
  return function(row) return row[name] end
end

-- Makes columns sort as numbers when their cells are numbers.
local function sortable(columns)
  for _, column in ipairs(columns) do
    column.order = function(row)
      local text = column.value(row)
      return tonumber(text) or text
    end
  end
  return columns
end

--- A view of a map's entries, decoded, with rates between the last two samples; of a large map the
--- first ROWS entries.
---@param id integer
---@param name string
---@return table
function maps.entries(id, name)
  local variables = page.variables(id, {})
  local list, old, shot
  local function rows()
    local ok, result = pcall(snapshot.take, setmetatable({}, { __index = variables }), ROWS)
    list.spec.none = ok and "the map is empty" or tostring(result)
    if not ok then return {} end
    old, shot = shot, result
    list.spec.columns = sortable(snapshot.rate_columns(shot, old))
    local taken = snapshot.rows(shot, old)
    for i, row in ipairs(taken) do row.id = shot.order[i] end
    return taken
  end
  list = List.new {
    title = function()
      local full = shot and #shot.order >= ROWS
      return ("map %d %s%s"):format(id, name or "", full and ", its first entries" or "")
    end,
    columns = {}, rows = rows, id = field "id",
  }
  return list
end

local MAPS = [[
query ($filter: MapFilter) {
  maps(filter: $filter) {
    id name: fullName kernelType keySize valueSize maxEntries memory programs { id }
    fill { entries ratio }
  }
}]]

local MAP_COLUMNS = {
  { title = "ID", field = "id", align = "right", order = field "id" },
  { title = "TYPE", field = "kernelType", shrink = true, order = field "kernelType" },
  { title = "NAME", field = "name", shrink = true, order = field "name" },
  { title = "KEY", field = "keySize", align = "right", weight = 2, order = field "keySize" },
  { title = "VALUE", field = "valueSize", align = "right", weight = 3, order = field "valueSize" },
  { title = "ENTRIES", align = "right",
    order = function(m) return graph.value(m.fill.entries) or 0 end,
    value = function(m) return graph.value(m.fill.entries) end },
  { title = "MAX", field = "maxEntries", align = "right", order = field "maxEntries" },
  { title = "FULL", align = "right", order = function(m) return graph.value(m.fill.ratio) or 0 end,
    value = function(m)
      local ratio = graph.value(m.fill.ratio)
      return ratio and ("%.0f%%"):format(100 * ratio)
    end },
  { title = "MEM", align = "right", order = field "memory", weight = 1,
    value = function(m) return units.bytes(graph.value(m.memory)) end },
}

--- A view of maps: all, or those with these ids.
---@param ids integer[]|nil
---@param title string
function maps.list(ids, title)
  return List.new {
    title = title, columns = MAP_COLUMNS, id = field "id", none = "no maps",
    rows = function()
      local filter = { ids = ids }
      if not maps.own and not ids then filter.own = false end
      return graph.data(MAPS, { variables = { filter = filter } }).maps
    end,
    open = function(map) return maps.entries(map.id, graph.value(map.name)) end,
  }
end

return maps
