-- Scripts' pages and panels, as data; the web explorer draws them with its own components.

local json = require("lunette.runtime.json")
local kernel = require("lunette.schema.kernel")
local lunette_ui = require("lunette.ui")
local registry = require("lunette.registry")

local ui = {}

ui.sdl = [[
extend type Query {
  "The pages that scripts add to the explorer."
  pages: [Page!]!
  "One page by its name, or null."
  page("Its name." name: String!): Page
  "The panels that scripts add to pages of the explorer."
  panels("Only panels of this place: program, map or overview." place: String): [Panel!]!
}

"A page that a script describes."
type Page {
  "Its name, in its address."
  name: String!
  "The title."
  title: String!
  "Seconds between two refreshes; null: never."
  every: Float
  "The components of the page (lunette.ui); null where the script failed."
  view("The page's parameters." params: JSON): JSON
  "The error of the script, or null."
  error("The page's parameters." params: JSON): String
}

"A panel that a script adds to a page of the explorer."
type Panel {
  "Its name."
  name: String!
  "The title."
  title: String!
  "Which page it is on: program, map or overview."
  place: String!
  "Seconds between two refreshes; null: never."
  every: Float
  "The components of the panel; null when it shows nothing for this object."
  view("The object's id." id: Int, "The page's parameters." params: JSON): JSON
}
]]

-- An item's view, or nil and its error. Computed once per request, though both the view and the
-- error may be selected.
local function describe(item, ctx, params, id)
  if params == json.null then params = nil end
  local views = kernel.of(ctx):views()
  local key = ("%p %s %s"):format(item, params and json.encode(params) or "", id or "")
  if not views[key] then views[key] = table.pack(pcall(lunette_ui.render, item, params, id)) end
  local ok, result = views[key][1], views[key][2]
  if ok then return result end
  return nil, tostring(result)
end

-- The view alone: null with an error in the response when it failed.
local function view(item, ctx, ...)
  local result, err = describe(item, ctx, ...)
  if err then error(err, 0) end
  return result
end

--- The page or panel of that name, or nil.
---@param kind string
---@param name string
---@return table|nil
function ui.named(kind, name)
  for _, item in ipairs(registry.list(kind)) do
    if item.name == name then return item end
  end
  return nil
end

local function panels(_, args)
  local list = {}
  for _, item in ipairs(registry.list("panel")) do
    if not args.place or item.place == args.place then list[#list + 1] = item end
  end
  return list
end

local function title(item) return item.title or item.name end

ui.resolvers = {
  Query = {
    pages = function() return registry.list("page") end,
    page = function(_, args) return ui.named("page", args.name) end,
    panels = panels,
  },
  Page = {
    title = title,
    view = function(item, args, ctx) return (describe(item, ctx, args.params)) end,
    error = function(item, args, ctx) return select(2, describe(item, ctx, args.params)) end,
  },
  Panel = {
    title = title,
    view = function(item, args, ctx) return view(item, ctx, args.params, args.id) end,
  },
}

return ui
