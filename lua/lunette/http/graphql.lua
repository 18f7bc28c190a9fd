-- The server's GraphQL endpoints: /graphql, and /query for dev-agent's clients; WebSockets on the
-- same paths. The schema is the explorer's with the scripts' extensions. Each VM builds it at its
-- first request: the VMs of services usually never do.

local http = require("lunette.http")
local registry = require("lunette.registry")

local serve = {}

local PATHS = { "/graphql", "/query" }

local built, of_count

--- The schema. Raises when a script's extension is wrong. Rebuilt when the extensions have changed.
---@return table
function serve.schema()
  local count = #registry.list("graphql")
  if built and count == of_count then return built end
  local schema, errors = require("lunette.schema").build()
  if not schema then error(tostring(errors), 0) end
  built, of_count = schema, count
  return schema
end

local function context(req)
  return { request = req, can_write = req.can_write, can_eval = req.can_eval, cache = {} }
end

-- The store that all VMs of the process share; nil outside a server.
local function shared()
  local ok, store = pcall(require, "lunette.runtime.shared")
  return ok and store or nil
end

local answer -- made at the first request, like the WebSockets' callbacks

local function respond(req)
  answer = answer or require("lunette.graphql.http").handler {
    schema = serve.schema, context = context, shared = shared(),
  }
  if req.method == "HEAD" then req.method = "GET" end
  return answer(req)
end

local function callbacks()
  local made
  local handlers = { protocols = { "graphql-transport-ws" } }
  for _, name in ipairs { "open", "message", "event", "close" } do
    handlers[name] = function(...)
      made = made or require("lunette.graphql.ws").handlers {
        schema = serve.schema, context = context,
      }
      if made[name] then return made[name](...) end
    end
  end
  return handlers
end

for _, path in ipairs(PATHS) do
  http.get(path, respond)
  http.post(path, respond)
  http.websocket(path, callbacks())
end

return serve
