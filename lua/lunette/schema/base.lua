-- The roots of the schema, and what many types share.

local kernel = require("lunette.schema.kernel")
local kinds = require("lunette.schema.kinds")
local samples = require("lunette.sampler")

local base = {}

local MOST_SECONDS = 3600

base.sdl = [[
"An unsigned 64-bit integer, exact, written as a decimal string."
scalar UInt64

"A signed 64-bit integer, exact, written as a decimal string."
scalar Int64

"Any JSON value. Integers beyond 2^53 are decimal strings."
scalar JSON

"Everything that can be read. Nothing here changes the kernel."
type Query {
  "This Lunette: its version, what it may do, and how its scripts fare."
  health: Health!
  "The ids of all objects of a kind, without reading them."
  objectIds("Which kind." kind: ObjectKind!): [Int!]!
}

"Everything that changes something. Refused unless the server allows it and the token was given."
type Mutation {
  """
  Keeps the kernel's run-time statistics on for some seconds, so that runTime and runCount move
  and there are rates. Allowed to all: reading rates does the same.
  """
  enableStats(
    "How long to keep them on."
    seconds: Float! = 60
  ): MutationResult!
}

"What lives: each field is a stream of events."
type Subscription {
  "Programs, maps, links and BTF objects as they appear and disappear."
  objects: ObjectsEvent!
}

"How a mutation went."
type MutationResult {
  "What went wrong, or null."
  error: String
}

"The order of a sorted list."
enum SortOrder {
  "Smallest first."
  ASC
  "Largest first."
  DESC
}

"The kinds of BPF object that the kernel numbers."
enum ObjectKind {
  "A loaded program."
  PROGRAM
  "A map."
  MAP
  "A link: what holds a program at its attach point."
  LINK
  "A BTF object: a description of types."
  BTF
}
]]

-- The sampler does it: it runs while someone says that samples are wanted.
local function enable_stats(_, args)
  if not (args.seconds > 0 and args.seconds <= MOST_SECONDS) then
    return { error = ("seconds: more than 0, at most %d"):format(MOST_SECONDS) }
  end
  samples.want(args.seconds)
  return {}
end

local function object_ids(_, args) return kernel.ids(kinds.kind[args.kind]) end

base.resolvers = {
  Query = { objectIds = object_ids },
  Mutation = { enableStats = enable_stats },
}

return base
