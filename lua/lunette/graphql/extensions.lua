-- Scripts' extensions of the explorer's schema: collected while scripts load, applied when the
-- schema is built. Every error names the extension's file and line.

local errors = require("lunette.graphql.error")
local parser = require("lunette.graphql.parser")
local registry = require("lunette.registry")
local source = require("lunette.graphql.source")
local tables = require("lunette.graphql.tables")

local extensions = {}

-- The line at which an SDL text begins in its file; else the line of the call.
local function line_of(item, text)
  local file = io.open(item.source.file, "rb")
  if not file then return item.source.line end
  local content = file:read("a")
  file:close()
  local from = 1
  for _ = 2, item.source.line do from = (content:find("\n", from, true) or #content) + 1 end
  local at = content:find(text, from, true)
  return at and (source.position(content, at)) or item.source.line
end

local function from_sdl(item, base)
  local text = source.new(item.sdl, item.source.file, base)
  text.first_line = line_of(item, item.sdl)
  local document, err = parser.parse(text)
  if not document then return nil, err end
  return document, item.resolvers
end

local function from_table(item, base)
  local ok, document, resolvers = pcall(tables.extension, item.type, item.fields)
  if not ok then return nil, errors.new { message = document } end
  local text = document.sources[1]
  text.base, text.name, text.first_line = base, item.source.file, item.source.line
  local function rebase(node)
    for key, value in pairs(node) do
      if key == "at" or key == "name_at" then node[key] = base + 1
      elseif type(value) == "table" and key ~= "value" then rebase(value) end
    end
  end
  rebase(document.definitions)
  return document, resolvers
end

--- Adds an extension: SDL with resolvers, or fields of a type as a table.
---@param what string SDL, or the name of a type
---@param with table resolvers, or fields
function extensions.declare(what, with)
  if type(what) ~= "string" then error("graphql.extend: a type's name or SDL is expected", 2) end
  if what:find("^%s*[_%a][_%w]*%s*$") then
    if type(with) ~= "table" then error("graphql.extend: a table of fields is expected", 2) end
    return registry.declare("graphql", { type = what:match("%S+"), fields = with })
  end
  if with ~= nil and type(with) ~= "table" then
    error("graphql.extend: a table of resolvers is expected", 2)
  end
  return registry.declare("graphql", { sdl = what, resolvers = with or {} })
end

--- The extensions as documents, ready for appending to another document.
---@param list table[] of the registry
---@param base integer the first number that is free
---@return table[]|nil parts each { document, resolvers, item }, table? err
function extensions.parse(list, base)
  local parts = {}
  for i, item in ipairs(list) do
    local document, resolvers = (item.sdl and from_sdl or from_table)(item, base)
    if not document then
      local err = resolvers
      if not err.at then err.message = registry.where(item) .. ": " .. err.message end
      return nil, err
    end
    parts[i] = { document = document, resolvers = resolvers, item = item }
    base = base + #document.sources[1].body + 1
  end
  return parts
end

--- The extensions that scripts have declared so far.
---@return table[]
function extensions.declared() return registry.list("graphql") end

return extensions
