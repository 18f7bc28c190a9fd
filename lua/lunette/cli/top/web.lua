-- The neighbourhood of a program as a tree: its maps, the objects in them, and the programs that
-- share them. Every node opens its view.

local List = require("lunette.cli.top.list")
local graph = require("lunette.cli.graph")

local web = {}

local QUERY = [[
query ($id: Int!) {
  program(id: $id) {
    id name kernelType
    maps {
      id name: fullName kernelType maxEntries fill { entries }
      programs { id name kernelType }
      innerMaps { map { id name: fullName kernelType } }
    }
    tailCalls { index via { id } program { id name kernelType } }
    extends { kind target { id name kernelType } }
    extendedBy { kind program { id name kernelType } }
    attachments { kind target how }
  }
}]]

local value = graph.value

local function node(kind, object, how)
  return { kind = kind, id = object.id, text = ("%s %d %s"):format(kind, object.id,
    value(object.name) or ""), type = value(object.kernelType) or "", how = how, below = {} }
end

local function fill_of(map)
  local entries = value(map.fill.entries)
  return entries and ("%s of %d entries"):format(tostring(entries), map.maxEntries) or ""
end

local function map_node(map, program)
  local made = node("map", map, fill_of(map))
  for _, call in ipairs(program.tailCalls) do
    if call.via.id == map.id then
      table.insert(made.below, node("program", call.program,
        ("tail call, slot %d"):format(call.index)))
    end
  end
  for _, inner in ipairs(map.innerMaps) do
    table.insert(made.below, node("map", inner.map, "inner map"))
  end
  for _, other in ipairs(map.programs) do
    if other.id ~= program.id then
      table.insert(made.below, node("program", other, "uses the map, too"))
    end
  end
  return made
end

local function tree(program)
  local root = node("program", program, "")
  for _, map in ipairs(program.maps) do
    table.insert(root.below, map_node(map, program))
  end
  for _, e in ipairs(program.extends) do
    table.insert(root.below, node("program", e.target, "is changed by it: " .. e.kind))
  end
  for _, e in ipairs(program.extendedBy) do
    table.insert(root.below, node("program", e.program, "changes it: " .. e.kind))
  end
  for _, a in ipairs(program.attachments) do
    table.insert(root.below, { kind = "place", text = a.kind .. " " .. a.target, type = "",
      how = "attached by " .. a.how, below = {} })
  end
  return root
end

-- The nodes in display order, each with the tree lines before its text.
local function flatten(at, before, mark, rows)
  at.line = before .. mark .. at.text
  at.key = #rows + 1
  rows[#rows + 1] = at
  local deeper = before .. (mark == "" and "" or mark:find("└", 1, true) and "   " or "│  ")
  for i, child in ipairs(at.below) do
    flatten(child, deeper, i == #at.below and "└─ " or "├─ ", rows)
  end
  return rows
end

local COLUMNS = {
  { title = "OBJECT", field = "line", shrink = true },
  { title = "TYPE", field = "type", shrink = true, weight = 1 },
  { title = "HOW", field = "how", shrink = true },
}

--- The rows of a program's tree, the program first.
---@param id integer
---@return table[]
function web.rows(id)
  return flatten(tree(graph.data(QUERY, { variables = { id = id } }).program), "", "", {})
end

--- The view of a program's tree; open(kind, id, name) makes the view of a node.
---@param id integer
---@param open fun(kind: string, id: integer): table|nil
---@return table
function web.view(id, open)
  return List.new {
    title = ("graph of program %d"):format(id), columns = COLUMNS,
    rows = function() return web.rows(id) end, id = function(row) return row.key end,
    open = function(row) return row.id and open(row.kind, row.id) end,
  }
end

return web
