-- The state of this Lunette.

local lunette = require("lunette")
local kinds = require("lunette.schema.kinds")
local registry = require("lunette.registry")
local server = require("lunette.core.server")

local health = {}

health.sdl = [[
"The state of this Lunette."
type Health {
  "Its version."
  version: String!
  "ok, or degraded when a script failed or is stuck, or a service stopped."
  status: String!
  "Seconds since it started."
  uptime: Float!
  "May this request write (mutations)?"
  canWrite: Boolean!
  "May this request evaluate Lua (console, decoder editor)?"
  canEval: Boolean!
  "Which generation of scripts serves; each successful reload adds one."
  generation: Int!
  "How often scripts were reloaded."
  reloads: Int!
  "How often reloading failed."
  reloadsFailed: Int!
  "VM threads that answer requests; 0 without a server."
  workers: Int!
  "VM threads that are busy now."
  busy: Int!
  "Requests that wait for a VM."
  queued: Int!
  "WebSocket and SSE connections."
  connections: Int!
  "Services that run."
  services: Int!
  "Bytes that Lua holds in all VMs."
  memory: Float!
  "Answers by class of status, such as 2xx."
  answers: JSON
  "Errors of scripts, the newest last."
  errors: [ScriptError!]!
  "The declarations of scripts."
  declarations: [Declaration!]!
}

"An error of a script."
type ScriptError {
  "The message with its traceback."
  message: String!
  "The script's file."
  script: String
  "When, in seconds since 1970."
  time: Float
}

"A declaration of a script."
type Declaration {
  "decoder, metric, collector, graphql, route, websocket, page, panel or service."
  kind: String!
  "Its name or path."
  name: String
  "The file that declares it."
  file: String
  "The line in that file."
  line: Int
  "Is it Lunette's own?"
  builtIn: Boolean!
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
        file = source.file, line = source.line,
        builtIn = kinds.built_in(item),
      }
    end
  end
  return list
end

-- The server's state; without a server (on the command line), this process's.
local function state()
  local now = server.state()
  return now or { uptime = os.clock(), generation = 1, errors = {} }
end

local function count(field)
  return function(now) return now[field] or 0 end
end

health.state = state

health.resolvers = {
  Query = { health = state },
  Health = {
    version = function() return lunette.version end,
    status = function(now)
      local stuck = (now.stuck or 0) + (now.services_waiting or 0)
      return (#now.errors > 0 or stuck > 0) and "degraded" or "ok"
    end,
    reloads = count("reloads"),
    reloadsFailed = count("reloads_failed"),
    workers = count("workers"),
    busy = count("busy"),
    queued = count("queued"),
    connections = count("connections"),
    services = count("services"),
    memory = function(now) return now.memory or collectgarbage("count") * 1024 end,
    canWrite = function(_, _, ctx) return ctx.can_write or false end,
    canEval = function(_, _, ctx) return ctx.can_eval or false end,
    declarations = declarations,
  },
}

return health
