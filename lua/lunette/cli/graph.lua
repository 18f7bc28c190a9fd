-- GraphQL requests of commands, executed in this process. `-j` prints their results.

local exit = require("lunette.cli.exit")
local json = require("lunette.runtime.json")
local schema = require("lunette.schema")

local graph = { execute = schema.execute, subscribe = schema.subscribe }

--- The data of a command's request; an error in it ends the command.
---@param source string
---@param opts { variables: table?, can_write: boolean? }|nil
---@return table data
function graph.data(source, opts)
  local result = schema.execute(source, opts)
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
