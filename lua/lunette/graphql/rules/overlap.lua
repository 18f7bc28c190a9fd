-- OverlappingFieldsCanBeMerged: fields with the same response key must be the same field with the
-- same arguments.
-- Selections are compared in pairs. Compared pairs (of a selection and a fragment, or of two
-- fragments) are remembered, so that none is compared twice. A budget of comparisons limits the
-- time that a document takes.

local printer = require("lunette.graphql.printer")
local types = require("lunette.graphql.types")

local overlap = {}

local BUDGET <const> = 200000 -- comparisons: about a tenth of a second
local TOO_MANY <const> = "Too many fields of the same name to compare. Validation aborted."
local SHOWN <const> = 1000 -- longest reason in bytes
local PLACES <const> = 20 -- most nodes reported for one side

local between_sets -- defined below

local function spend(state, cost)
  state.budget = state.budget - cost
  if state.budget < 0 then state.ctx:abort(TOO_MANY) end
end

local function collect(ctx, parent, selections, set)
  for _, node in ipairs(selections) do
    if node.kind == "Field" then
      local def = parent and types.has_fields(parent) and parent.field[node.name] or nil
      local group = set.groups[node.key]
      if not group then
        group = {}
        set.groups[node.key] = group
        set.keys[#set.keys + 1] = node.key
      end
      group[#group + 1] = { parent = parent, node = node, def = def,
        simple = not node.arguments and not node.selections }
    elseif node.kind == "FragmentSpread" then
      if not set.spread[node.name] then
        set.spread[node.name] = true
        set.spreads[#set.spreads + 1] = node.name
      end
    else
      local inner = parent
      if node.condition then inner = ctx.schema.types[node.condition.name] end
      collect(ctx, inner, node.selections, set)
    end
  end
end

-- The fields and spreads of a selection for a type. Cached.
local function set_of(state, parent, selections)
  local by_parent = state.sets[selections]
  if not by_parent then
    by_parent = {}
    state.sets[selections] = by_parent
  end
  local set = by_parent[parent or false]
  if not set then
    set = { groups = {}, keys = {}, spreads = {}, spread = {} }
    collect(state.ctx, parent, selections, set)
    by_parent[parent or false] = set
  end
  return set
end

local function set_of_fragment(state, fragment)
  return set_of(state, state.ctx.schema.types[fragment.condition.name], fragment.selections)
end

local function value_text(state, node)
  local text = state.values[node]
  if text then return text end
  if node.kind == "ObjectValue" then
    local parts = {}
    for i, field in ipairs(node.fields) do
      parts[i] = field.name .. ":" .. value_text(state, field.value)
    end
    table.sort(parts)
    text = "{" .. table.concat(parts, ",") .. "}"
  elseif node.kind == "ListValue" then
    local parts = {}
    for i, item in ipairs(node.values) do parts[i] = value_text(state, item) end
    text = "[" .. table.concat(parts, ",") .. "]"
  else
    text = node.kind .. (node.block and " block " or " ") .. printer.print(node)
  end
  state.values[node] = text
  return text
end

local function same_arguments(state, a, b)
  local first, second = a.arguments or {}, b.arguments or {}
  if #first ~= #second then return false end
  for _, one in ipairs(first) do
    local other
    for _, arg in ipairs(second) do
      if arg.name == one.name then other = arg end
    end
    spend(state, 1)
    if not other or value_text(state, one.value) ~= value_text(state, other.value) then
      return false
    end
  end
  return true
end

local function types_conflict(a, b)
  if a == b then return false end
  for _, kind in ipairs({ "LIST", "NON_NULL" }) do
    if a.kind == kind or b.kind == kind then
      return a.kind ~= b.kind or types_conflict(a.of, b.of)
    end
  end
  return types.is_leaf(a) or types.is_leaf(b)
end

local function abbreviated(text)
  return #text > SHOWN and text:sub(1, SHOWN) .. "..." or text
end

local function conflict(key, reason, one, other)
  return { key = key, reason = reason, first = { one.node.at }, second = { other.node.at } }
end

local function nodes_of(node, conflicts, side)
  local at = { node.at }
  for _, found in ipairs(conflicts) do
    local more = found[side]
    for i = math.max(1, #more - (PLACES - #at) + 1), #more do at[#at + 1] = more[i] end
    if #at >= PLACES then break end
  end
  return at
end

-- Reports conflicts of subfields as a conflict of the two fields.
local function of_subfields(conflicts, key, one, other)
  if #conflicts == 0 then return nil end
  local parts, size = {}, 0
  for i, found in ipairs(conflicts) do
    parts[i] = ('subfields "%s" conflict because %s'):format(abbreviated(found.key), found.reason)
    size = size + #parts[i]
    if size > SHOWN then break end
  end
  return {
    key = key, reason = abbreviated(table.concat(parts, " and ")),
    first = nodes_of(one.node, conflicts, "first"),
    second = nodes_of(other.node, conflicts, "second"),
  }
end

local function differing(state, key, one, other)
  local a, b = one.node, other.node
  if a.name ~= b.name then
    return conflict(key, ('"%s" and "%s" are different fields'):format(abbreviated(a.name),
      abbreviated(b.name)), one, other)
  end
  if not same_arguments(state, a, b) then
    return conflict(key, "they have differing arguments", one, other)
  end
end

-- The reason why two fields of one response key conflict; nil when they don't.
local function find(state, exclusive, key, one, other)
  spend(state, 2)
  local a, b = one.def and one.def.type, other.def and other.def.type
  if one.simple and other.simple and a == b and one.node.name == other.node.name then
    return nil
  end
  local apart = exclusive or (one.parent ~= other.parent and one.parent ~= nil
    and other.parent ~= nil and one.parent.kind == "OBJECT" and other.parent.kind == "OBJECT")
  local found = not apart and differing(state, key, one, other)
  if found then return found end
  if a and b and types_conflict(a, b) then
    return conflict(key, ('they return conflicting types "%s" and "%s"'):format(a.text, b.text),
      one, other)
  end
  if not one.node.selections or not other.node.selections then return nil end
  local conflicts = between_sets(state, apart,
    set_of(state, a and types.named(a), one.node.selections),
    set_of(state, b and types.named(b), other.node.selections))
  return of_subfields(conflicts, key, one, other)
end

local function between(state, conflicts, exclusive, a, b)
  for _, key in ipairs(a.keys) do
    spend(state, 1)
    for _, one in ipairs(b.groups[key] and a.groups[key] or {}) do
      for _, other in ipairs(b.groups[key]) do
        conflicts[#conflicts + 1] = find(state, exclusive, key, one, other)
      end
    end
  end
end

-- True when the pair was compared before; else marks it as compared. A pair compared as not
-- exclusive counts as compared as exclusive, too.
local function compared(pairs_seen, a, b, exclusive)
  local by_first = pairs_seen[a]
  if not by_first then
    by_first = {}
    pairs_seen[a] = by_first
  end
  local before = by_first[b]
  if before ~= nil and (exclusive or not before) then return true end
  by_first[b] = exclusive
  return false
end

local function fields_and_fragment(state, conflicts, exclusive, set, name)
  spend(state, 1)
  local fragment = state.ctx.fragments[name]
  if not fragment or #set.keys == 0 then return end
  if compared(state.with_fragment, set, fragment, exclusive) then return end
  local other = set_of_fragment(state, fragment)
  if other == set then return end
  between(state, conflicts, exclusive, set, other)
  for _, inner in ipairs(other.spreads) do
    fields_and_fragment(state, conflicts, exclusive, set, inner)
  end
end

local function fragments(state, conflicts, exclusive, first, second)
  spend(state, 2)
  if first == second then return end
  local low, high = first, second
  if low > high then low, high = high, low end
  if compared(state.of_fragments, low, high, exclusive) then return end
  local a, b = state.ctx.fragments[first], state.ctx.fragments[second]
  if not a or not b then return end
  local set_a, set_b = set_of_fragment(state, a), set_of_fragment(state, b)
  between(state, conflicts, exclusive, set_a, set_b)
  for _, inner in ipairs(set_b.spreads) do fragments(state, conflicts, exclusive, first, inner) end
  for _, inner in ipairs(set_a.spreads) do fragments(state, conflicts, exclusive, inner, second) end
end

function between_sets(state, exclusive, a, b)
  local conflicts = {}
  between(state, conflicts, exclusive, a, b)
  for _, name in ipairs(b.spreads) do fields_and_fragment(state, conflicts, exclusive, a, name) end
  for _, name in ipairs(a.spreads) do fields_and_fragment(state, conflicts, exclusive, b, name) end
  for _, first in ipairs(a.spreads) do
    for _, second in ipairs(b.spreads) do
      fragments(state, conflicts, exclusive, first, second)
    end
  end
  return conflicts
end

-- True when all fields of a group are obviously the same.
local function uniform(group)
  local first = group[1]
  for _, one in ipairs(group) do
    if not one.simple or one.def ~= first.def or one.node.name ~= first.node.name then
      return false
    end
  end
  return true
end

local function within(state, set)
  local conflicts = {}
  for _, key in ipairs(set.keys) do
    local group = set.groups[key]
    if #group > 1 and not uniform(group) then
      for i = 1, #group do
        for j = i + 1, #group do
          conflicts[#conflicts + 1] = find(state, false, key, group[i], group[j])
        end
      end
    end
  end
  if #set.keys == 0 and #set.spreads < 2 then return conflicts end
  for i, name in ipairs(set.spreads) do
    fields_and_fragment(state, conflicts, false, set, name)
    for j = i + 1, #set.spreads do
      fragments(state, conflicts, false, name, set.spreads[j])
    end
  end
  return conflicts
end

--- Checks the selection of an operation, field or fragment, including its inline fragments.
---@param ctx table
---@param parent table|nil
---@param selections table[]
function overlap.check(ctx, parent, selections)
  if #selections == 1 and selections[1].kind ~= "InlineFragment" then return end
  local state = ctx.overlap
  if not state then
    state = { ctx = ctx, budget = BUDGET, sets = {}, values = {}, with_fragment = {},
      of_fragments = {} }
    ctx.overlap = state
  end
  for _, found in ipairs(within(state, set_of(state, parent, selections))) do
    local at = table.move(found.second, 1, #found.second, #found.first + 1, found.first)
    ctx:fault("OverlappingFieldsCanBeMerged", ('Fields "%s" conflict because %s. Use different '
      .. "aliases on the fields to fetch both if this was intentional."):format(
        abbreviated(found.key), found.reason), at, selections[1].at - 1)
  end
end

return overlap
