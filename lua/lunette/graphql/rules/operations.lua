-- Rules on operations: unique names, supported by the schema, allowed root fields of a
-- subscription.

local applies = require("lunette.graphql.collect").applies
local directives = require("lunette.graphql.directives")

local operations = {}

--- ExecutableDefinitions
function operations.executable(ctx, node)
  local name = node.name and '"' .. node.name .. '"' or "schema"
  ctx:fault("ExecutableDefinitions", ("The %s definition is not executable."):format(name),
    { node.at }, 0)
end

-- Reports a second definition of the same name.
local function unique(ctx, rule, nodes, what)
  local seen = {}
  for _, node in ipairs(nodes) do
    if node.name and seen[node.name] then
      ctx:fault(rule, ('There can be only one %s named "%s".'):format(what, node.name),
        { seen[node.name].name_at, node.name_at }, node.at)
    elseif node.name then
      seen[node.name] = node
    end
  end
end

--- UniqueOperationNames, LoneAnonymousOperation, UniqueFragmentNames
function operations.names(ctx)
  local fragments, list = {}, ctx.document.operations
  for _, node in ipairs(ctx.document.definitions) do
    if node.kind == "FragmentDefinition" then fragments[#fragments + 1] = node end
  end
  unique(ctx, "UniqueOperationNames", list, "operation")
  unique(ctx, "UniqueFragmentNames", fragments, "fragment")
  for _, node in ipairs(#list > 1 and list or {}) do
    if not node.name then
      ctx:fault("LoneAnonymousOperation",
        "This anonymous operation must be the only defined operation.", { node.at })
    end
  end
end

--- KnownOperationTypes: the root type, or nil.
function operations.root(ctx, node)
  local root = ctx.schema:root(node.operation)
  if not root then
    ctx:fault("KnownOperationTypes",
      ("The %s operation is not supported by the schema."):format(node.operation), { node.at })
  end
  return root
end

-- Collects the root fields of a subscription. @skip and @include are noted, not evaluated.
local function collect(ctx, selections, root, found, visited)
  for _, node in ipairs(selections) do
    local condition = directives.find(node.directives, "skip")
      or directives.find(node.directives, "include")
    if condition then
      found.conditions[#found.conditions + 1] = condition.at
    elseif node.kind == "Field" then
      if not found.fields[node.key] then
        found.fields[node.key] = {}
        found.keys[#found.keys + 1] = node.key
      end
      table.insert(found.fields[node.key], node)
    elseif node.kind == "InlineFragment" then
      if applies(node, root, ctx.schema) then
        collect(ctx, node.selections, root, found, visited)
      end
    else
      local fragment = ctx.fragments[node.name]
      if fragment and not visited[node.name] and applies(fragment, root, ctx.schema) then
        visited[node.name] = true
        collect(ctx, fragment.selections, root, found, visited)
      end
    end
  end
end

local function places(found, first)
  local at = {}
  for i = first, #found.keys do
    for _, node in ipairs(found.fields[found.keys[i]]) do at[#at + 1] = node.at end
  end
  return at
end

--- SingleFieldSubscriptions
function operations.single_field(ctx, operation, root)
  local found = { fields = {}, keys = {}, conditions = {} }
  collect(ctx, operation.selections, root, found, {})
  local who = operation.name and ('Subscription "%s"'):format(operation.name)
    or "Anonymous Subscription"
  local function fault(message, at)
    ctx:fault("SingleFieldSubscriptions", message, at, operation.at)
  end
  if #found.conditions > 0 then
    fault(who .. " must not use `@skip` or `@include` directives in the top level selection.",
      found.conditions)
    return
  end
  if #found.keys > 1 then
    fault(who .. " must select only one top level field.", places(found, 2))
  end
  for i, key in ipairs(found.keys) do
    if found.fields[key][1].name:find("^__") then
      local at = {}
      for j, node in ipairs(found.fields[found.keys[i]]) do at[j] = node.at end
      fault(who .. " must not select an introspection top level field.", at)
    end
  end
end

return operations
