-- What lives. Each field gives a source that the server attaches to the connection; between
-- two events no VM is held.

local kernel = require("lunette.schema.kernel")
local kinds = require("lunette.schema.kinds")

local subscription = {}

subscription.sdl = [[
extend type Subscription {
  "What every running program costs. Keeps the kernel's statistics on while someone listens."
  programRates(
    "Every so many seconds."
    every: Float = 1.0
    "Only these programs."
    ids: [Int!]
  ): [ProgramRate!]!
  "A map's table, again and again."
  mapTable(
    "The map's id."
    id: Int!
    "Every so many seconds."
    every: Float = 1.0
    "Rows at most, up to 10000."
    first: Int = 100
    "Go on after this cursor."
    after: String
    "Sort by a column."
    sort: TableSort
    "Keep rows for which all of these hold."
    filter: [TableFilter!]
    "Keep the so many rows that are first by sort."
    top: Int
    "What to show of per-CPU values."
    cpus: CpuValues = SUM
    "Write keys in this format."
    keyFormat: MapEntryFormat
    "Write values in this format."
    valueFormat: MapEntryFormat
  ): MapTable!
  "What scripts publish on a topic."
  topic("Its name." name: String!): JSON
  "The state of this Lunette, again and again."
  health("Every so many seconds." every: Float = 5.0): Health!
}

"BPF objects came or went."
type ObjectsEvent {
  "What kind of object."
  kind: ObjectKind!
  "Ids of what came."
  added: [Int!]!
  "Ids of what went."
  removed: [Int!]!
  "The programs that came, of kind PROGRAM."
  programs: [Program!]!
  "The maps that came, of kind MAP."
  maps: [Map!]!
  "The links that came, of kind LINK."
  links: [Link!]!
}
]]

local FASTEST = 0.1 -- seconds between events

local function seconds(every)
  if every >= FASTEST then return every end
  error(("every: at least %g seconds, got %g"):format(FASTEST, every), 0)
end

-- An event each so many seconds: whatever make gives, read anew.
local function timed(make)
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

local function objects_event(change, ctx)
  kernel.forget(ctx)
  return { kind = change.kind, added = change.added, removed = change.removed }
end

local function came(kind)
  return function(event, _, ctx)
    local list = {}
    if kinds.topic[event.kind] ~= kinds.enum[kind] then return list end
    for i, id in ipairs(event.added) do list[i] = kernel.of(ctx):object(kind, id) end
    return list
  end
end

subscription.resolvers = {
  ObjectsEvent = {
    kind = function(event) return kinds.topic[event.kind] end,
    programs = came("prog"),
    maps = came("map"),
    links = came("link"),
  },
}

subscription.timed = timed
subscription.objects_event = objects_event

return subscription
