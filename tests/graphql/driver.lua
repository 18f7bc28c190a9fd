-- The engine as a child process for the differential test: a JSON text a line in, one out.
--
--   { op: "schema", sdl }                            -> { ok } | { errors }
--   { op: "execute", query, variables?, operation?, root } -> { data?, errors? }
--   { op: "subscribe", query, variables?, operation?, root } -> { list: [{ data?, errors? }] }
--   { op: "print", query }                             -> { text } | { errors }
--
-- Resolvers are one rule, the same as in oracle.mjs: a field gives what its object holds under
-- its name, and a field with arguments gives them back.

local graphql = require("lunette.graphql")
local coerce = require("lunette.graphql.coerce")
local errors = require("lunette.graphql.error")
local json = require("lunette.runtime.json")
local scalars = require("lunette.graphql.scalars")
local untyped = require("lunette.graphql.untyped")
local decode = require("lunette.graphql.json_text").decode

local schema

-- A value in the data that stands for an error: { "$error": "message" }.
local function raised(value)
  return type(value) == "table" and value["$error"]
end

-- The arguments as text, in the order of their definition.
local function echo(_, _, _, info)
  return json.encode(info.given)
end

-- Errors may also be in lists.
local function unwrap(value)
  if type(value) ~= "table" then return value end
  if raised(value) then return graphql.error { message = value["$error"] } end
  local items = json.array {}
  for i, item in ipairs(value) do items[i] = unwrap(item) end
  return coerce.is_list(value) and items or value
end

local function resolve(field)
  local name, has_args = field.name, #field.args > 0
  local text = has_args and (tostring(field.type):gsub("!", "")) == "String"
  return function(object, args, ctx, info)
    if text then return echo(object, args, ctx, info) end
    if type(object) ~= "table" then return nil end
    return unwrap(object[name])
  end
end

-- The scalar Odd: odd integers, and nothing else.
local function odd(value)
  if math.type(value) == "float" then value = math.tointeger(value) end
  if math.type(value) ~= "integer" or value % 2 == 0 then error("not odd") end
  return value
end

local ODD = { serialize = odd, parse_value = odd,
  parse_literal = function(node) return odd(untyped.value(node)) end }

-- The events of a subscription, from a list in the root value.
local function events(root)
  local list = type(root) == "table" and root["$events"]
  if not list then error(graphql.error { message = "no events" }) end
  local at = 0
  return function()
    at = at + 1
    return list[at]
  end
end

local function attach(made)
  if made.types.Odd and made.types.Odd.kind == "SCALAR" then scalars.attach(made.types.Odd, ODD) end
  for _, field in ipairs(made.subscription and made.subscription.fields or {}) do
    field.subscribe = events
  end
  for _, t in ipairs(made.list) do
    if (t.kind == "OBJECT" or t.kind == "INTERFACE") and not t.introspection then
      for _, field in ipairs(t.fields) do field.resolve = resolve(field) end
    end
  end
end

local ops = {}

function ops.schema(message)
  local made, list = graphql.build_schema(message.sdl)
  if not made then return { errors = errors.format_all(list) } end
  attach(made)
  schema = made
  return { ok = true }
end

local function request(message)
  return { schema = schema, source = message.query, variables = message.variables,
    operation_name = message.operation, root = message.root }
end

function ops.execute(message) return graphql.execute(request(message)) end

function ops.subscribe(message)
  local stream = graphql.subscribe(request(message))
  if not graphql.is_stream(stream) then return { list = json.array { stream } } end
  local list = json.array {}
  for answer in function() return stream:next() end do list[#list + 1] = answer end
  return { list = list }
end

function ops.print(message)
  local document, err = graphql.parse(message.query)
  if not document then return { errors = { errors.format(err) } } end
  return { text = graphql.print(document) }
end

for line in io.lines() do
  local message = decode(line)
  local ok, result = xpcall(ops[message.op], debug.traceback, message)
  if not ok then result = { crash = tostring(result) } end
  io.write(json.encode(result), "\n")
  io.flush()
end
