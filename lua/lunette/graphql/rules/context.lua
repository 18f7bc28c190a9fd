-- State shared by the rules: the schema, the document, its fragments, and the errors found.

local errors = require("lunette.graphql.error")
local order = require("lunette.graphql.rules.order")

local context = {}

local Context = {}
Context.__index = Context

local MOST <const> = 100 -- errors of one document; further ones are not looked for

local STOP = setmetatable({}, { __name = "validation aborted" })

--- Adds an error at nodes, given by their numbers. Ends the validation at the limit.
---@param message string
---@param at integer[]
function Context:report(message, at)
  if #self.errors >= self.most then
    self:abort("Too many validation errors, error limit reached. Validation aborted.")
  end
  self.errors[#self.errors + 1] = errors.at(self.sources, message, at)
end

--- Adds an error of a rule, with its place in the order of errors.
---@param rule string the rule's name in the specification
---@param message string
---@param at integer[]
---@param node integer|table|nil the number of the visited node; the node itself for a rule that is
---  applied after a node's children; default: the first of `at`
function Context:fault(rule, message, at, node)
  self:report(message, at)
  order.note(self.errors[#self.errors], rule, node or at[1])
end

--- Ends the validation with an error without a place.
---@param message string
function Context:abort(message)
  self.errors[#self.errors + 1] = errors.new { message = message }
  error(STOP, 0)
end

--- Runs a validation function. Returns the errors, those of rules in graphql-js's order.
---@param self table
---@param fn fun()
---@return table[] errors
function context.run(self, fn)
  local ok, raised = pcall(fn)
  if not ok and raised ~= STOP then error(raised, 0) end
  order.sort(self.errors)
  return self.errors
end

--- A context for an executable document.
---@param schema table
---@param document table
---@return table
function context.new(schema, document)
  return setmetatable({
    schema = schema, document = document, sources = document.sources,
    fragments = document.fragments, errors = {}, most = MOST, directive = schema.directive,
  }, Context)
end

--- A context for the definitions of a schema.
---@param document table
---@param directives table by name, as rules look at them
---@return table
function context.for_sdl(document, directives)
  return setmetatable({
    document = document, sources = document.sources, errors = {}, most = math.huge,
    directive = directives,
  }, Context)
end

return context
