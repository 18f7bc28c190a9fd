-- lunette.ui: pages and panels that scripts add to the explorer. A view is a function that
-- describes what to show, as plain data made of components; the explorer draws it.
--
--   ui.page("syscalls", { title = "System calls", every = 1,
--     view = function(ui, params) return ui.chart { map = "SYSCALLNUM", by = "comm" } end })
--   ui.panel("cost", { place = "program", view = function(ui, params, id) … end })

local registry = require("lunette.registry")
local strict = require("lunette.runtime.strict")

local ui = {}

--- The components; each takes a table and returns it with its kind.
ui.KINDS = {
  "page", "column", "row", "grid", "section", "card", "text", "figure", "figures", "chart",
  "table", "histogram", "heatmap", "flame", "flamegraph",
}

local PLACES = { program = true, map = true, overview = true }

-- A component from its properties. A string is its text; unnamed items are its children.
local function component(kind)
  return function(props)
    if type(props) == "string" then props = { text = props } end
    if type(props) ~= "table" then error(("ui.%s: needs a table"):format(kind), 2) end
    local node = { kind = kind }
    for name, value in pairs(props) do
      if type(name) == "string" then node[name] = value end
    end
    if #props > 0 then node.children = table.move(props, 1, #props, 1, {}) end
    return node
  end
end

local components = {}
for _, kind in ipairs(ui.KINDS) do components[kind] = component(kind) end

local function unknown(_, name)
  error(("ui: there is no component '%s' (%s)"):format(tostring(name),
    table.concat(ui.KINDS, ", ")), 2)
end
setmetatable(components, { __index = unknown })

local FIELDS = strict.set "title every view place"

local function check(what, name, spec)
  if type(name) ~= "string" or not name:match("^[%w_%-]+$") then
    error(what .. ": a name has letters, digits, '_' and '-'", 3)
  end
  if type(spec) ~= "table" then error(("%s '%s': needs a table"):format(what, name), 3) end
  strict.options(("%s '%s'"):format(what, name), spec, FIELDS, 3)
  if type(spec.view) ~= "function" then
    error(("%s '%s': needs view, a function"):format(what, name), 3)
  end
  if spec.every ~= nil and not (type(spec.every) == "number" and spec.every >= 0.1) then
    error(("%s '%s': every is a number of seconds, 0.1 at least"):format(what, name), 3)
  end
end

local function declare(kind, name, spec)
  for i, item in ipairs(registry.list(kind)) do
    if item.name == name then
      error(("ui.%s '%s' is declared already, at %s"):format(kind, name,
        registry.where(registry.list(kind)[i])), 3)
    end
  end
  return registry.declare(kind, {
    name = name, title = spec.title or name, every = spec.every, view = spec.view,
    place = spec.place,
  })
end

--- Adds a page to the explorer's menu.
---@param name string in its address
---@param spec { title?: string, every?: number, view: fun(ui: table, params: table): any }
function ui.page(name, spec)
  check("ui.page", name, spec)
  local page = declare("page", name, spec)
  return page -- not a tail call, so that error levels count from the caller
end

--- Adds a panel to one of the explorer's pages: place is "program", "map" or "overview". Its view
--- gets the object's id, and returns nil to show nothing.
---@param name string
---@param spec { title?: string, place: string, every?: number,
---  view: fun(ui: table, params: table, id: integer|nil): any }
function ui.panel(name, spec)
  check("ui.panel", name, spec)
  if not PLACES[spec.place] then
    error(("ui.panel '%s': place is program, map or overview"):format(name), 2)
  end
  local panel = declare("panel", name, spec)
  return panel
end

--- All pages, as declared.
---@return table[]
function ui.pages() return registry.list("page") end

local function page_named(name)
  for _, page in ipairs(registry.list("page")) do
    if page.name == name then return page end
  end
  error(("there is no page '%s'"):format(name), 3)
end

--- Returns the view of a page or panel; raises the view's error.
---@param item table|string a page or panel, or a page's name
---@param params table|nil
---@param id integer|nil
---@return any
function ui.render(item, params, id)
  if type(item) == "string" then item = page_named(item) end
  return item.view(components, params or {}, id)
end

return strict.module(ui, "lunette.ui")
