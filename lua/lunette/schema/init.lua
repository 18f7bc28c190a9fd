-- The explorer's GraphQL schema: one file a concept, its SDL beside its resolvers, and what
-- scripts add to it.

local graphql = require("lunette.graphql")

local schema = {}

local PARTS = {
  "base", "health", "host", "program", "extension", "code", "map", "entries", "fill", "table",
  "histogram", "link", "btf", "owner", "attachment", "decoder", "graph", "metrics", "ui",
  "mutation", "subscription", "live", "changes", "sampler", "trace", "hot", "counters", "run",
  "history", "evaluate",
}

-- Adds a part's resolvers to those of the parts before it.
local function merge(into, resolvers)
  for type, fields in pairs(resolvers) do
    into[type] = into[type] or {}
    for name, resolver in pairs(fields) do
      if into[type][name] then error(("schema: %s.%s is resolved twice"):format(type, name)) end
      into[type][name] = resolver
    end
  end
end

--- The SDL and the resolvers of what is built in.
---@return string sdl, table resolvers
function schema.source()
  local texts, resolvers = {}, {}
  for i, name in ipairs(PARTS) do
    local part = require("lunette.schema." .. name)
    texts[i] = part.sdl
    merge(resolvers, part.resolvers)
  end
  return table.concat(texts, "\n"), resolvers
end

--- The explorer's schema without what scripts add.
---@return table|nil schema, table? errors
function schema.build_in() return graphql.build_schema(schema.source()) end

--- The explorer's schema, with what scripts add to it.
---@return table|nil schema, table? errors
function schema.build()
  local sdl, resolvers = schema.source()
  return graphql.build_schema(sdl, resolvers, { extensions = graphql.extensions() })
end

return schema
