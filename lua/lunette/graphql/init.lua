-- GraphQL, complete to the specification of September 2025. What a script gets from
-- require("lunette.graphql"), documented in lua/meta/graphql.lua.

local attach = require("lunette.graphql.attach")
local build = require("lunette.graphql.build")
local errors = require("lunette.graphql.error")
local introspection = require("lunette.graphql.introspection")
local parser = require("lunette.graphql.parser")
local printer = require("lunette.graphql.printer")
local limits = require("lunette.graphql.limits")
local request = require("lunette.graphql.request")
local subscribe = require("lunette.graphql.subscribe")
local validate = require("lunette.graphql.validate")

local graphql = {
  error = errors.new, parse = parser.parse, print = printer.print, execute = request.execute,
  subscribe = subscribe.start, is_stream = subscribe.is_stream,
  limits = limits.defaults,
}

local error_list = { __tostring = function(list)
  local lines = {}
  for i, err in ipairs(list) do lines[i] = errors.line(err) end
  return table.concat(lines, "\n")
end }

local function failed(list) return nil, setmetatable(list, error_list) end

--- Builds a schema from SDL, with resolvers.
---@param sdl string
---@param resolvers table|nil
---@return table|nil schema, table[]? errors
function graphql.build_schema(sdl, resolvers)
  local document, err = parser.parse(sdl)
  if not document then return failed { err } end
  local ok, schema = pcall(build.schema, document, introspection.meta)
  if not ok then return failed { errors.new { message = errors.message_of(schema) } } end
  ok, err = pcall(attach.resolvers, schema, resolvers or {})
  if not ok then return failed { errors.new { message = errors.message_of(err) } } end
  return schema
end

--- The response to an event of a subscription.
---@param stream table
---@param payload any
---@return table response
function graphql.execute_event(stream, payload) return stream:event(payload) end

return graphql
