-- The screens of top: programs, a program, its code, its maps, a map's entries, attachments.

local List = require("lunette.cli.top.list")
local Text = require("lunette.cli.top.text")
local bpf = require("bpf")
local code = require("lunette.cli.code")
local facts = require("lunette.cli.top.facts")
local graph = require("lunette.cli.graph")
local listing = require("lunette.code.listing")
local maps = require("lunette.cli.top.maps")
local names = require("lunette.names")
local describe = require("lunette.cli.program")
local sample = require("lunette.cli.top.sample")
local style = require("lunette.cli.style")
local source = require("lunette.cli.top.lines")
local units = require("lunette.cli.units")
local web = require("lunette.cli.top.web")

local views = {}

local SPARK = 8 -- samples of a program's history that are drawn

local function field(name)
  return function(row) return row[name] end
end

-- "bpftrace 123": a narrow column cuts the number, not the name.
local function names_of(row)
  local list = {}
  for i, owner in ipairs(row.owners or {}) do list[i] = owner:gsub("^(%d+) (.*)$", "%2 %1") end
  return list
end

local SHORT = { tracepoint = "tp", raw_tracepoint = "raw_tp" }

local function short_place(row)
  return row.attached and row.attached:gsub("^%S+", SHORT, 1)
end

--- The columns of programs' costs, for the screen and for --once.
views.PROGRAMS = {
  { title = "ID", field = "id", align = "right", order = field "id" },
  { title = "TYPE", field = "type", shrink = true, weight = 2, order = field "type" },
  { title = "NAME", field = "name", shrink = true, least = 16, order = field "name" },
  { title = "CPU%", align = "right", order = field "cpu",
    value = function(row) return row.history[1] and ("%.2f"):format(100 * row.cpu) end,
    paint = function(text, row) return style.paint(style.heat(row.cpu), text) end },
  { title = "RUNS/S", align = "right", order = field "runs",
    value = function(row) return row.history[1] and units.count(row.runs) end },
  { title = "AVG", align = "right", order = function(row) return row.average or 0 end,
    value = function(row) return units.duration(row.average) end },
  { title = "MISSES", field = "misses", align = "right", weight = 4, order = field "misses" },
  { title = "HISTORY",
    value = function(row) return sample.spark(row.history, SPARK) end,
    paint = function(text) return style.paint("spark", text) end },
  { title = "OWNERS", shrink = true, order = names_of, value = names_of },
  { title = "ATTACHED", shrink = true, order = field "attached", value = short_place },
}
local BY_CPU = 4

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

--- A view of every attachment.
function views.attachments()
  return List.new {
    title = "attach points", columns = ATTACH_COLUMNS, none = "nothing is attached",
    rows = function()
      local rows = {}
      for _, row in ipairs(graph.data(ATTACHMENTS).attachments) do
        local program = graph.value(row.program)
        if maps.own or not (program and program.own) then rows[#rows + 1] = row end
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

-- The translated instructions with their source, or the reason why they can't be shown.
local function code_of(id)
  local found, err = bpf.xlated(id)
  if not found then return { "the instructions can't be read: " .. tostring(err) } end
  return lines_of(listing.xlated(found, { source = true, maps = code.map_names(found.insns) }))
end

-- Colours that set source lines and labels apart from instructions.
local function code_colour(line)
  if line:find("^;") then return style.paint("good", line) end
  return line:find("^%S") and style.paint("bold", line) or line
end

--- A view of a program: all facts, with keys for its code and its maps.
---@param id integer
---@param name string
function views.program(id, name)
  return Text.new {
    title = ("program %d %s"):format(id, name or ""), live = true,
    lines = function() return describe.lines(id) end,
    help = "c code  l lines  m maps  g graph",
    actions = {
      l = function() return source.view(id, name) end,
      g = function()
        return web.view(id, function(kind, other)
          if kind == "map" then return maps.entries(other, names.of(bpf.map_info(other))) end
          local info = bpf.prog_info(other)
          return info and views.program(other, info.name)
        end)
      end,
      c = function()
        return Text.new { title = ("code of %d %s"):format(id, name or ""),
          lines = function() return code_of(id) end, paint = code_colour }
      end,
      m = function()
        local info = bpf.prog_info(id)
        return maps.list(info and info.map_ids or {}, ("maps of program %d"):format(id))
      end,
    },
  }
end

local KEYS = {
  "everywhere",
  "  Escape, left       back", "  p                  pause, and go on",
  "  Ctrl-L             redraw", "  q, Ctrl-C          end",
  "lists",
  "  arrows, j, k       the next row, the one before; Page Up, Page Down, Home, End",
  "  Enter              open it", "  /                  filter by a text; Escape forgets it",
  "  s, >, <            sort by the next column, by the one before; r turns it round",
  "programs",
  "  m, a, o            all maps; where programs hang; Lunette's own programs too",
  "a program",
  "  c                  its instructions",
  "  l                  its source lines, and in which its time goes",
  "  m                  its maps", "  g                  its graph: what it shares, calls, changes",
  "texts",
  "  /, n, N            search; the next place, the one before",
}

--- A view that explains the keys.
function views.keys()
  return Text.new { title = "keys", lines = function() return KEYS end, paint = function(line)
    return line:find("^%S") and style.paint("bold", line) or line
  end }
end

--- A view of the sampler's programs.
---@param sampler table
function views.programs(sampler)
  return List.new {
    title = "programs", columns = views.PROGRAMS, id = field "id", sort = BY_CPU,
    none = "no programs are loaded", idle = function(row) return row.runs == 0 end,
    rows = function()
      local rows = {}
      for _, row in ipairs(sampler.rows) do
        if maps.own or not row.own then rows[#rows + 1] = row end
      end
      facts.add(rows)
      return rows
    end,
    open = function(row) return views.program(row.id, row.name) end,
    actions = {
      m = function() return maps.list(nil, "maps") end,
      a = function() return views.attachments() end,
      o = function(list)
        maps.own = not maps.own
        list:refresh()
      end,
    },
    help = "m maps  a attached  o own",
  }
end

return views
