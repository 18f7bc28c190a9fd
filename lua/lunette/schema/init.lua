-- The explorer's GraphQL schema: one file per subject, its SDL beside its resolvers; and scripts'
-- extensions.

local graphql = require("lunette.graphql")

local schema = {}

local PARTS = {
  "base", "health", "host", "program", "extension", "code", "map", "entries", "fill", "table",
  "histogram", "link", "btf", "owner", "attachment", "decoder", "graph", "metrics", "ui",
  "mutation", "subscription", "live", "changes", "sampler", "trace", "hot", "counters", "run",
  "history", "evaluate", "tool", "hosts",
}

-- Adds the resolvers of a part.
local function merge(into, resolvers)
  for type, fields in pairs(resolvers) do
    into[type] = into[type] or {}
    for name, resolver in pairs(fields) do
      if into[type][name] then error(("schema: %s.%s is resolved twice"):format(type, name)) end
      into[type][name] = resolver
    end
  end
end

--- The SDL and the resolvers of the built-in parts.
---@return string sdl, table resolvers
function schema.source()
  local texts, resolvers = {}, {}
  for i, name in ipairs(PARTS) do
    local part = require("lunette.schema." .. name)
    texts[i] = part.sdl
    merge(resolvers, part.resolvers)
  end
  return table.concat(texts, "\n"), resolvers
end

--- The explorer's schema without scripts' extensions.
---@return table|nil schema, table? errors
function schema.build_in() return graphql.build_schema(schema.source()) end

--- The explorer's schema with scripts' extensions.
---@return table|nil schema, table? errors
function schema.build()
  local sdl, resolvers = schema.source()
  return graphql.build_schema(sdl, resolvers, { extensions = graphql.extensions() })
end

local built -- this VM's schema, for requests by scripts and commands

-- Makes a request with the right to read; mutations check for the right to write.
local function request(source, opts)
  opts = opts or {}
  if not built then
    local errors
    built, errors = schema.build()
    if not built then error(tostring(errors), 0) end
  end
  return {
    schema = built, source = source, variables = opts.variables, operation_name = opts.operation,
    context = { can_write = opts.can_write or false, can_eval = false, cache = {} },
  }
end

--- Answers a query or mutation without a server: { data, errors }. The schema is built once, with
--- the extensions declared by then.
---@param source string
---@param opts { variables: table?, operation: string?, can_write: boolean? }|nil
---@return table response
function schema.execute(source, opts) return graphql.execute(request(source, opts)) end

--- Starts a subscription without a server: a stream, or { errors }.
---@param source string
---@param opts { variables: table?, operation: string?, can_write: boolean? }|nil
---@return table stream_or_response
function schema.subscribe(source, opts) return graphql.subscribe(request(source, opts)) end

--- The data of a query or mutation; raises the message of its first error.
---@param source string
---@param opts { variables: table?, operation: string?, can_write: boolean? }|nil
---@return table data
function schema.data(source, opts)
  local result = schema.execute(source, opts)
  local err = result.errors and result.errors[1]
  if err then error(err.message, 0) end
  return result.data
end

return schema
