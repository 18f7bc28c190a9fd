-- Limits on the cost of a document, checked before execution: depth, aliases, and the number of
-- objects that its lists may return. The lexer limits tokens; the execution limits time and
-- response size.

local errors = require("lunette.graphql.error")
local types = require("lunette.graphql.types")

local limits = {}

--- The default limits.
limits.defaults = {
  tokens = 10000, depth = 32, aliases = 200, cost = 10000000, time = 10,
  size = 256 * 1024 * 1024,
}

local LIST <const> = 10 -- assumed length of a list that no argument limits
local SIZES = { "first", "last", "limit", "top" }

-- The assumed length of a field's list, by its arguments.
local function size_of(state, def, node)
  local t = types.nullable(def.type)
  if t.kind ~= "LIST" then return 1 end
  for _, name in ipairs(SIZES) do
    local value
    for _, arg in ipairs(node.arguments or {}) do
      if arg.name == name then value = arg.value end
    end
    local number = value and tonumber(value.value)
    if value and value.kind == "Variable" then
      number, state.varies = tonumber(state.variables[value.name]), true
    end
    if number then return math.max(number, 0) end
    local input = def.arg[name]
    if input and input.default and tonumber(input.default.value) then
      return tonumber(input.default.value)
    end
  end
  return LIST
end

local measure -- defined below

-- Adds a field's values, levels and aliases. Introspection's values count, its depth does not.
local function field(state, node, parent)
  local def = state.schema:field(parent, node.name)
  local alias = node.alias and 1 or 0
  if not def then return 0, 0, alias end
  if not node.selections then return 1, 1, alias end
  local t = types.named(def.type)
  local cost, depth, aliases = measure(state, node.selections, t)
  if t.introspection then return 1 + cost, 1, alias + aliases end
  return 1 + cost * size_of(state, def, node), depth + 1, alias + aliases
end

local function fragment(state, node)
  local known = state.known[node.name]
  if not known then
    local found = state.fragments[node.name]
    if not found then return 0, 0, 0 end
    local t = state.schema.types[found.condition.name]
    known = { measure(state, found.selections, t) }
    state.known[node.name] = known
  end
  return known[1], known[2], known[3]
end

function measure(state, selections, parent)
  local cost, depth, aliases = 0, 0, 0
  for _, node in ipairs(selections) do
    local c, d, a
    if node.kind == "Field" then
      c, d, a = field(state, node, parent)
    elseif node.kind == "FragmentSpread" then
      c, d, a = fragment(state, node)
    else
      local t = node.condition and state.schema.types[node.condition.name] or parent
      c, d, a = measure(state, node.selections, t)
    end
    cost, depth, aliases = cost + c, math.max(depth, d), aliases + a
  end
  return cost, depth, aliases
end

local MESSAGES = {
  depth = "The operation is %d levels deep, more than the %d that are allowed.",
  aliases = "The operation has %d aliases, more than the %d that are allowed.",
  cost = "The operation may give %.0f values, more than the %d that are allowed; "
    .. "ask for fewer, with first or limit.",
}

local NAMES = { "depth", "aliases", "cost" }

-- The cost of an operation. Cached with the document unless a variable limits a list.
local function measured(request, root)
  local document, operation = request.document, request.operation
  local kept = document.costs[operation]
  if kept and kept.schema == request.schema then return kept end
  local state = { schema = request.schema, fragments = document.fragments, known = {},
    variables = request.variables }
  local cost, depth, aliases = measure(state, operation.selections, root)
  local got = { cost = cost + 0.0, depth = depth, aliases = aliases, schema = request.schema }
  if not state.varies then document.costs[operation] = got end
  return got
end

--- Checks that an operation stays within the limits.
---@param request table schema, document, operation, variables, sources
---@param allowed { depth: integer?, aliases: integer?, cost: integer? }
---@return table|nil err
function limits.check(request, allowed)
  if not (allowed.depth or allowed.aliases or allowed.cost) then return nil end
  local root = request.schema:root(request.operation.operation)
  if not root then return nil end
  local got = measured(request, root)
  for _, name in ipairs(NAMES) do
    if allowed[name] and got[name] > allowed[name] then
      return errors.at(request.sources, MESSAGES[name]:format(got[name], allowed[name]),
        { request.operation.at }, { code = name:upper() .. "_LIMIT" })
    end
  end
end

return limits
