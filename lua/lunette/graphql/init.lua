-- GraphQL by the specification of September 2025: the module require("lunette.graphql"), documented
-- in lua/meta/graphql.lua.

local assemble = require("lunette.graphql.assemble")
local errors = require("lunette.graphql.error")
local extensions = require("lunette.graphql.extensions")
local parser = require("lunette.graphql.parser")
local printer = require("lunette.graphql.printer")
local limits = require("lunette.graphql.limits")
local request = require("lunette.graphql.request")
local subscribe = require("lunette.graphql.subscribe")
local validate = require("lunette.graphql.validate")

local graphql = {
  error = errors.new, parse = parser.parse, print = printer.print, execute = request.execute,
  extend = extensions.declare, extensions = extensions.declared, subscribe = subscribe.start,
  is_stream = subscribe.is_stream,
  validate = validate.document, limits = limits.defaults,
}

--- Builds a schema from SDL or from tables (see tables.lua), with resolvers.
---@param definitions string|table
---@param resolvers table|nil by type and field
---@param opts { extensions: table[]? }|nil the scripts' extensions (graphql.extend)
---@return table|nil schema, table[]? errors
function graphql.build_schema(definitions, resolvers, opts)
  return assemble.schema(definitions, resolvers or {}, (opts or {}).extensions or {})
end

--- The response to one event of a subscription.
---@param stream table
---@param payload any
---@return table response
function graphql.execute_event(stream, payload) return stream:event(payload) end

return graphql
