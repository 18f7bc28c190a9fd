-- A field's selection as a document of its own, to send it to another server: with the fragments
-- and variables that it uses.

local json = require("lunette.runtime.json")
local json_text = require("lunette.graphql.json_text")
local printer = require("lunette.graphql.printer")

local forward = {}

local function note_value(found, node)
  if node.kind == "Variable" then
    found.variables[node.name] = true
  elseif node.kind == "ListValue" then
    for _, item in ipairs(node.values) do note_value(found, item) end
  elseif node.kind == "ObjectValue" then
    for _, field in ipairs(node.fields) do note_value(found, field.value) end
  end
end

local function note(found, selections, fragments)
  for _, node in ipairs(selections or {}) do
    for _, arg in ipairs(node.arguments or {}) do note_value(found, arg.value) end
    for _, directive in ipairs(node.directives or {}) do
      for _, arg in ipairs(directive.arguments or {}) do note_value(found, arg.value) end
    end
    local fragment = node.kind == "FragmentSpread" and fragments[node.name]
    if fragment and not found.fragments[node.name] then
      found.fragments[node.name] = true
      found.list[#found.list + 1] = fragment
      note(found, fragment.selections, fragments)
    end
    note(found, node.selections, fragments)
  end
end

-- A variable's value as it came, for JSON: whole numbers beyond 64 bits keep their digits.
local function as_given(value)
  if type(value) ~= "table" then return value end
  local digits = json_text.digits(value)
  if digits then return json.text(digits) end
  local copy = {}
  for key, item in pairs(value) do copy[key] = as_given(item) end
  return setmetatable(copy, getmetatable(value))
end

--- The document of the selections of some nodes, and its variables as JSON text.
---@param kind "query"|"subscription"
---@param nodes table[] fields, whose selections are joined
---@param exec table the execution that they belong to
---@return string document, string|nil variables
function forward.document(kind, nodes, exec)
  local fragments = exec.document.fragments
  local found = { variables = {}, fragments = {}, list = {} }
  local selections, variables, values = {}, {}, {}
  for _, node in ipairs(nodes) do
    table.move(node.selections, 1, #node.selections, #selections + 1, selections)
  end
  note(found, selections, fragments)
  for _, variable in ipairs(exec.operation.variables or {}) do
    local name = variable.variable.name
    if found.variables[name] then
      variables[#variables + 1] = variable
      local value = exec.inputs and exec.inputs[name]
      if value ~= nil then values[name] = as_given(value) end
    end
  end
  local definitions = { { kind = "OperationDefinition", operation = kind, selections = selections,
    variables = #variables > 0 and variables or nil } }
  table.move(found.list, 1, #found.list, 2, definitions)
  return printer.print { kind = "Document", definitions = definitions },
    next(values) ~= nil and json.encode(values) or nil
end

--- True when a field of that name is selected at the top, fragments looked into.
---@param selections table[]
---@param name string
---@param fragments table
---@return boolean
function forward.selects(selections, name, fragments)
  for _, node in ipairs(selections) do
    local fragment = node.kind == "FragmentSpread" and fragments[node.name]
    local inner = node.kind == "InlineFragment" and node.selections
      or fragment and fragment.selections
    if node.kind == "Field" and node.name == name
      or inner and forward.selects(inner, name, fragments) then return true end
  end
  return false
end

return forward
