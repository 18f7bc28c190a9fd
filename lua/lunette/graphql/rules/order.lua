-- The order of errors, which is that of graphql-js: it visits the nodes of a document one after
-- the other and applies all rules to each, some when the node's children are done. Our walk applies
-- rules as they are cheapest, so errors are sorted afterwards, and only when there are several.

local order = {}

local RULES = {}
for name in ([[LoneSchemaDefinition UniqueOperationTypes UniqueTypeNames UniqueEnumValueNames
  UniqueFieldDefinitionNames UniqueArgumentDefinitionNames UniqueDirectiveNames
  ExecutableDefinitions KnownOperationTypes UniqueOperationNames LoneAnonymousOperation
  SingleFieldSubscriptions KnownTypeNames FragmentsOnCompositeTypes VariablesAreInputTypes
  ScalarLeafs FieldsOnCorrectType UniqueFragmentNames KnownFragmentNames NoUnusedFragments
  PossibleFragmentSpreads NoFragmentCycles UniqueVariableNames NoUndefinedVariables
  NoUnusedVariables KnownDirectives UniqueDirectivesPerLocation PossibleTypeExtensions
  KnownArgumentNames UniqueArgumentNames ValuesOfCorrectType ProvidedRequiredArguments
  VariablesInAllowedPosition OverlappingFieldsCanBeMerged UniqueInputFieldNames
  MaxIntrospectionDepth NoSchemaIntrospection]]):gmatch("%S+") do
  RULES[#RULES + 1] = name
  RULES[name] = #RULES
end

local PARTS = {
  "variables", "arguments", "directives", "selections", "condition", "type", "default", "value",
  "values", "fields",
}

-- The greatest number among a node and its children: where a visitor leaves it.
local function last_of(node)
  if node.kind == "Document" then return math.huge end
  local last = node.at or 0
  for _, key in ipairs(PARTS) do
    local part = node[key]
    if type(part) == "table" then
      if part.kind then last = math.max(last, last_of(part)) end
      for _, child in ipairs(part) do last = math.max(last, last_of(child)) end
    end
  end
  return last
end

--- Notes where an error belongs.
---@param err table
---@param rule string
---@param node integer|table a node's number; the node itself when its children come first
function order.note(err, rule, node)
  err.rule = RULES[rule]
  if type(node) == "number" then
    err.visit, err.left = node, 0
  else
    err.visit, err.left = last_of(node), 1 / (node.at or 1) -- inner nodes are left first
  end
end

local function before(a, b)
  if a.visit ~= b.visit then return a.visit < b.visit end
  if a.left ~= b.left then return a.left < b.left end
  if a.rule ~= b.rule then return a.rule < b.rule end
  return a.found < b.found
end

--- Sorts errors. Those that no rule noted stay behind the ones before them.
---@param list table[]
function order.sort(list)
  if #list < 2 then return end
  for i, err in ipairs(list) do
    err.found = i
    if not err.rule then err.visit, err.left, err.rule = math.huge, math.huge, math.huge end
  end
  table.sort(list, before)
end

return order
