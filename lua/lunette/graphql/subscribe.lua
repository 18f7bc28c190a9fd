-- Subscriptions: the root field's subscribe function returns a source of events; each event is the
-- root value of one execution of the operation.

local complete = require("lunette.graphql.complete")
local coerce_arguments = require("lunette.graphql.arguments").coerce
local coerce = require("lunette.graphql.coerce")
local errors = require("lunette.graphql.error")
local execution = require("lunette.graphql.execution")
local plan = require("lunette.graphql.plan")
local request = require("lunette.graphql.request")

local subscribe = {}

local Stream = {}
Stream.__index = Stream
Stream.__name = "graphql.stream"
Stream.__close = function(self) self:close() end

-- True when two values are equal, compared deeply.
local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

--- The response to one event. nil when there is none: the source's map returned nil, or answers
--- must be distinct and this one equals the previous one.
---@param payload any
---@return table|nil
function Stream:event(payload)
  local response = self:respond(payload)
  if not self.source.distinct then return response end
  if same(response, self.last) then return nil end
  self.last = response
  return response
end

function Stream:respond(payload)
  local given = self.given
  if self.source.map then
    local ok, mapped = pcall(self.source.map, payload)
    if not ok then
      local path = { self.field.key }
      return request.response(nil, { errors.located(mapped, self.document.sources, self.field.at,
        path) })
    end
    if mapped == nil then return nil end
    payload = mapped
  end
  given.root = payload
  return request.response(execution.run(execution.new(given, self.document, self.operation,
    self.variables)))
end

--- The response to the next event of a source that is a function; nil at its end.
function Stream:next()
  while not self.closed and self.source.iterate do
    local ok, payload = pcall(self.source.iterate)
    if not ok then
      self:close()
      return request.refused { errors.new { message = errors.message_of(payload) } }
    end
    if payload == nil then return self:close() end
    local response = self:event(payload)
    if response then return response end
  end
end

--- Ends the stream and calls the source's close function.
function Stream:close()
  if self.closed then return end
  self.closed = true
  if self.source.close then self.source.close() end
end

--- True when a value is a stream.
function subscribe.is_stream(value) return getmetatable(value) == Stream end

local FIELDS = { topic = "string", every = "number", iterate = "function", map = "function",
  close = "function" }

local FASTEST <const>, SLOWEST <const> = 0.01, 86400 -- seconds

-- Checks a source when it is given, so that an error does not wait for its first event.
local function check_source(source, field)
  local function refuse(name, what)
    error(("Subscription field %q: %s must be %s."):format(field.name, name, what), 0)
  end
  for name, kind in pairs(FIELDS) do
    if source[name] ~= nil and type(source[name]) ~= kind then refuse(name, "a " .. kind) end
  end
  local every = source.every
  if every and not (every >= FASTEST and every <= SLOWEST) then
    refuse("every", ("%g to %g seconds"):format(FASTEST, SLOWEST))
  end
  return source
end

local function source_of(result, field)
  if type(result) == "function" then return { iterate = result } end
  if type(result) == "table" and (result.topic or result.every or result.iterate) then
    return check_source(result, field)
  end
  error(("Subscription field %q must give a function, or a table with topic, every or iterate.")
    :format(field.name), 0)
end

local function open(exec, field)
  local args, err = coerce_arguments(field.def, field.nodes[1], exec.variables, exec.sources)
  if not args then error(err, 0) end
  local resolve = field.def.subscribe
  if not resolve then
    resolve = type(exec.root) == "table" and exec.root[field.name] or nil
    if type(resolve) ~= "function" then return source_of(resolve, field) end
  end
  local info = exec:info(field)
  info.given = args
  local source, message = resolve(exec.root, coerce.plain(args, field.def.args), exec.context,
    info)
  if source == nil and message then error(message, 0) end
  return source_of(source, field)
end

--- Starts a prepared subscription.
---@param exec table
---@return table stream or a response with errors
function subscribe.of(exec)
  local root = exec.schema:root("subscription")
  if exec.operation.operation ~= "subscription" or not root then
    return request.refused { errors.at(exec.sources, "Schema is not configured to execute "
      .. "subscription operation.", { exec.operation.at }) }
  end
  local ok, compiled = pcall(plan.of, exec, exec.operation, root)
  if not ok then return request.refused { errors.located(compiled, exec.sources) } end
  local field = compiled[1]
  exec.path[1] = field.key
  local source
  ok, source = pcall(open, exec, field)
  if not ok then
    complete.note(exec, field, 1, source)
    return request.refused(exec.errors)
  end
  return setmetatable({
    source = source, field = field, document = exec.document, operation = exec.operation,
    variables = exec.variables, given = {
      schema = exec.schema, context = exec.context, limits = exec.limits, clock = exec.clock,
    },
  }, Stream)
end

--- Starts a subscription.
---@param given table as for execute
---@return table stream or a response with errors
function subscribe.start(given)
  local exec, list = request.prepare(given)
  if not exec then return request.refused(list) end
  return subscribe.of(exec)
end

--- Executes any request: returns a stream for a subscription, else a response.
---@param given table
---@return table
function subscribe.answer(given)
  local exec, list = request.prepare(given)
  if not exec then return request.refused(list) end
  if exec.operation.operation == "subscription" then return subscribe.of(exec) end
  return request.run(exec)
end

return subscribe
