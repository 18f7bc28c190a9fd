-- Executes a request: parses, validates, chooses the operation, coerces variables, runs.

local cache = require("lunette.graphql.cache")
local collect = require("lunette.graphql.collect")
local errors = require("lunette.graphql.error")
local execution = require("lunette.graphql.execution")
local json = require("lunette.runtime.json")
local limits = require("lunette.graphql.limits")
local parser = require("lunette.graphql.parser")
local validate = require("lunette.graphql.validate")
local variables = require("lunette.graphql.variables")

local request = {}

local FULL, FAILED, REFUSED = json.shape { "data" }, json.shape { "errors", "data" },
  json.shape { "errors" }

--- The response to a request that could not be executed.
---@param list table[]
function request.refused(list)
  return setmetatable({ errors = json.array(errors.format_all(list)) }, REFUSED)
end

--- A response with data and errors.
---@param data table|nil
---@param list table[]
function request.response(data, list)
  if #list == 0 then return setmetatable({ data = data }, FULL) end
  return setmetatable({ data = data, errors = json.array(errors.format_all(list)) }, FAILED)
end

--- True when the request was executed: then `data` is there, be it null.
---@param result table
function request.has_data(result) return getmetatable(result) ~= REFUSED end

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

local CACHED <const> = 200 -- documents cached per schema

local caches = setmetatable({}, { __mode = "k" })

-- Parses and validates a text. Returns the document, or nil and errors.
local function read(given, opts)
  local document, err = parser.parse(given.source, opts)
  if not document then return nil, { err } end
  local list = validate.document(given.schema, document, { introspection = opts.introspection })
  if #list > 0 then return nil, list end
  return document
end

--- The document of a request, cached or else parsed and validated.
---@param given table schema, source, limits
---@return table|nil document, table[]? errors
function request.document(given)
  local allowed = given.limits or {}
  local kept = caches[given.schema]
  if not kept then
    kept = cache.new(CACHED)
    caches[given.schema] = kept
  end
  local key = given.source
  if allowed.tokens or allowed.introspection == false then
    key = ("%s %s %s"):format(allowed.tokens, allowed.introspection, key)
  end
  local document = kept:get(key)
  if document then return document end
  local list
  document, list = read(given, allowed)
  if not document then return nil, list end
  kept:put(key, document)
  return document
end

local function checked(given)
  if type(given.source) ~= "string" and not given.document then
    error("graphql: source must be a string", 3)
  end
  if type(given.schema) ~= "table" then error("graphql: schema must be a schema", 3) end
end

--- Prepares an execution. Returns nil and errors when the request itself is wrong.
---@param given table
---@return table|nil execution, table[]? errors
function request.prepare(given)
  checked(given)
  local document, wrong = given.document, nil
  if document then
    collect.prepare(document)
  else
    document, wrong = request.document(given)
  end
  if not document then return nil, wrong end
  local operation, message = choose(document, given.operation_name)
  if not operation then return nil, { errors.new { message = message } } end
  local inputs = given.variables
  if inputs == json.null then inputs = nil end
  local values, list = variables.coerce(given.schema, operation, inputs or {}, document.sources)
  if not values then return nil, list end
  local exec = execution.new(given, document, operation, values)
  exec.inputs = inputs
  local err = limits.check(exec, exec.limits)
  if err then return nil, { err } end
  return exec
end

local function no_root(exec)
  local kind = exec.operation.operation
  if exec.schema:root(kind) then return nil end
  return errors.at(exec.sources,
    ("Schema is not configured to execute %s operation."):format(kind), { exec.operation.at })
end

--- Runs a prepared execution.
---@param exec table
---@return table response data and errors
function request.run(exec)
  local err = no_root(exec)
  if err then return request.response(nil, { err }) end
  return request.response(execution.run(exec))
end

--- Executes a request.
---@param given table
---@return table response data and errors
function request.execute(given)
  local exec, list = request.prepare(given)
  if not exec then return request.refused(list) end
  return request.run(exec)
end

return request
