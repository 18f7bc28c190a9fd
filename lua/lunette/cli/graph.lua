-- GraphQL without a server: the explorer's own schema, answered in this process. What `-j`
-- prints, and what most commands read, comes from here.

local exit = require("lunette.cli.exit")
local json = require("lunette.runtime.json")

local graph = {}

local schema

-- What a request may do; a command that writes says so.
local function context(can_write)
  return { can_write = can_write or false, can_eval = false, cache = {} }
end

local function built()
  if not schema then
    local errors
    schema, errors = require("lunette.schema").build()
    if not schema then exit.fail(exit.FAILED, "%s", tostring(errors)) end
  end
  return schema
end

--- Answers a request: { data, errors } as GraphQL has it.
---@param source string
---@param opts { variables: table?, operation: string?, can_write: boolean? }|nil
function graph.execute(source, opts)
  opts = opts or {}
  return require("lunette.graphql").execute {
    schema = built(), source = source, variables = opts.variables,
    operation_name = opts.operation, context = context(opts.can_write),
  }
end

--- Answers a subscription: a stream, or { errors }.
---@param source string
---@param opts { variables: table?, operation: string?, can_write: boolean? }|nil
function graph.subscribe(source, opts)
  opts = opts or {}
  return require("lunette.graphql").subscribe {
    schema = built(), source = source, variables = opts.variables,
    operation_name = opts.operation, context = context(opts.can_write),
  }
end

--- The data of a request of a command's own; an error in it ends the command.
---@param source string
---@param opts { variables: table?, can_write: boolean? }|nil
---@return table data
function graph.data(source, opts)
  local result = graph.execute(source, opts)
  local err = result.errors and result.errors[1]
  if err then exit.fail(exit.code_of(err.message), "%s", err.message) end
  return result.data
end

--- nil instead of null.
---@param value any
function graph.value(value)
  if value == json.null then return nil end
  return value
end

return graph
