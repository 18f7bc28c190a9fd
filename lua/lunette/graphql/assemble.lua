-- Makes a schema from definitions, scripts' extensions and resolvers, in this order: the rules of
-- SDL, the types, the validity of the schema, the resolvers. A step with errors ends the work and
-- reports all errors of that step.

local attach = require("lunette.graphql.attach")
local build = require("lunette.graphql.build")
local context = require("lunette.graphql.rules.context")
local directives = require("lunette.graphql.directives")
local errors = require("lunette.graphql.error")
local extensions = require("lunette.graphql.extensions")
local introspection = require("lunette.graphql.introspection")
local parser = require("lunette.graphql.parser")
local registry = require("lunette.registry")
local rules = require("lunette.graphql.rules.schema")
local scalars = require("lunette.graphql.scalars")
local sdl = require("lunette.graphql.rules.sdl")
local source = require("lunette.graphql.source")
local tables = require("lunette.graphql.tables")

local assemble = {}

local error_list = { __tostring = function(list)
  local lines = {}
  for i, err in ipairs(list) do lines[i] = errors.line(err) end
  return table.concat(lines, "\n")
end }

local function failed(list) return nil, setmetatable(list, error_list) end

-- Splits definitions into a document and the resolvers given in it.
local function read(definitions)
  if type(definitions) == "string" then
    local document, err = parser.parse(source.new(definitions, "schema"))
    return document, document and {} or err
  end
  local ok, document, resolvers = pcall(tables.schema, definitions)
  if ok then return document, resolvers end
  return nil, errors.new { message = document }
end

-- An extension by table gives no kind: it takes the kind of the type it extends.
local function adapt_kinds(document)
  local kinds = {}
  for _, node in ipairs(document.definitions) do
    if node.kind == "TypeDefinition" then kinds[node.name] = node.type_kind end
  end
  for _, node in ipairs(document.definitions) do
    if node.kind == "TypeExtension" and node.by_table and kinds[node.name] == "INTERFACE" then
      node.type_kind = "INTERFACE"
    end
  end
end

-- Appends the parts to the document.
local function join(document, parts)
  if #parts == 0 then return document end
  local all = { kind = "Document", sources = table.move(document.sources, 1, 1, 1, {}),
    definitions = table.move(document.definitions, 1, #document.definitions, 1, {}) }
  for _, part in ipairs(parts) do
    all.sources[#all.sources + 1] = part.document.sources[1]
    for _, node in ipairs(part.document.definitions) do
      all.definitions[#all.definitions + 1] = node
    end
  end
  adapt_kinds(all)
  return all
end

local standard = {}
for name in pairs(scalars.specified) do standard[name] = true end
for name in pairs(build.meta_types) do standard[name] = true end

-- Checks the rules of SDL.
local function check_document(document)
  local known = {}
  for _, directive in ipairs(directives.specified) do known[directive.name] = directive end
  for _, node in ipairs(document.definitions) do
    if node.kind == "DirectiveDefinition" then known[node.name] = sdl.directive(node) end
  end
  local ctx = context.for_sdl(document, known)
  return context.run(ctx, function() sdl.check(ctx, standard) end)
end

-- Checks the validity of the schema.
local function check_schema(schema, document)
  local ctx = context.for_sdl(document, schema.directive)
  return context.run(ctx, function() rules.check(ctx, schema) end)
end

-- Attaches resolvers. An error names the place of the resolver's declaration.
local function attach_all(schema, own, resolvers, parts)
  local list = { { resolvers = own }, { resolvers = resolvers } }
  for _, part in ipairs(parts) do list[#list + 1] = part end
  for _, part in ipairs(list) do
    local ok, raised = pcall(attach.resolvers, schema, part.resolvers)
    if not ok then
      local where = part.item and registry.where(part.item) .. ": " or ""
      return errors.new { message = where .. errors.message_of(raised) }
    end
  end
end

--- Makes a schema.
---@param definitions string|table
---@param resolvers table
---@param declared table[] extensions, items of the registry
---@return table|nil schema, table[]? errors
function assemble.schema(definitions, resolvers, declared)
  local document, own = read(definitions)
  if not document then return failed { own } end
  local parts, err = extensions.parse(declared, #document.sources[1].body + 1)
  if not parts then return failed { err } end
  document = join(document, parts)
  local list = check_document(document)
  if #list > 0 then return failed(list) end
  local schema = build.schema(document, introspection.meta)
  list = check_schema(schema, document)
  if #list > 0 then return failed(list) end
  err = attach_all(schema, own, resolvers, parts)
  if err then return failed { err } end
  return schema
end

return assemble
