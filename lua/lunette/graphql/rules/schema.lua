-- Validity of a schema as a whole: roots, names, fields, complete implementations of interfaces,
-- defaults that match their types.

local arguments = require("lunette.graphql.rules.arguments")
local directives = require("lunette.graphql.directives")
local explain = require("lunette.graphql.explain")
local cycles = require("lunette.graphql.rules.cycles")
local types = require("lunette.graphql.types")
local coordinate = require("lunette.graphql.arguments").coordinate

local rules = {}

local ROOTS = { "query", "mutation", "subscription" }

-- The numbers of those nodes that are not nil.
local function places(...)
  local at = {}
  for _, node in pairs({ ... }) do
    if node and node.at then at[#at + 1] = node.at end
  end
  return at
end

-- The nodes of a type's definition and its extensions.
local function parts_of(t)
  local parts = { t.node }
  for _, node in ipairs(t.extensions or {}) do parts[#parts + 1] = node end
  return parts
end

local function part_places(t)
  local at = {}
  for i, node in ipairs(parts_of(t)) do at[i] = node.at end
  return at
end

-- The nodes where a type names another one under a key (interfaces or types).
local function mentions(t, key, other)
  local at = {}
  for _, part in ipairs(parts_of(t)) do
    for _, node in ipairs(part[key] or {}) do
      if node.name == other.name then at[#at + 1] = node.at end
    end
  end
  return at
end

local function root_node(schema, operation)
  for _, node in ipairs(schema.nodes or {}) do
    for _, root in ipairs(node.operations or {}) do
      if root.operation == operation then return root.type end
    end
  end
end

local function list_of(words)
  if #words == 2 then return words[1] .. " and " .. words[2] end
  return table.concat(words, ", ", 1, #words - 1) .. ", and " .. words[#words]
end

local function check_roots(ctx, schema)
  if not schema.query then
    local first = schema.nodes and schema.nodes[1]
    ctx:report("Query root type must be provided.",
      places(first and first.kind == "SchemaDefinition" and first or nil))
  end
  local used, order = {}, {}
  for _, operation in ipairs(ROOTS) do
    local root = schema[operation]
    if root and root.kind ~= "OBJECT" then
      ctx:report(("%s root type must be Object type%s, it cannot be %s."):format(
        operation:gsub("^%l", string.upper), operation ~= "query" and " if provided" or "",
        root.name), places(root_node(schema, operation) or root.node))
    elseif root then
      if not used[root] then
        used[root] = {}
        order[#order + 1] = root
      end
      table.insert(used[root], operation)
    end
  end
  for _, root in ipairs(order) do
    if #used[root] > 1 then
      local at = {}
      for _, operation in ipairs(used[root]) do
        local node = root_node(schema, operation)
        if node then at[#at + 1] = node.at end
      end
      ctx:report(('All root types must be different, "%s" type is used as %s root types.')
        :format(root.name, list_of(used[root])), at)
    end
  end
end

local function check_name(ctx, item)
  if item.name:find("^__") then
    ctx:report(('Name "%s" must not begin with "__", which is reserved by GraphQL '
      .. "introspection."):format(item.name), places(item.node))
  end
end

local function check_default(ctx, input, what)
  local node = input.default
  if node == nil or not types.is_input(input.type) then return end
  local function report(message, path, at_node)
    ctx:report(("%s has invalid default value%s: %s"):format(what, explain.path(path), message),
      { at_node and at_node.at or node.at })
  end
  if node.kind == "GivenValue" then
    explain.value(node.value, input.type, report, {})
  else
    explain.literal(node, input.type, report, nil, {})
  end
end

-- Checks an argument or input field: name, type, deprecation, default.
local function check_input(ctx, input, what, kind, whole)
  check_name(ctx, input)
  if not types.is_input(input.type) then
    ctx:report(("The type of %s must be Input Type but got: %s."):format(what, input.type.text),
      places(whole and input.node or input.node and input.node.type))
  end
  if types.is_required(input) and input.deprecation then
    ctx:report(("Required %s %s cannot be deprecated."):format(kind, what),
      places(input.node and directives.find(input.node.directives, "deprecated"),
        input.node and input.node.type))
  end
  check_default(ctx, input, what)
end

local function check_directives(ctx, schema)
  for _, directive in ipairs(schema.directives) do
    if not directive.specified then
      check_name(ctx, directive)
      for _, arg in ipairs(directive.args) do
        check_input(ctx, arg, coordinate(directive, arg), "argument", true)
      end
    end
  end
end

local function check_fields(ctx, t)
  if #t.fields == 0 then
    ctx:report(("Type %s must define one or more fields."):format(t.name), part_places(t))
  end
  for _, field in ipairs(t.fields) do
    check_name(ctx, field)
    if not types.is_output(field.type) then
      ctx:report(("The type of %s must be Output Type but got: %s."):format(
        arguments.field_text(field), field.type.text), places(field.node and field.node.type))
    end
    for _, arg in ipairs(field.args) do
      check_input(ctx, arg, coordinate(field, arg), "argument")
    end
  end
end

-- Checks a field against the interface's field: type, arguments, deprecation.
local function check_field(ctx, schema, own, wanted)
  local own_text, text = arguments.field_text(own), arguments.field_text(wanted)
  if not types.is_subtype(schema, own.type, wanted.type) then
    ctx:report(("Interface field %s expects type %s but %s is type %s."):format(text,
      wanted.type.text, own_text, own.type.text), places(wanted.node.type, own.node.type))
  end
  for _, arg in ipairs(wanted.args) do
    local mine = own.arg[arg.name]
    if not mine then
      ctx:report(("Interface field argument %s expected but %s does not provide it."):format(
        coordinate(wanted, arg), own_text), places(arg.node, own.node))
    elseif mine.type ~= arg.type then
      ctx:report(("Interface field argument %s expects type %s but %s is type %s."):format(
        coordinate(wanted, arg), arg.type.text, coordinate(own, mine), mine.type.text),
        places(arg.node.type, mine.node.type))
    end
  end
  for _, arg in ipairs(own.args) do
    if types.is_required(arg) and not wanted.arg[arg.name] then
      ctx:report(('Argument "%s" must not be required type "%s" if not provided by the '
        .. 'Interface field "%s".'):format(coordinate(own, arg), arg.type.text, text),
        places(arg.node, wanted.node))
    end
  end
  if own.deprecation and not wanted.deprecation then
    ctx:report(("Interface field %s is not deprecated, so implementation field %s must not be "
      .. "deprecated."):format(text, own_text),
      places(directives.find(own.node.directives, "deprecated"), own.node.type))
  end
end

local function includes(list, item)
  for _, one in ipairs(list) do
    if one == item then return true end
  end
  return false
end

local function check_ancestors(ctx, t, interface)
  for _, other in ipairs(interface.interfaces) do
    if not includes(t.interfaces, other) then
      local at = mentions(interface, "interfaces", other)
      local more = mentions(t, "interfaces", interface)
      table.move(more, 1, #more, #at + 1, at)
      ctx:report(other == t
        and ("Type %s cannot implement %s because it would create a circular reference.")
          :format(t.name, interface.name)
        or ("Type %s must implement %s because it is implemented by %s."):format(t.name,
          other.name, interface.name), at)
    end
  end
end

local function check_interface(ctx, schema, t, interface, seen)
  local at = mentions(t, "interfaces", interface)
  if interface.kind ~= "INTERFACE" then
    return ctx:report(("Type %s must only implement Interface types, it cannot implement %s.")
      :format(t.name, interface.text), at)
  elseif interface == t then
    return ctx:report(("Type %s cannot implement itself because it would create a circular "
      .. "reference."):format(t.name), at)
  elseif seen[interface] then
    return ctx:report(("Type %s can only implement %s once."):format(t.name, interface.name), at)
  end
  seen[interface] = true
  check_ancestors(ctx, t, interface)
  for _, wanted in ipairs(interface.fields) do
    local own = t.field[wanted.name]
    if own then
      check_field(ctx, schema, own, wanted)
    else
      local where = places(wanted.node)
      local parts = part_places(t)
      table.move(parts, 1, #parts, #where + 1, where)
      ctx:report(("Interface field %s expected but %s does not provide it."):format(
        arguments.field_text(wanted), t.name), where)
    end
  end
end

local checks = {}

function checks.OBJECT(ctx, schema, t)
  check_fields(ctx, t)
  local seen = {}
  for _, interface in ipairs(t.interfaces) do check_interface(ctx, schema, t, interface, seen) end
end
checks.INTERFACE = checks.OBJECT

function checks.UNION(ctx, _, t)
  if #t.types == 0 then
    ctx:report(("Union type %s must define one or more member types."):format(t.name),
      part_places(t))
  end
  local seen = {}
  for _, member in ipairs(t.types) do
    if seen[member] then
      ctx:report(("Union type %s can only include type %s once."):format(t.name, member.name),
        mentions(t, "types", member))
    else
      seen[member] = true
      if member.kind ~= "OBJECT" then
        ctx:report(("Union type %s can only include Object types, it cannot include %s.")
          :format(t.name, member.text), mentions(t, "types", member))
      end
    end
  end
end

function checks.ENUM(ctx, _, t)
  if #t.values == 0 then
    ctx:report(("Enum type %s must define one or more values."):format(t.name), part_places(t))
  end
  for _, value in ipairs(t.values) do check_name(ctx, value) end
end

function checks.INPUT_OBJECT(ctx, _, t)
  if #t.fields == 0 then
    ctx:report(("Input Object type %s must define one or more fields."):format(t.name),
      part_places(t))
  end
  for _, field in ipairs(t.fields) do
    local what = t.name .. "." .. field.name
    check_input(ctx, field, what, "input field")
    if t.one_of and field.type.kind == "NON_NULL" then
      ctx:report(("OneOf input field %s must be nullable."):format(what), places(field.node.type))
    end
    if t.one_of and field.default ~= nil then
      ctx:report(("OneOf input field %s cannot have a default value."):format(what),
        places(field.node))
    end
  end
end

--- Checks a schema.
---@param ctx table
---@param schema table
function rules.check(ctx, schema)
  check_roots(ctx, schema)
  check_directives(ctx, schema)
  local default_cycles = cycles.of_defaults(ctx)
  for _, t in ipairs(schema.list) do
    if not t.introspection then
      check_name(ctx, t)
      local check = checks[t.kind]
      if check then check(ctx, schema, t) end
      if t.kind == "INPUT_OBJECT" then default_cycles(t) end
    end
  end
  cycles.of_inputs(ctx, schema)
end

return rules
