-- Rules on fields: FieldsOnCorrectType and ScalarLeafs.

local suggest = require("lunette.runtime.suggest")
local types = require("lunette.graphql.types")

local fields = {}

-- The possible types of an abstract type that have the field, most shared ones first.
local function types_with(schema, t, name)
  if not types.is_abstract(t) then return {} end
  local uses, found = {}, {}
  local function note(one)
    if not uses[one] then
      uses[one] = 0
      found[#found + 1] = one
    end
    uses[one] = uses[one] + 1
  end
  for _, possible in ipairs(schema:possible_types(t)) do
    if possible.field[name] then
      note(possible)
      for _, interface in ipairs(possible.interfaces) do
        if interface.field[name] then note(interface) end
      end
    end
  end
  table.sort(found, function(a, b)
    if uses[a] ~= uses[b] then return uses[a] > uses[b] end
    if a.kind == "INTERFACE" and schema:implements(b, a) then return true end
    if b.kind == "INTERFACE" and schema:implements(a, b) then return false end
    return a.name < b.name
  end)
  local names = {}
  for i, one in ipairs(found) do names[i] = one.name end
  return names
end

local function field_names(t)
  local names = {}
  for i, field in ipairs(t.fields or {}) do names[i] = field.name end
  return names
end

--- FieldsOnCorrectType: reports a field that the parent type does not have.
function fields.unknown(ctx, node, parent)
  local hint = suggest.text(types_with(ctx.schema, parent, node.name),
    "to use an inline fragment on")
  if hint == "" then hint = suggest.did_you_mean(node.name, field_names(parent)) end
  ctx:fault("FieldsOnCorrectType",
    ('Cannot query field "%s" on type "%s".%s'):format(node.name, parent.name, hint), { node.at })
end

--- ScalarLeafs: fields of objects need a selection, fields of scalars take none.
function fields.leaf(ctx, node, def)
  local is_leaf = types.is_leaf(types.named(def.type))
  if is_leaf and node.selections then
    ctx:fault("ScalarLeafs",
      ('Field "%s" must not have a selection since type "%s" has no subfields.'):format(
        node.name, def.type.text), { node.set_at }, node.at)
  elseif not is_leaf and not node.selections then
    ctx:fault("ScalarLeafs", ('Field "%s" of type "%s" must have a selection of subfields. '
      .. 'Did you mean "%s { ... }"?'):format(node.name, def.type.text, node.name), { node.at })
  end
end

return fields
