-- The engine as a child process for the differential test: a JSON text a line in, one out.
--
--   { op: "schema", sdl }                            -> { ok } | { errors }
--   { op: "execute", query, variables?, operation?, root } -> { data?, errors? }
--   { op: "print", query }                             -> { text } | { errors }
--
-- Resolvers are one rule, the same as in oracle.mjs: a field gives what its object holds under
-- its name, and a field with arguments gives them back.

package.path = "lua/?.lua;lua/?/init.lua;" .. package.path

local graphql = require("lunette.graphql")
local coerce = require("lunette.graphql.coerce")
local encode = require("tests.graphql.support.encode")
local errors = require("lunette.graphql.error")
local json = require("lunette.runtime.json")
local decode = require("lunette.graphql.json_text").read

local schema

-- A value that stands for an error in the data: { "$error": "message" }.
local function raised(value)
  return type(value) == "table" and value["$error"]
end

-- Arguments in the order of their definition, as text.
local function echo(_, _, _, info)
  return encode.sorted(info.given)
end

-- Errors may stand in lists as well.
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

local function attach(made)
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

function ops.execute(message)
  local result = graphql.execute {
    schema = schema, source = message.query, variables = message.variables,
    operation_name = message.operation, root = message.root,
  }
  return result
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
  io.write(encode.value(result), "\n")
  io.flush()
end
