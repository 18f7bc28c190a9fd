-- The screens of top: programs, a program, its code, its maps; a map's entries; attach points.

local List = require("lunette.cli.top.list")
local Text = require("lunette.cli.top.text")
local bpf = require("bpf")
local facts = require("lunette.cli.top.facts")
local graph = require("lunette.cli.graph")
local page = require("lunette.cli.map.page")
local describe = require("lunette.cli.program")
local sample = require("lunette.cli.top.sample")
local snapshot = require("lunette.cli.map.snapshot")
local units = require("lunette.cli.units")

local views = { own = false } -- own: Lunette's own objects are shown too

local ROWS = 1000 -- of a map, at most

local function field(name)
  return function(row) return row[name] end
end

--- The columns of a program's cost, for the screen and for --once.
views.PROGRAMS = {
  { title = "ID", field = "id", align = "right", order = field "id" },
  { title = "TYPE", field = "type", shrink = true, weight = 2, order = field "type" },
  { title = "NAME", field = "name", shrink = true, order = field "name" },
  { title = "CPU%", align = "right", order = field "cpu",
    value = function(row) return ("%.2f"):format(100 * row.cpu) end },
  { title = "RUNS/S", align = "right", order = field "runs",
    value = function(row) return units.count(row.runs) end },
  { title = "AVG", align = "right", order = function(row) return row.average or 0 end,
    value = function(row) return units.duration(row.average) end },
  { title = "MISSES", field = "misses", align = "right", weight = 4, order = field "misses" },
  { title = "HISTORY", weight = 3,
    value = function(row) return sample.spark(row.history, 10) end },
  { title = "OWNERS", shrink = true, order = field "owners", value = field "owners" },
  { title = "ATTACHED", shrink = true, weight = 1, order = field "attached",
    value = field "attached" },
}
local BY_CPU = 4

-- A map's entries, with rates between the last two looks.
function views.map(id, name)
  local variables = page.variables(id, {})
  variables.first, variables.top = ROWS, nil
  local old, shot, note
  local list
  local function rows()
    local ok, result = pcall(snapshot.take, setmetatable({}, { __index = variables }))
    if not ok then
      note = tostring(result)
      return {}
    end
    old, shot = shot, result
    list.spec.columns = snapshot.rate_columns(shot, old)
    for i, column in ipairs(list.spec.columns) do
      column.order = function(row)
        local text = column.value(row)
        return tonumber(text) or text, i
      end
    end
    local taken = snapshot.rows(shot, old)
    for i, row in ipairs(taken) do row.id = shot.order[i] end
    return taken
  end
  list = List.new {
    title = function() return ("map %d %s"):format(id, name or "") end, columns = {}, rows = rows,
    id = field "id",
  }
  list.spec.none = "the map is empty"
  local refresh = list.refresh
  function list.refresh(self)
    note = nil
    refresh(self)
    self.spec.none = note or "the map is empty"
  end
  return list
end

local MAPS = [[
query ($filter: MapFilter) {
  maps(filter: $filter) {
    id name kernelType keySize valueSize maxEntries memory programs { id } fill { entries ratio }
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

--- Maps: all, or those with these ids.
---@param ids integer[]|nil
---@param title string
function views.maps(ids, title)
  return List.new {
    title = title, columns = MAP_COLUMNS, id = field "id", none = "no maps",
    rows = function()
      local filter = { ids = ids }
      if not views.own and not ids then filter.own = false end
      return graph.data(MAPS, { variables = { filter = filter } }).maps
    end,
    open = function(map) return views.map(map.id, graph.value(map.name)) end,
  }
end

local ATTACHMENTS = [[
{ attachments { programId program { name kernelType own } kind target how attachType link { id }
  owners { pid comm } } }]]

local ATTACH_COLUMNS = {
  { title = "WHERE", field = "kind", order = field "kind" },
  { title = "TARGET", field = "target", shrink = true, order = field "target" },
  { title = "PROGRAM", shrink = true, order = field "programId", value = function(a)
    local program = graph.value(a.program)
    return ("%s %s"):format(graph.value(a.programId) or "-",
      program and graph.value(program.name) or "")
  end },
  { title = "HOW", field = "how", order = field "how" },
  { title = "OWNERS", shrink = true, weight = 1, value = function(a)
    return require("lunette.cli.show").owners(a.owners)
  end },
}

--- Every attach point in use.
function views.attachments()
  return List.new {
    title = "attach points", columns = ATTACH_COLUMNS, none = "nothing is attached",
    rows = function()
      local rows = {}
      for _, row in ipairs(graph.data(ATTACHMENTS).attachments) do
        local program = graph.value(row.program)
        if views.own or not (program and program.own) then rows[#rows + 1] = row end
      end
      return rows
    end,
    id = function(a) return ("%s %s %s"):format(a.kind, a.target, tostring(a.programId)) end,
    open = function(a)
      local id = graph.value(a.programId)
      return id and views.program(id, graph.value(a.program) and a.program.name or "")
    end,
  }
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch("([^\n]*)\n?") do lines[#lines + 1] = line end
  return lines
end

-- The translated instructions with their source, or why they can't be shown.
local function code_of(id)
  local code, err = bpf.xlated(id)
  if not code then return { "the instructions can't be read: " .. tostring(err) } end
  local style = { bytes = false, source = true, maps = {} }
  return lines_of(require("lunette.code.listing").xlated(code, style))
end

--- A program: all that is known of it; from here its code and its maps.
---@param id integer
---@param name string
function views.program(id, name)
  return Text.new {
    title = ("program %d %s"):format(id, name or ""), live = true,
    lines = function() return describe.lines(id) end,
    help = "c code  m maps",
    actions = {
      c = function()
        return Text.new { title = ("code of %d %s"):format(id, name or ""),
          lines = function() return code_of(id) end }
      end,
      m = function()
        local info = bpf.prog_info(id)
        return views.maps(info and info.map_ids or {}, ("maps of program %d"):format(id))
      end,
    },
  }
end

--- The programs of a sampler.
---@param sampler table
function views.programs(sampler)
  return List.new {
    title = "programs", columns = views.PROGRAMS, id = field "id", sort = BY_CPU,
    none = "no programs are loaded",
    rows = function()
      local rows = {}
      for _, row in ipairs(sampler.rows) do
        if views.own or not row.own then rows[#rows + 1] = row end
      end
      facts.add(rows)
      return rows
    end,
    open = function(row) return views.program(row.id, row.name) end,
    actions = {
      m = function() return views.maps(nil, "maps") end,
      a = function() return views.attachments() end,
      o = function(list)
        views.own = not views.own
        list:refresh()
      end,
    },
    help = "m maps  a attach points  o own",
  }
end

return views
