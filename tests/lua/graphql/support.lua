-- Helpers of the engine's tests, which need no kernel.

local graphql = require("lunette.graphql")

local support = {}

--- A valid schema.
function support.schema(definitions, resolvers, opts)
  local schema, errors = graphql.build_schema(definitions, resolvers, opts)
  if not schema then error(tostring(errors), 2) end
  return schema
end

--- The errors of an invalid schema, one per line.
function support.refusal(definitions, resolvers, opts)
  local schema, errors = graphql.build_schema(definitions, resolvers, opts)
  if schema then error("the schema was taken", 2) end
  return tostring(errors)
end

--- Executes a query; more: further parts of the request.
function support.run(schema, source, more)
  local request = { schema = schema, source = source }
  for key, value in pairs(more or {}) do request[key] = value end
  return graphql.execute(request)
end

--- The data of a request without errors.
function support.data(schema, source, more)
  local result = support.run(schema, source, more)
  if result.errors then error(result.errors[1].message, 2) end
  return result.data
end

--- The only error of a request.
function support.error(schema, source, more)
  local result = support.run(schema, source, more)
  if not result.errors or #result.errors ~= 1 then
    error(("%d errors"):format(#(result.errors or {})), 2)
  end
  return result.errors[1], result
end

return support
