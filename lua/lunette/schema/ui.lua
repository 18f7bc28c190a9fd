-- Pages and panels that scripts describe; the explorer draws them with its own components.

local registry = require("lunette.registry")

local ui = {}

ui.sdl = [[
extend type Query {
  "The pages that scripts add to the explorer."
  pages: [Page!]!
  "One page by its name, or null."
  page("Its name." name: String!): Page
  "The panels that scripts add to the explorer's own pages."
  panels("Only those on this place: program, map or overview." place: String): [Panel!]!
}

"A page that a script describes."
type Page {
  "Its name, in its address."
  name: String!
  "What to write above it."
  title: String!
  "Refresh every so many seconds; null: never."
  every: Float
  "The description of what to show, as the components of lunette.ui."
  view("The page's parameters." params: JSON): JSON!
  "Why the script failed to describe it, or null."
  error("The page's parameters." params: JSON): String
}

"A part that a script adds to one of the explorer's own pages."
type Panel {
  "Its name."
  name: String!
  "What to write above it."
  title: String!
  "Which page it is on: program, map or overview."
  place: String!
  "Refresh every so many seconds; null: never."
  every: Float
  "The description of what to show; null when it has nothing to say about this object."
  view("The object's id." id: Int, "The page's parameters." params: JSON): JSON
}
]]

-- The description that a script's function makes, or nil and why it failed.
local function view(item, ...)
  local lunette_ui = require("lunette.ui")
  return lunette_ui.render(item, ...)
end

local function named(kind, name)
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
    page = function(_, args) return named("page", args.name) end,
    panels = panels,
  },
  Page = {
    title = title,
    view = function(item, args) return view(item, args.params) end,
  },
  Panel = {
    title = title,
    view = function(item, args) return view(item, args.params, args.id) end,
  },
}

return ui
