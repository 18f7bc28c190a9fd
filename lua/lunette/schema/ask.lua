-- GraphQL without a server: the explorer's own schema, answered in this process.

local ask = {}

local schema

-- A request may read; a command that writes says so.
local function context(can_write)
  return { can_write = can_write or false, can_eval = false, cache = {} }
end

local function request(source, opts)
  opts = opts or {}
  if not schema then
    local errors
    schema, errors = require("lunette.schema").build()
    if not schema then error(tostring(errors), 0) end
  end
  return {
    schema = schema, source = source, variables = opts.variables,
    operation_name = opts.operation, context = context(opts.can_write),
  }
end

--- Answers a request: { data, errors } as GraphQL has it.
---@param source string
---@param opts { variables: table?, operation: string?, can_write: boolean? }|nil
function ask.execute(source, opts)
  return require("lunette.graphql").execute(request(source, opts))
end

--- Answers a subscription: a stream, or { errors }.
---@param source string
---@param opts { variables: table?, operation: string?, can_write: boolean? }|nil
function ask.subscribe(source, opts)
  return require("lunette.graphql").subscribe(request(source, opts))
end

--- The data of a request; raises the message of its first error.
---@param source string
---@param opts { variables: table?, can_write: boolean? }|nil
---@return table data
function ask.data(source, opts)
  local result = ask.execute(source, opts)
  local err = result.errors and result.errors[1]
  if err then error(err.message, 0) end
  return result.data
end

return ask
