-- Finds input objects that need themselves, so that no finite value exists, and defaults that need
-- themselves.

local types = require("lunette.graphql.types")

local cycles = {}

-- The input object that a field requires a value of, if any.
local function target_of(t, field)
  local inner = field.type
  if not t.one_of then
    if inner.kind ~= "NON_NULL" then return nil end
    inner = inner.of
  end
  return inner.kind == "INPUT_OBJECT" and inner or nil
end

local function state_of(t)
  local state = { type = t, targets = {} }
  for _, field in ipairs(t.fields) do
    local target = target_of(t, field)
    if target then state.targets[#state.targets + 1] = { field = field, type = target } end
  end
  return state
end

-- True when a value can be made from the input objects already known to be finite.
local function is_finite(state, finite)
  local t = state.type
  if t.one_of then
    if #t.fields == 0 or #state.targets < #t.fields then return true end
    for _, target in ipairs(state.targets) do
      if finite[target.type] then return true end
    end
    return false
  end
  for _, target in ipairs(state.targets) do
    if not finite[target.type] then return false end
  end
  return true
end

local function settle(states)
  local finite, moved = {}, true
  while moved do
    moved = false
    for _, state in ipairs(states) do
      if not finite[state.type] and is_finite(state, finite) then
        finite[state.type], moved = true, true
      end
    end
  end
  return finite
end

local function report(ctx, path, first, target)
  local names, at = {}, {}
  for i = first, #path do
    names[#names + 1] = path[i].text
    at[#at + 1] = path[i].at
  end
  ctx:report(("Input Object %s cannot be provided a finite value because it references itself "
    .. "through fields: %s."):format(target.name, table.concat(names, ", ")), at)
end

local function follow(ctx, t, walk)
  if walk.visited[t] then return end
  walk.visited[t] = true
  walk.index[t] = #walk.path + 1
  for _, target in ipairs(walk.states[t].targets) do
    if walk.states[target.type] and not walk.finite[target.type] then
      local first = walk.index[target.type]
      walk.path[#walk.path + 1] = {
        text = t.name .. "." .. target.field.name, at = target.field.node.at,
      }
      if first then
        report(ctx, walk.path, first, target.type)
      else
        follow(ctx, target.type, walk)
      end
      walk.path[#walk.path] = nil
    end
  end
  walk.index[t] = nil
end

--- Reports input objects that need themselves.
function cycles.of_inputs(ctx, schema)
  local states = {}
  for _, t in ipairs(schema.list) do
    if t.kind == "INPUT_OBJECT" then
      local state = state_of(t)
      states[#states + 1], states[t] = state, state
    end
  end
  local finite = settle(states)
  local walk = { visited = {}, path = {}, index = {}, states = states, finite = finite }
  for _, state in ipairs(states) do
    if not finite[state.type] then follow(ctx, state.type, walk) end
  end
end

local visit -- defined below

local function report_default(ctx, walk, text, first)
  local via, at = {}, {}
  for i = first, #walk.path do
    at[#at + 1] = walk.path[i].at
    if i > first then via[#via + 1] = walk.path[i].text end
  end
  ctx:report(("Invalid circular reference. The default value of Input Object field %s references "
    .. "itself%s."):format(text, #via > 0 and " via the default values of: "
    .. table.concat(via, ", ") or ""), at)
end

local function visit_field(ctx, t, field, walk)
  if field.default == nil then return end
  local text = t.name .. "." .. field.name
  if walk.index[text] then return report_default(ctx, walk, text, walk.index[text]) end
  if walk.visited[text] then return end
  walk.visited[text] = true
  walk.path[#walk.path + 1] = { text = text, at = field.default.at }
  walk.index[text] = #walk.path
  visit(ctx, types.named(field.type), field.default, walk)
  walk.path[#walk.path] = nil
  walk.index[text] = nil
end

function visit(ctx, t, node, walk)
  if node.kind == "ListValue" then
    for _, item in ipairs(node.values) do visit(ctx, t, item, walk) end
    return
  elseif node.kind ~= "ObjectValue" then
    return
  end
  local given = {}
  for _, field in ipairs(node.fields) do given[field.name] = field.value end
  for _, field in ipairs(t.fields) do
    local inner = types.named(field.type)
    if inner.kind == "INPUT_OBJECT" then
      if given[field.name] then
        visit(ctx, inner, given[field.name], walk)
      else
        visit_field(ctx, t, field, walk)
      end
    end
  end
end

--- Reports defaults that need themselves: returns a function to call for each input object.
function cycles.of_defaults(ctx)
  local walk = { visited = {}, path = {}, index = {} }
  return function(t) visit(ctx, t, { kind = "ObjectValue", fields = {} }, walk) end
end

return cycles
