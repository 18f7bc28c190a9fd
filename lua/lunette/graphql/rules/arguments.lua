-- Rules on arguments: known, given once, and given when required.

local coordinate = require("lunette.graphql.arguments").coordinate
local suggest = require("lunette.runtime.suggest")
local types = require("lunette.graphql.types")

local arguments = {}

local function names_of(inputs)
  local names = {}
  for i, input in ipairs(inputs) do names[i] = input.name end
  return names
end

local function given_of(node)
  local given = {}
  for _, arg in ipairs(node.arguments or {}) do given[arg.name] = true end
  return given
end

-- Reports every name that occurs more than once among nodes of an owner.
local function report_twice(ctx, rule, owner, nodes, text)
  local places, order = {}, {}
  for _, node in ipairs(nodes) do
    local at = places[node.name]
    if not at then
      at = {}
      places[node.name] = at
      order[#order + 1] = node.name
    end
    at[#at + 1] = node.name_at or node.at
  end
  for _, name in ipairs(order) do
    if #places[name] > 1 then ctx:fault(rule, text:format(name), places[name], owner.at) end
  end
end
arguments.report_twice = report_twice

--- UniqueArgumentNames
function arguments.unique(ctx, node)
  if not node.arguments or #node.arguments < 2 then return end
  report_twice(ctx, "UniqueArgumentNames", node, node.arguments,
    'There can be only one argument named "%s".')
end

--- UniqueInputFieldNames, in all levels of a value
function arguments.unique_fields(ctx, value)
  if value.kind == "ListValue" then
    for _, item in ipairs(value.values) do arguments.unique_fields(ctx, item) end
  elseif value.kind == "ObjectValue" then
    local seen = {}
    for _, field in ipairs(value.fields) do
      if seen[field.name] then
        ctx:fault("UniqueInputFieldNames",
          ('There can be only one input field named "%s".'):format(field.name),
          { seen[field.name], field.at }, field.at)
      else
        seen[field.name] = field.at
      end
      arguments.unique_fields(ctx, field.value)
    end
  end
end

--- KnownArgumentNames of a field
function arguments.known(ctx, def, node)
  for _, arg in ipairs(node.arguments or {}) do
    if not def.arg[arg.name] then
      ctx:fault("KnownArgumentNames", ('Unknown argument "%s" on field "%s".%s'):format(arg.name,
        arguments.field_text(def), suggest.did_you_mean(arg.name, names_of(def.args))),
        { arg.at })
    end
  end
end

--- A field's name in messages: "Type.field".
function arguments.field_text(def)
  return (def.owner and def.owner.name or "<meta>") .. "." .. def.name
end

--- ProvidedRequiredArguments of a field
function arguments.required(ctx, def, node)
  local given = given_of(node)
  for _, input in ipairs(def.args) do
    if not given[input.name] and types.is_required(input) then
      ctx:fault("ProvidedRequiredArguments",
        ('Argument "%s" of type "%s" is required, but it was not provided.'):format(
          coordinate(def, input), input.type.text), { node.at }, node)
    end
  end
end

--- KnownArgumentNames of a directive
function arguments.known_of_directive(ctx, def, node)
  for _, arg in ipairs(node.arguments or {}) do
    if not def.arg[arg.name] then
      ctx:fault("KnownArgumentNames",
        ('Unknown argument "%s" on directive "@%s".%s'):format(arg.name, node.name,
          suggest.did_you_mean(arg.name, names_of(def.args))), { arg.at }, node.at)
    end
  end
end

--- ProvidedRequiredArguments of a directive
function arguments.required_of_directive(ctx, def, node)
  local given = given_of(node)
  for _, input in ipairs(def.args) do
    if not given[input.name] and types.is_required(input) then
      ctx:fault("ProvidedRequiredArguments",
        ('Argument "@%s(%s:)" of type "%s" is required, but it was not provided.')
          :format(node.name, input.name, input.type.text), { node.at }, node)
    end
  end
end

return arguments
