-- The history of values kept by scripts (lunette.history).

local kept = require("lunette.history")

local history = {}

history.sdl = [[
extend type Query {
  "The names under which scripts keep values over time, such as calls/bash."
  histories("Only names that begin so." prefix: String): [String!]!
  "The values under a name, oldest first."
  history(
    "The name."
    name: String!
    "How many seconds, up to now or up to `to`."
    seconds: Float = 300
    "Points at most; of more points, the last of each stretch is given."
    points: Int = 300
    "The first time, in seconds since 1970, in place of `seconds`."
    from: Float
    "The last time, in seconds since 1970."
    to: Float
  ): [HistoryPoint!]!
}

"A value at a moment."
type HistoryPoint {
  "When, in seconds since 1970."
  time: Float!
  "The value."
  value: Float!
}
]]

history.resolvers = {
  Query = {
    histories = function(_, args) return kept.names(args.prefix) end,
    history = function(_, args)
      return kept.read(args.name, { seconds = not args.from and args.seconds or nil,
        from = args.from, to = args.to, points = args.points })
    end,
  },
}

return history
