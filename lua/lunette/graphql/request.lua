-- From a request to a response: parse, validate, choose the operation, coerce variables, run.

local collect = require("lunette.graphql.collect")
local errors = require("lunette.graphql.error")
local execution = require("lunette.graphql.execution")
local json = require("lunette.runtime.json")
local parser = require("lunette.graphql.parser")
local variables = require("lunette.graphql.variables")

local request = {}

local FULL, FAILED, REFUSED = json.shape { "data" }, json.shape { "errors", "data" },
  json.shape { "errors" }

local function refused(list)
  return setmetatable({ errors = json.array(errors.format_all(list)) }, REFUSED)
end

--- A response of data and errors.
---@param data table|nil
---@param list table[]
function request.response(data, list)
  if #list == 0 then return setmetatable({ data = data }, FULL) end
  return setmetatable({ data = data, errors = json.array(errors.format_all(list)) }, FAILED)
end

local function choose(document, name)
  local operations = document.operations
  if name == nil or name == json.null then
    if #operations == 1 then return operations[1] end
    if #operations > 1 then
      return nil, "Must provide operation name if query contains multiple operations."
    end
    return nil, "Must provide an operation."
  end
  for _, operation in ipairs(operations) do
    if operation.name == name then return operation end
  end
  return nil, ('Unknown operation named "%s".'):format(tostring(name))
end

--- Makes an execution ready: nil and errors when the request itself is wrong.
---@param given table
---@return table|nil execution, table[]? errors
function request.prepare(given)
  local document = given.document
  if not document then
    local err
    document, err = parser.parse(given.source, { tokens = (given.limits or {}).tokens })
    if not document then return nil, { err } end
  end
  collect.prepare(document)
  local operation, message = choose(document, given.operation_name)
  if not operation then return nil, { errors.new { message = message } } end
  local inputs = given.variables
  if inputs == json.null then inputs = nil end
  local values, list = variables.coerce(given.schema, operation, inputs or {}, document.sources)
  if not values then return nil, list end
  return execution.new {
    schema = given.schema, document = document, operation = operation, variables = values,
    root = given.root, context = given.context or {}, limits = given.limits,
    clock = given.clock or os.clock,
  }
end

--- Executes a request.
---@param given table
---@return table response data and errors
function request.execute(given)
  local exec, list = request.prepare(given)
  if not exec then return refused(list) end
  return request.response(execution.run(exec))
end

return request
