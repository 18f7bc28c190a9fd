-- The server's GraphQL endpoints: /graphql and, as dev-agent has it, /query; WebSockets on the
-- same paths. The schema is the explorer's, with what scripts add; each VM builds it once.

local graphql_http = require("lunette.graphql.http")
local graphql_ws = require("lunette.graphql.ws")
local http = require("lunette.http")
local registry = require("lunette.registry")

local serve = {}

local PATHS = { "/graphql", "/query" }

local built, of_count

--- The schema; raises when a script's extension is wrong. Built again when there is another.
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

-- The store that all VMs of the process share, where there is one.
local function shared()
  local ok, store = pcall(require, "lunette.runtime.shared")
  return ok and store or nil
end

local handler = graphql_http.handler { schema = serve.schema, context = context, shared = shared() }

for _, path in ipairs(PATHS) do
  http.get(path, handler)
  http.post(path, handler)
  http.websocket(path, graphql_ws.handlers { schema = serve.schema, context = context })
end

return serve
