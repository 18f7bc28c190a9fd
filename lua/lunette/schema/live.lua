-- Live queries: send the answer of a query at once, and again whenever it has changed.

local fill = require("lunette.schema.fill")
local kernel = require("lunette.schema.kernel")
local metrics = require("lunette.schema.metrics")
local subscription = require("lunette.schema.subscription")
local ui = require("lunette.schema.ui")

local live = {}

live.sdl = [[
extend type Subscription {
  "A map, at once and whenever the answer changes."
  map(
    "The map's id."
    id: Int!
    "Seconds between two looks."
    every: Float = 1.0
  ): Map!
  "The fullest maps, at once and whenever the answer changes."
  fullestMaps(
    "How many at most."
    first: Int = 10
    "False leaves out Lunette's own maps."
    own: Boolean = true
    "Seconds between two looks."
    every: Float = 5.0
  ): [Map!]!
  "The rules of the metrics, at once and whenever the answer changes."
  metricRules("Seconds between two looks." every: Float = 5.0): [MetricRule!]!
  "A page of a script, at once and whenever it changes; null: there is no such page."
  page(
    "Its name."
    name: String!
    "Seconds between two reads; by default the page's interval."
    every: Float
  ): Page
  "A panel of a script, at once and whenever it changes; null: there is no such panel."
  panel(
    "Its name."
    name: String!
    "Seconds between two reads; by default the panel's interval."
    every: Float
  ): Panel
}
]]

local function one_map(_, args, ctx)
  kernel.of(ctx):demand("map", args.id)
  return subscription.when_other(function(given, context)
    return kernel.of(context):demand("map", given.id)
  end)(_, args, ctx)
end

local function fullest(args, ctx)
  return fill.resolvers.Query.fullestMaps(nil, args, ctx)
end

-- Pages and panels are computed at their own interval; without one, only once.
local function described(kind)
  return function(root, args, ctx)
    local every = args.every or (ui.named(kind, args.name) or {}).every
    local function item() return { item = ui.named(kind, args.name) } end
    if not every then return subscription.once(item()) end
    return subscription.when_other(item)(root, { every = every }, ctx)
  end
end

local function itself(event) return event end
local function item_of(event) return event.item end

live.resolvers = {
  Subscription = {
    map = { subscribe = one_map, resolve = itself },
    fullestMaps = { subscribe = subscription.when_other(fullest), resolve = itself },
    metricRules = {
      subscribe = subscription.when_other(metrics.resolvers.Query.metricRules), resolve = itself,
    },
    page = { subscribe = described("page"), resolve = item_of },
    panel = { subscribe = described("panel"), resolve = item_of },
  },
}

return live
