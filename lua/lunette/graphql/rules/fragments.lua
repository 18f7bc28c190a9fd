-- Rules on fragments: on composite types, known, used, possible at their spreads, without cycles.

local suggest = require("lunette.runtime.suggest")
local types = require("lunette.graphql.types")

local fragments = {}

local function type_names(schema)
  local names = {}
  for i, t in ipairs(schema.list) do names[i] = t.name end
  return names
end

local function defined_here(ctx, name)
  for _, node in ipairs(ctx.document.definitions) do
    if node.kind == "TypeDefinition" and node.name == name then return true end
  end
  return false
end

--- KnownTypeNames: the type that a name refers to, or nil.
function fragments.known_type(ctx, node)
  local t = ctx.schema.types[node.name]
  if not t and not defined_here(ctx, node.name) then
    ctx:fault("KnownTypeNames", ('Unknown type "%s".%s'):format(node.name,
      suggest.did_you_mean(node.name, type_names(ctx.schema))), { node.at })
  end
  return t
end

--- FragmentsOnCompositeTypes
function fragments.on_composite(ctx, node, t)
  if types.is_composite(t) then return end
  local what = node.name and ('Fragment "%s"'):format(node.name) or "Fragment"
  ctx:fault("FragmentsOnCompositeTypes",
    ('%s cannot condition on non composite type "%s".'):format(what, node.condition.name),
    { node.condition.at }, node.at)
end

-- True when an object can be of both types.
local function overlap(schema, a, b)
  if a == b then return true end
  if types.is_abstract(a) then
    if types.is_abstract(b) then
      for _, possible in ipairs(schema:possible_types(a)) do
        if schema:implements(possible, b) then return true end
      end
      return false
    end
    return schema:implements(b, a)
  end
  return types.is_abstract(b) and schema:implements(a, b)
end

--- PossibleFragmentSpreads
function fragments.possible(ctx, node, t, parent)
  if overlap(ctx.schema, t, parent) then return end
  local what = node.name and ('Fragment "%s"'):format(node.name) or "Fragment"
  ctx:fault("PossibleFragmentSpreads",
    ('%s cannot be spread here as objects of type "%s" can never be of type "%s".')
      :format(what, parent.name, t.name), { node.at })
end

--- KnownFragmentNames: the fragment that a spread refers to, or nil.
function fragments.known(ctx, node)
  local found = ctx.fragments[node.name]
  if not found then
    ctx:fault("KnownFragmentNames", ('Unknown fragment "%s".'):format(node.name),
      { node.name_at }, node.at)
  end
  return found
end

--- The spreads in a definition: those of the top level first.
function fragments.spreads(definition)
  local found, stack = {}, { definition.selections }
  while #stack > 0 do
    local set = table.remove(stack)
    for _, node in ipairs(set) do
      if node.kind == "FragmentSpread" then
        found[#found + 1] = node
      elseif node.selections then
        stack[#stack + 1] = node.selections
      end
    end
  end
  return found
end

local function report_cycle(ctx, path, first, definition)
  local at, via = {}, {}
  for i = first, #path do
    at[#at + 1] = path[i].at
    if i < #path then via[#via + 1] = '"' .. path[i].name .. '"' end
  end
  ctx:fault("NoFragmentCycles",
    ('Cannot spread fragment "%s" within itself%s.'):format(path[#path].name,
      #via > 0 and " via " .. table.concat(via, ", ") or ""), at, definition.at)
end

-- Follows the spreads of a fragment; state.path lists the spreads that led to it.
local function follow(ctx, fragment, state)
  local name = fragment.name
  if state.visited[name] then return end
  state.visited[name] = true
  state.index[name] = #state.path + 1
  for _, node in ipairs(fragments.spreads(fragment)) do
    state.path[#state.path + 1] = node
    local first = state.index[node.name]
    if first then
      report_cycle(ctx, state.path, first, state.definition)
    elseif ctx.fragments[node.name] then
      follow(ctx, ctx.fragments[node.name], state)
    end
    state.path[#state.path] = nil
  end
  state.index[name] = nil
end

--- NoFragmentCycles
function fragments.cycles(ctx)
  local state = { visited = {}, path = {}, index = {} }
  for _, node in ipairs(ctx.document.definitions) do
    if node.kind == "FragmentDefinition" then
      state.definition = node
      follow(ctx, node, state)
    end
  end
end

--- NoUnusedFragments
---@param used table<string, boolean>
function fragments.unused(ctx, used)
  for _, node in ipairs(ctx.document.definitions) do
    if node.kind == "FragmentDefinition" and not used[node.name] then
      ctx:fault("NoUnusedFragments", ('Fragment "%s" is never used.'):format(node.name),
        { node.at }, ctx.document)
    end
  end
end

return fragments
