-- Rules on directives: known, allowed at their location, not repeated, with their arguments. For
-- documents and for schemas.

local arguments = require("lunette.graphql.rules.arguments")

local directives = {}

local locations = setmetatable({}, { __mode = "k" })

-- The set of a directive's locations.
local function location_set(def)
  local set = locations[def]
  if not set then
    set = {}
    for _, name in ipairs(def.locations) do set[name] = true end
    locations[def] = set
  end
  return set
end

local function check_place(ctx, def, node, location)
  if location_set(def)[location] then return end
  ctx:fault("KnownDirectives",
    ('Directive "@%s" may not be used on %s.'):format(node.name, location), { node.at })
end

local function check_once(ctx, def, node, seen, owner)
  if def.repeatable then return end
  if seen[node.name] then
    ctx:fault("UniqueDirectivesPerLocation",
      ('The directive "@%s" can only be used once at this location.'):format(node.name),
      { seen[node.name].at, node.at }, owner.at)
  else
    seen[node.name] = node
  end
end

--- Checks the directives of a node.
---@param ctx table
---@param owner table the node
---@param location string
---@param seen table|nil directives already found at the same place
---@param value fun(node: table, input: table|nil, def: table|nil)|nil called for each argument's
---  value
---@param field table|nil lends its arguments' types to a directive that isn't known
function directives.check(ctx, owner, location, seen, value, field)
  seen = seen or {}
  for _, node in ipairs(owner.directives or {}) do
    local def = ctx.directive[node.name]
    if def then
      check_place(ctx, def, node, location)
      check_once(ctx, def, node, seen, owner)
      arguments.known_of_directive(ctx, def, node)
      arguments.required_of_directive(ctx, def, node)
    else
      ctx:fault("KnownDirectives", ('Unknown directive "@%s".'):format(node.name), { node.at })
    end
    arguments.unique(ctx, node)
    for _, arg in ipairs(node.arguments or {}) do
      arguments.unique_fields(ctx, arg.value)
      local lender = def or field
      if value then value(arg.value, lender and lender.arg[arg.name], def) end
    end
  end
end

return directives
