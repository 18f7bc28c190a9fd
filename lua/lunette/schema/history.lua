-- The history of values that scripts keep (lunette.history).

local kept = require("lunette.history")

local history = {}

history.sdl = [[
extend type Query {
  "The names under which scripts keep values over time, such as calls/bash."
  histories("Only those that begin so." prefix: String): [String!]!
  "What was kept under a name, oldest first."
  history(
    "The name."
    name: String!
    "Only the last so many seconds, or those before `to`."
    seconds: Float = 300
    "At most so many points; of more, the last of each stretch."
    points: Int = 300
    "From this time on, in seconds since 1970, in place of `seconds`."
    from: Float
    "Up to this time."
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
