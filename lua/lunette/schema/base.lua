-- The root types of the schema, and types shared by many parts.

local kernel = require("lunette.schema.kernel")
local kinds = require("lunette.schema.kinds")
local samples = require("lunette.sampler")

local base = {}

local MOST_SECONDS = 3600

base.sdl = [[
"A whole number from 0 to 18446744073709551615, exact: a string of decimal digits."
scalar UInt64

"A whole number of 64 signed bits, exact: a string of decimal digits."
scalar Int64

"Any JSON value. Integers beyond 2^53 are decimal strings; numbers that come in are exact."
scalar JSON

"Reading. No field changes the kernel."
type Query {
  "The state of this Lunette: version, rights, errors of scripts."
  health: Health!
  "The ids of all objects of a kind, without reading them."
  objectIds("The kind of object." kind: ObjectKind!): [Int!]!
}

"Changes. They need a server with --allow-write and its token."
type Mutation {
  """
  Keeps the kernel's run-time statistics on for some seconds, so that runTime, runCount and rates
  are measured. It needs no token: reading rates does the same.
  """
  enableStats(
    "Seconds to keep them on."
    seconds: Float! = 60
  ): MutationResult!
}

"Streams of events: one field a subscription."
type Subscription {
  "Programs, maps, links and BTF objects as they appear and disappear."
  objects: ObjectsEvent!
}

"The answer to a mutation."
type MutationResult {
  "Why it failed; null when it did not."
  error: String
}

"The order of a sorted list."
enum SortOrder {
  "Smallest first."
  ASC
  "Largest first."
  DESC
}

"The kinds of BPF object that have an id."
enum ObjectKind {
  "A loaded program."
  PROGRAM
  "A map."
  MAP
  "A link: it holds a program at its attach point."
  LINK
  "A BTF object: a description of types."
  BTF
}
]]

-- Requests samples: the sampler keeps the statistics on while samples are requested.
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
