-- Collects the fields of a selection for an object type: expands fragments, applies @skip and
-- @include, and merges fields with the same response key, in document order.

local coerce_arguments = require("lunette.graphql.arguments").coerce
local directives = require("lunette.graphql.directives")

local collect = {}

local CONDITIONS = {}
for _, directive in ipairs(directives.specified) do CONDITIONS[directive.name] = directive end

-- The value of a directive's `if`. Raises when it has none.
local function condition(node, name, request)
  local found = directives.find(node.directives, name)
  if not found then return nil end
  local args, err = coerce_arguments(CONDITIONS[name], found, request.variables, request.sources)
  if not args then error(err, 0) end
  return args["if"]
end

local function included(node, request)
  if not node.directives then return true end
  return condition(node, "skip", request) ~= true and condition(node, "include", request) ~= false
end

local function applies(node, t, schema)
  if not node.condition then return true end
  local wanted = schema.types[node.condition.name]
  return wanted == t or (wanted ~= nil and schema:implements(t, wanted))
end

collect.applies = applies

local function visit(selections, t, request, groups, visited)
  for i = 1, #selections do
    local node = selections[i]
    local kind = node.kind
    if kind == "Field" then
      if included(node, request) then
        local group = groups[node.key]
        if group then
          group[#group + 1] = node
        else
          groups[node.key] = { node }
          groups[#groups + 1] = node.key
        end
      end
    elseif kind == "InlineFragment" then
      if included(node, request) and applies(node, t, request.schema) then
        visit(node.selections, t, request, groups, visited)
      end
    elseif not visited[node.name] and included(node, request) then
      local fragment = request.document.fragments[node.name]
      if fragment and applies(fragment, t, request.schema) then
        visited[node.name] = true
        visit(fragment.selections, t, request, groups, visited)
      end
    end
  end
end

--- Collects the fields that nodes select on an object type. Raises when a condition has no value.
---@param nodes table[] operations or fields; their selections are merged
---@param t table
---@param request table schema, document, variables, sources
---@return table groups the response keys in order, and under each key its nodes
function collect.fields(nodes, t, request)
  local groups, visited = {}, {}
  for _, node in ipairs(nodes) do
    if node.selections then visit(node.selections, t, request, groups, visited) end
  end
  return groups
end

-- Collects the names of variables that @skip and @include use.
local function note_conditions(selections, names)
  for i = 1, #selections do
    local node = selections[i]
    for _, directive in ipairs(node.directives or {}) do
      local arg = CONDITIONS[directive.name] and directive.arguments and directive.arguments[1]
      if arg and arg.value.kind == "Variable" and not names[arg.value.name] then
        names[arg.value.name] = true
        names[#names + 1] = arg.value.name
      end
    end
    if node.selections then note_conditions(node.selections, names) end
  end
end

--- Adds to a document the facts that every execution needs: operations, fragments by name, and the
--- variables that conditions depend on.
---@param document table
function collect.prepare(document)
  if document.fragments then return end
  local fragments, operations, conditions = {}, {}, {}
  for _, node in ipairs(document.definitions) do
    if node.kind == "FragmentDefinition" then
      fragments[node.name] = node
    elseif node.kind == "OperationDefinition" then
      operations[#operations + 1] = node
    end
    if node.selections then note_conditions(node.selections, conditions) end
  end
  document.operations, document.conditions = operations, conditions
  document.plans, document.costs = setmetatable({}, { __mode = "k" }), {}
  document.fragments = fragments
end

return collect
