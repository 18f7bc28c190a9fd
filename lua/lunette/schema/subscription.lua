-- Subscriptions. Each field returns a source that the server attaches to the connection; between
-- two events no VM is held.

local bpf = require("bpf")
local health = require("lunette.schema.health")
local json = require("lunette.runtime.json")
local kernel = require("lunette.schema.kernel")
local kinds = require("lunette.schema.kinds")
local samples = require("lunette.sampler")
local table_part = require("lunette.schema.table")

local subscription = {}

subscription.sdl = [[
extend type Subscription {
  "The cost of every program that runs. The kernel's statistics stay on while a client listens."
  programRates(
    "Seconds between two events."
    every: Float = 1.0
    "Only these programs."
    ids: [Int!]
  ): [ProgramRate!]!
  "A map's table, at once and whenever it changes."
  mapTable(
    "The map's id."
    id: Int!
    "Seconds between two looks."
    every: Float = 1.0
    "Rows at most, up to 10000."
    first: Int = 100
    "Go on after this cursor."
    after: String
    "Sort by a column."
    sort: TableSort
    "Conditions that must all hold for a row."
    filter: [TableFilter!]
    "Limit the sorted result to this many rows."
    top: Int
    "The sum of per-CPU values, a column per CPU, or both."
    cpus: CpuValues = SUM
    "The format of keys, in place of the decoder."
    keyFormat: MapEntryFormat
    "The format of values, in place of the decoder."
    valueFormat: MapEntryFormat
  ): MapTable!
  "The messages that scripts publish on a topic."
  topic("Its name." name: String!): JSON
  "The state of this Lunette, at once and whenever the answer changes."
  health("Seconds between two events." every: Float = 5.0): Health!
}

"BPF objects that appeared or disappeared."
type ObjectsEvent {
  "The kind of object."
  kind: ObjectKind!
  "Ids of objects that appeared."
  added: [Int!]!
  "Ids of objects that disappeared."
  removed: [Int!]!
  "The programs that appeared, of kind PROGRAM."
  programs: [Program!]!
  "The maps that appeared, of kind MAP."
  maps: [Map!]!
  "The links that appeared, of kind LINK."
  links: [Link!]!
}
]]

local FASTEST, SLOWEST = 0.1, 86400 -- seconds between events

local function seconds(every)
  if every >= FASTEST and every <= SLOWEST then return every end
  error(("every: at %s %g seconds, got %g"):format(every < FASTEST and "least" or "most",
    every < FASTEST and FASTEST or SLOWEST, every), 0)
end

--- A subscribe function with an event every args.every seconds: make's result with the kernel read
--- again; nil sends nothing.
---@param make fun(args: table, ctx: table): any
function subscription.timed(make)
  return function(_, args, ctx)
    return {
      every = seconds(args.every),
      map = function()
        kernel.forget(ctx)
        return make(args, ctx)
      end,
    }
  end
end

--- The same, but an unchanged result is not sent.
---@param make fun(args: table, ctx: table): any
function subscription.when_other(make)
  local subscribe = subscription.timed(make)
  return function(root, args, ctx)
    local source = subscribe(root, args, ctx)
    source.distinct = true
    return source
  end
end

--- A source with one event.
---@param event any
---@return fun(): any
function subscription.once(event)
  return function()
    local only = event
    event = nil
    return only
  end
end

-- A topic of the server: one event for each published value.
local function on_topic(name, map)
  return { topic = name, map = map }
end

local function objects(_, _, ctx)
  return on_topic("objects", function(change)
    kernel.forget(ctx)
    return change
  end)
end

local function chosen(rates, ids)
  if not ids then return rates end
  local set, list = {}, {}
  for _, id in ipairs(ids) do set[id] = true end
  for _, rate in ipairs(rates) do
    if set[rate.id] then list[#list + 1] = rate end
  end
  return list
end

local function newest_rates(args)
  samples.want()
  return chosen(bpf.sampler():rates(), args.ids)
end

-- An event for each sample: the sampler runs while its topic has subscribers. With a longer
-- interval, the latest sample is sent.
local function program_rates(_, args, ctx)
  if seconds(args.every) > samples.settings().interval then
    return subscription.timed(newest_rates)(_, args, ctx)
  end
  local silent = false -- the empty list has been sent
  return on_topic(samples.TOPIC, function(rates)
    kernel.forget(ctx)
    local list = chosen(rates, args.ids)
    if #list == 0 and silent then return nil end
    silent = #list == 0
    return list
  end)
end

-- The table when it has changed since the last event.
local function map_table(last)
  return function(args, ctx)
    local page = table_part.page(kernel.of(ctx):demand("map", args.id), args, ctx)
    local text = json.encode { page.rows, page.note }
    if text == last then return nil end
    last = text
    return page
  end
end

-- Raises when the map does not exist at the start.
local function subscribe_to_map(root, args, ctx)
  kernel.of(ctx):demand("map", args.id)
  return subscription.timed(map_table())(root, args, ctx)
end

local function came(kind)
  return function(change, _, ctx)
    local list = {}
    if kinds.topic[change.kind] ~= kinds.enum[kind] then return list end
    for i, id in ipairs(change.added) do list[i] = kernel.of(ctx):object(kind, id) end
    return list
  end
end

local function itself(event) return event end

subscription.resolvers = {
  Subscription = {
    objects = { subscribe = objects, resolve = itself },
    programRates = { subscribe = program_rates, resolve = itself },
    mapTable = { subscribe = subscribe_to_map, resolve = itself },
    topic = {
      subscribe = function(_, args) return on_topic(args.name) end,
      resolve = itself,
    },
    health = { subscribe = subscription.when_other(health.state), resolve = itself },
  },
  ObjectsEvent = {
    kind = function(change) return kinds.topic[change.kind] end,
    programs = came("prog"),
    maps = came("map"),
    links = came("link"),
  },
}

return subscription
