-- Metrics rules and their status, and a rule written for a map.

local decode = require("lunette.decode")
local kernel = require("lunette.schema.kernel")
local kinds = require("lunette.schema.kinds")
local registry = require("lunette.registry")
local rule_maps = require("lunette.metrics.maps")
local rule_metrics = require("lunette.metrics")
local rule_status = require("lunette.metrics.rule_status")
local rule_text = require("lunette.metrics.rule_text")

local metrics = {}

metrics.sdl = [[
extend type Query {
  "The rules of the metrics, and their state."
  metricRules: [MetricRule!]!
  "A Lua rule that exports a map to Prometheus, ready to be saved in a script."
  metricRule("The map's id." mapId: Int!): MetricRuleText!
}

extend type Map {
  "A Lua rule that exports this map to Prometheus, ready to be saved in a script."
  metricRule: MetricRuleText
}

"A rule that exports metrics."
type MetricRule {
  "The metric's name, or the collector's."
  name: String!
  "counter, gauge, histogram, summary, info, stateset or collector."
  type: String!
  "The declaration in words."
  help: String
  "Where it was declared, as FILE:LINE; null for a built-in one."
  source: String
  "Its samples at the last scrape."
  samples: Int
  "Series beyond the rule's limit at the last scrape."
  dropped: Int
  "Its duration at the last scrape, in seconds."
  duration: Float
  "How often it failed since the server started."
  errors: Int
  "The last error, or null."
  error: String
  "The maps that it exports now."
  maps: [Map!]!
  "Its last scrapes, oldest first: 120 are kept."
  history("How many at most: the last ones." last: Int = 120): [MetricPass!]!
}

"One scrape of a rule."
type MetricPass {
  "When it began, in seconds since 1970."
  time: Float!
  "Its samples."
  samples: Int!
  "Its duration in seconds."
  seconds: Float!
  "How often it failed."
  errors: Int!
}

"A rule as text."
type MetricRuleText {
  "The Lua source."
  source: String!
  "The decoder in force, and why it is in force."
  why: String!
}
]]

-- Every rule and collector, with its status.
local function rules()
  local list = {}
  for _, kind in ipairs { "metric", "collector" } do
    for _, item in ipairs(registry.list(kind)) do
      list[#list + 1] =
        { item = item, kind = kind, status = rule_metrics.status(item.name) or {} }
    end
  end
  return list
end

local function first_metric(rule) return rule.item.metrics and rule.item.metrics[1] or {} end

-- The number of series left out for any reason.
local function dropped(rule)
  local sum = 0
  for _, reason in ipairs { "cut_top", "cut_max", "cut_expired" } do
    sum = sum + (rule.status[reason] or 0)
  end
  return sum
end

local function maps(rule, _, ctx)
  if rule.kind == "collector" then return {} end
  return (rule_maps.of(rule.item, kernel.of(ctx):list("map")))
end

local function history(rule, args)
  if args.last < 1 then error("last: at least 1", 0) end
  return rule_status.passes(rule.item.name, args.last)
end

local function text_for(info)
  if info.error then error(info.error, 0) end
  return rule_text.write(info, decode.for_map(info))
end

local function text_by_id(_, args, ctx)
  return text_for(kernel.of(ctx):demand("map", args.mapId))
end

metrics.resolvers = {
  Query = {
    metricRules = rules,
    metricRule = text_by_id,
  },
  Map = { metricRule = text_for },
  MetricRule = {
    name = function(rule) return rule.item.name end,
    type = function(rule) return first_metric(rule).type or "collector" end,
    help = function(rule) return first_metric(rule).help end,
    source = function(rule) return kinds.source(rule.item) end,
    samples = function(rule) return rule.status.series end,
    dropped = dropped,
    duration = function(rule) return rule.status.duration end,
    errors = function(rule) return rule.status.errors end,
    error = function(rule) return rule.status.error end,
    maps = maps,
    history = history,
  },
}

return metrics
