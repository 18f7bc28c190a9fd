-- State shared by the rules: the schema, the document, its fragments, and the errors found.

local errors = require("lunette.graphql.error")

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

--- Ends the validation with an error without a place.
---@param message string
function Context:abort(message)
  self.errors[#self.errors + 1] = errors.new { message = message }
  error(STOP, 0)
end

--- Runs a validation function. Returns the errors.
---@param self table
---@param fn fun()
---@return table[] errors
function context.run(self, fn)
  local ok, raised = pcall(fn)
  if not ok and raised ~= STOP then error(raised, 0) end
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
