-- Executes an operation: runs plans over objects, collects errors, waits for loaders.

local arguments = require("lunette.graphql.arguments")
local coerce = require("lunette.graphql.coerce")
local complete = require("lunette.graphql.complete")
local errors = require("lunette.graphql.error")
local json = require("lunette.runtime.json")
local loader = require("lunette.graphql.loader")
local plan = require("lunette.graphql.plan")

local FAIL, note, null = complete.FAIL, complete.note, json.null
local PENDING, settled = loader.PENDING, loader.settled
local type, getmetatable, pcall, math_type = type, getmetatable, pcall, math.type
local format = string.format

local INT_MAX <const>, INT_MIN <const> = 2147483647, -2147483648

local execution = {}

local Execution = {}
Execution.__index = Execution

local Info = {}
Info.__index = Info

--- The path of the resolved field in the response.
function Info:path()
  return table.move(self.execution.path, 1, self.depth, 1, {})
end

--- True when a field of that name is selected below this one. A resolver can use it to skip work.
---@param name string
function Info:selects(name)
  local function among(selections)
    for _, node in ipairs(selections or {}) do
      if node.kind == "Field" and node.name == name then return true end
      local fragment = node.kind == "FragmentSpread" and self.fragments[node.name]
      local inner = node.kind == "InlineFragment" and node.selections
        or fragment and fragment.selections
      if inner and among(inner) then return true end
    end
    return false
  end
  for _, node in ipairs(self.nodes) do
    if among(node.selections) then return true end
  end
  return false
end

--- The `info` argument of resolvers. All objects of a request share it per field.
function Execution:info(field)
  local info = self.infos[field]
  if info then return info end
  info = setmetatable({
    field_name = field.name, key = field.key, depth = field.depth, nodes = field.nodes,
    parent_type = field.parent, return_type = field.def.type, schema = self.schema,
    operation = self.operation, fragments = self.document.fragments,
    variables = self.variables, root = self.root, execution = self,
  }, Info)
  self.infos[field] = info
  return info
end

-- Coerces a field's arguments once per request, because they depend only on variables. info.given
-- also has the arguments given as null.
local function prepare(exec, field)
  local info = exec:info(field)
  local call = { info = info }
  local given, err = arguments.coerce(field.def, field.nodes[1], exec.variables, exec.sources)
  if given then
    info.given = given
    call.args = coerce.plain(given, field.def.args)
  end
  call.err = err
  exec.calls[field] = call
  return call
end

-- True for a plain table: reading a field of it runs no metamethod.
local function is_plain(object)
  if type(object) ~= "table" then return false end
  local meta = getmetatable(object)
  return meta == nil or type(meta) == "table" and type(meta.__index) ~= "function"
end

local function read(object, name)
  if type(object) == "table" or type(object) == "userdata" then return object[name] end
end

-- Calls a field's resolver. Returns true and the value, or false and the error. `nil, message` and
-- an error value count as errors.
local function ask(exec, field, object)
  local call = exec.calls[field] or prepare(exec, field)
  if call.err then return false, call.err end
  local resolve = field.resolve
  if not resolve then
    local ok, value = pcall(read, object, field.name)
    if not ok or type(value) ~= "function" then return ok, value end
    resolve = value
  end
  local ok, value, message = pcall(resolve, object, call.args, exec.context, call.info)
  if ok and value == nil and message ~= nil then return false, message end
  return ok and not errors.is(value), value
end

-- Resolves and completes a field. FAIL when it failed and can't be null.
local function run_field(exec, field, object, plain, depth)
  if field.constant then return field.constant end
  exec.path[depth] = field.key
  local ok, value = true, nil
  if plain and not field.asks then value = object[field.name] end
  if not plain or field.asks or type(value) == "function" then
    ok, value = ask(exec, field, object)
  end
  if not ok then
    note(exec, field, depth, value)
    return field.required and FAIL or nil
  elseif type(value) == "table" and getmetatable(value) == PENDING then
    return exec:postpone(value, field.complete, field, depth)
  end
  return field.complete(exec, value)
end

-- Runs a plan over an object. Returns the result or FAIL. Scalars of plain objects, which are most
-- fields, are copied without a function call.
local function run(exec, compiled, object)
  local out, depth = compiled.new(), compiled.depth
  local plain, size = is_plain(object), compiled.weight
  exec.holders[depth] = out
  exec.fuel = exec.fuel - compiled.n
  if exec.fuel < 0 then exec:refuel() end
  for i = 1, compiled.n do
    local field = compiled[i]
    local quick, value, how = plain and field.quick, nil, nil
    if quick then
      value = object[field.name]
      how = quick[type(value)]
    end
    if how == "text" then
      size = size + #value
      out[field.key] = value
    elseif how == "int" and math_type(value) == "integer" and value <= INT_MAX
      and value >= INT_MIN or how == "float" and value - value == 0 or how == "same" then
      out[field.key] = value
    elseif how == "id" and math_type(value) == "integer" then
      value = format("%d", value)
      size = size + #value
      out[field.key] = value
    else
      value = run_field(exec, field, object, plain, depth)
      if value == FAIL then return FAIL end
      out[field.key] = value
      if compiled.serial and exec.loaders then exec:wait() end
    end
  end
  exec.size = exec.size + size
  return out
end

--- Leaves a position empty until the promise has a value.
function Execution:postpone(promise, finish, field, depth)
  self.queue[#self.queue + 1] = {
    promise = promise, finish = finish, field = field, depth = depth,
    path = table.move(self.path, 1, depth, 1, {}),
    holders = table.move(self.holders, 1, depth, 1, {}),
  }
end

-- The path's key for the response: list positions count from 0 there.
local function place(key) return type(key) == "number" and key + 1 or key end

-- True when the position is still part of the response: no position above it has become null.
local function attached(exec, item)
  if exec.holders[1] ~= item.holders[1] or exec.data_failed then return false end
  for depth = 1, item.depth - 1 do
    if item.holders[depth][place(item.path[depth])] ~= item.holders[depth + 1] then
      return false
    end
  end
  return true
end

local function put(holder, key, value)
  if value == nil and type(key) == "number" then value = null end
  holder[place(key)] = value
end

-- A position that can't be null has failed: sets the nearest nullable position above it to null.
local function propagate(exec, item)
  local flags = plan.nullable(item.field)
  for depth = item.depth - 1, 1, -1 do
    if flags[depth] then return put(item.holders[depth], item.path[depth], nil) end
  end
  exec.data_failed = true
end

local function finish(exec, item)
  if not attached(exec, item) then return end
  table.move(item.path, 1, item.depth, 1, exec.path)
  table.move(item.holders, 1, item.depth, 1, exec.holders)
  local promise, result = item.promise, nil
  if promise.failed then
    note(exec, item.field, item.depth, promise.value)
    if not plan.nullable(item.field)[item.depth] then result = FAIL end
  elseif getmetatable(promise.value) == PENDING then
    return exec:postpone(promise.value, item.finish, item.field, item.depth)
  else
    result = item.finish(exec, promise.value)
  end
  if result == FAIL then return propagate(exec, item) end
  put(item.holders[item.depth], item.path[item.depth], result)
end

--- Runs the loaders' batches until every position has a value.
function Execution:wait()
  local root = self.holders[1]
  while #self.queue > 0 do
    local queue, rest, moved = self.queue, {}, loader.run_all(self.loaders)
    self.queue = rest
    for _, item in ipairs(queue) do
      if settled(item.promise) then
        moved = true
        self.holders[1] = root
        finish(self, item)
      else
        rest[#rest + 1] = item
      end
    end
    if not moved then error("a promise was returned that no loader of this request keeps", 0) end
  end
  self.holders[1] = root
end

local FUEL <const> = 2000 -- fields between two checks of time and size

--- Raises when the execution has taken too long, or its response is too large.
function Execution:refuel()
  self.fuel = FUEL
  local limits = self.limits
  if self.deadline and self.clock() > self.deadline then
    error(errors.new { message = ("Execution took longer than %g seconds."):format(limits.time),
      extensions = { code = "TIME_LIMIT" } }, 0)
  end
  if limits.size and self.size > limits.size then
    error(errors.new { message = ("The response is larger than %d bytes."):format(limits.size),
      extensions = { code = "SIZE_LIMIT" } }, 0)
  end
end

--- Compiles a field's selection on an object type. Returns the plan, or nil and the error.
function Execution:compile(field, t, depth)
  local ok, made = pcall(plan.compile, self, field.nodes, t, field, depth)
  if ok then return made end
  return nil, made
end

--- Makes an execution.
---@param given table schema, root, context, limits, clock, as the request has them
---@param document table
---@param operation table
---@param values table of variables
---@return table
function execution.new(given, document, operation, values)
  local context, limits, clock = given.context, given.limits or {}, given.clock or os.clock
  local exec = setmetatable({
    schema = given.schema, document = document, operation = operation,
    sources = document.sources, variables = values, root = given.root, context = context,
    limits = limits, clock = clock, deadline = limits.time and clock() + limits.time, errors = {},
    path = { nil, nil, nil, nil }, holders = { nil, nil, nil, nil }, calls = {}, infos = {},
    queue = {}, loaders = nil, data_failed = nil, size = 0, fuel = FUEL, run = run,
  }, Execution)
  if context == nil then
    exec.context = { loader = loader.set(exec) }
  elseif type(context) == "table" then
    context.loader = loader.set(exec)
  end
  return exec
end

local function execute(exec)
  local root_type = exec.schema:root(exec.operation.operation)
  local compiled = plan.of(exec, exec.operation, root_type)
  local data = run(exec, compiled, exec.root)
  if exec.loaders and data ~= FAIL then exec:wait() end
  exec.size = exec.limits.size and exec.size or 0
  exec:refuel()
  return data
end

--- Runs the operation. Returns data (nil when the whole of it is null) and errors.
---@param exec table
---@return table|nil data, table[] errors
function execution.run(exec)
  local ok, data = pcall(execute, exec)
  if not ok then
    local err = errors.is(data) and data or errors.new { message = errors.message_of(data) }
    return nil, { err }
  end
  if data == FAIL or exec.data_failed then data = nil end
  return data, exec.errors
end

return execution
