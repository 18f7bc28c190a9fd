-- How this Lunette itself fares.

local lunette = require("lunette")
local registry = require("lunette.registry")

local health = {}

health.sdl = [[
"The state of this Lunette."
type Health {
  "Its version."
  version: String!
  "ok, or degraded when a script failed or a service stopped."
  status: String!
  "Seconds since it started."
  uptime: Float!
  "May this request write (mutations)?"
  canWrite: Boolean!
  "May this request evaluate Lua (console, decoder editor)?"
  canEval: Boolean!
  "Which generation of scripts serves; each successful reload adds one."
  generation: Int!
  "What went wrong with scripts, newest last."
  errors: [ScriptError!]!
  "What the scripts declared."
  declarations: [Declaration!]!
}

"Something that a script did wrong."
type ScriptError {
  "The message with its traceback."
  message: String!
  "The script's file."
  script: String
  "When, in seconds since 1970."
  time: Float
}

"Something that a script declared."
type Declaration {
  "decoder, metric, collector, graphql, route, websocket, page, panel or service."
  kind: String!
  "Its name or path."
  name: String
  "The file that declares it."
  file: String
  "The line in that file."
  line: Int
}
]]

local KINDS = {
  "decoder", "metric", "collector", "graphql", "route", "websocket", "page", "panel", "service",
}

local function declarations()
  local list = {}
  for _, kind in ipairs(KINDS) do
    for _, item in ipairs(registry.list(kind)) do
      local source = item.source or {}
      local name = item.name or item.path or item.type
      list[#list + 1] = {
        kind = kind, name = type(name) == "string" and name or nil,
        file = source.script or source.file, line = source.line,
      }
    end
  end
  return list
end

health.resolvers = {
  Query = { health = function(_, _, ctx) return ctx.health and ctx.health() or {} end },
  Health = {
    version = function() return lunette.version end,
    status = function(state) return state.status or "ok" end,
    uptime = function(state) return state.uptime or os.clock() end,
    canWrite = function(_, _, ctx) return ctx.can_write or false end,
    canEval = function(_, _, ctx) return ctx.can_eval or false end,
    generation = function(state) return state.generation or 1 end,
    errors = function(state) return state.errors or {} end,
    declarations = declarations,
  },
}

return health
