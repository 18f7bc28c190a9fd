-- lunette map list | show

local args = require("lunette.cli.args")
local fleet = require("lunette.cli.fleet")
local graph = require("lunette.cli.graph")
local objects = require("lunette.cli.objects")
local output = require("lunette.cli.output")
local scripts = require("lunette.cli.scripts")
local show = require("lunette.cli.show")
local units = require("lunette.cli.units")

local list = {}

local LIST = [[
query ($filter: MapFilter) {
  maps(filter: $filter) {
    id error name fullName type kernelType flags flagNames keySize valueSize maxEntries isPerCPU
    memory frozen isPinned pins own btfId
    programs { id name } owners { pid comm place }
  }
}]]

local SHOW = [[
query ($id: Int!) {
  map(id: $id) {
    id error name fullName type kernelType flags flagNames keySize valueSize maxEntries isPerCPU
    memory frozen isPinned pins own btfId mapExtra ifindex unreadable
    fill { entries capacity ratio unit why }
    decoder { name why source key { name type unit } value { name type unit } }
    keyType { name c } valueType { name c }
    programs { id name kernelType } links { id type target } owners { pid comm fd place }
    innerMaps { key map { id name fullName kernelType } } outerMaps { id name fullName }
  }
}]]

local COLUMNS = {
  { title = "ID", field = "id", align = "right" },
  { title = "TYPE", field = "kernelType", shrink = true },
  { title = "NAME", field = "fullName", shrink = true },
  { title = "KEY", field = "keySize", align = "right", weight = 2 },
  { title = "VALUE", field = "valueSize", align = "right", weight = 3 },
  { title = "MAX", field = "maxEntries", align = "right" },
  { title = "MEM", align = "right", weight = 4, value = function(map)
    return units.bytes(graph.value(map.memory))
  end },
  { title = "FLAGS", weight = 6, shrink = true, value = function(map) return map.flagNames end },
  { title = "PINS", weight = 5, shrink = true, value = function(map)
    return show.few(map.pins)
  end },
  { title = "PROGS", weight = 1, shrink = true, value = function(map)
    return show.few_ids(map.programs)
  end },
  { title = "OWNERS", shrink = true, value = function(map)
    return show.few_owners(map.owners)
  end },
}

local CSV = {}
for i, name in ipairs {
  "id", "kernelType", "name", "keySize", "valueSize", "maxEntries", "isPerCPU", "memory", "flags",
  "frozen", "isPinned", "own", "fullName",
} do CSV[i] = { field = name, title = name } end

--- map list
function list.list(given)
  if fleet.wanted(given) then
    return fleet.list(given, LIST, { filter = args.filter_input(given) },
      { field = "maps", columns = COLUMNS, csv = CSV, what = "maps" })
  end
  objects.need_admin()
  local data = graph.data(LIST, { variables = { filter = args.filter_input(given) } })
  show.list(given, given.csv and CSV or COLUMNS, data.maps, "maps")
end

local function lines(items, fn)
  local texts = {}
  for i, item in ipairs(graph.value(items) or {}) do texts[i] = fn(item) end
  return texts
end

local function named(item)
  local text = ("%d %s"):format(item.id, graph.value(item.fullName) or graph.value(item.name)
    or "?")
  return item.kernelType and ("%s (%s)"):format(text, item.kernelType) or text
end

local function fill(map)
  local f = graph.value(map.fill)
  if not f then return nil end
  local entries = graph.value(f.entries)
  if not entries then return ("unknown: %s"):format(f.why) end
  local ratio = graph.value(f.ratio)
  return ("%.0f of %.0f %s%s"):format(entries, f.capacity, f.unit,
    ratio and (" (%.1f %%)"):format(100 * ratio) or "")
end

local function column_list(columns)
  local texts = {}
  for i, column in ipairs(columns) do texts[i] = ("%s %s"):format(column.name, column.type) end
  return table.concat(texts, ", ")
end

local function decoder(map)
  local d = graph.value(map.decoder)
  if not d then return nil end
  local why = graph.value(d.why)
  return why and ("%s: %s"):format(d.name, why) or d.name
end

local function print_one(map)
  local d = graph.value(map.decoder)
  show.one(("map %d  %s"):format(map.id, graph.value(map.fullName) or ""), {
    { "error", map.error },
    { "kernel's name", map.name ~= map.fullName and map.name or nil },
    { "type", ("%s (%s)"):format(map.kernelType, map.type) },
    { "key", ("%d bytes"):format(map.keySize) },
    { "value", ("%d bytes%s"):format(map.valueSize, map.isPerCPU and ", one a CPU" or "") },
    { "max entries", map.maxEntries },
    { "filled", fill(map) },
    { "unreadable", map.unreadable },
    { "memory", units.bytes(graph.value(map.memory)) },
    { "flags", table.concat(map.flagNames, ", ") },
    { "frozen", map.frozen and "yes: user space can't write it" or nil },
    { "BTF", map.btfId },
    { "decoder", decoder(map) },
    { "key is", d and column_list(d.key) },
    { "value is", d and column_list(d.value) },
    { "pins", graph.value(map.pins) },
    { "programs", lines(map.programs, named) },
    { "links", lines(map.links, function(link) return ("%d %s"):format(link.id, link.type) end) },
    { "inner maps", lines(map.innerMaps, function(inner)
      return ("%s: %s"):format(inner.key, named(inner.map))
    end) },
    { "in maps", lines(map.outerMaps, named) },
    { "owners", show.owners(map.owners) },
    { "own", map.own and "one of Lunette's own" or nil },
  })
end

--- map show
function list.show(given)
  scripts.load(given.script)
  local data = graph.data(SHOW, { variables = { id = objects.id("map", given.map) } })
  if given.json then return output.json(data.map) end
  print_one(data.map)
end

return list
