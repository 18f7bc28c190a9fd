-- MaxIntrospectionDepth: nested lists of fields would make the answer to a small query huge.
-- Introspection can also be switched off.

local introspection = {}

local MOST <const> = 3

local LISTS = { fields = true, interfaces = true, possibleTypes = true, inputFields = true }

local too_deep -- defined below

local function spread_too_deep(ctx, name, state, depth)
  local exceeded, seen = state.exceeded[name], state.seen[name]
  if exceeded and exceeded <= depth then return true end
  local fragment = ctx.fragments[name]
  if not fragment or (seen and seen >= depth) then return false end
  state.seen[name] = depth
  for _, child in ipairs(fragment.selections) do
    if too_deep(ctx, child, state, depth) then
      state.exceeded[name] = depth
      return true
    end
  end
  return false
end

function too_deep(ctx, node, state, depth)
  if node.kind == "FragmentSpread" then return spread_too_deep(ctx, node.name, state, depth) end
  if node.kind == "Field" and LISTS[node.name] then
    depth = depth + 1
    if depth >= MOST then return true end
  end
  for _, child in ipairs(node.selections or {}) do
    if too_deep(ctx, child, state, depth) then return true end
  end
  return false
end

--- Checks a field __schema or __type.
function introspection.check(ctx, node)
  if ctx.no_introspection then
    ctx:fault("NoSchemaIntrospection",
      ('Introspection is switched off, so "%s" cannot be asked for.'):format(node.name),
      { node.at })
    return
  end
  ctx.introspected = ctx.introspected or { exceeded = {}, seen = {} }
  if too_deep(ctx, node, ctx.introspected, 0) then
    ctx:fault("MaxIntrospectionDepth", "Maximum introspection depth exceeded", { node.at })
  end
end

return introspection
