-- Converts error values to text: scripts raise strings, but also tables and numbers.

local inspect = require("lunette.runtime.inspect")

local errors = {}

local LONGEST = 1000 -- most bytes of a message in an answer

--- The message of an error value: a table without __tostring is shown with its fields.
---@param err any
---@return string
function errors.text(err)
  if type(err) == "string" then return err end
  local meta = getmetatable(err)
  if type(err) ~= "table" or type(meta) == "table" and meta.__tostring then return tostring(err) end
  return inspect.format(err)
end

--- A message handler for xpcall: the message, and the traceback from the function `level` calls
--- above it.
---@param err any
---@param level? integer
---@return string
function errors.trace(err, level) return debug.traceback(errors.text(err), (level or 1) + 1) end

--- The first line of a message, cut to the limit for answers.
---@param message string
---@return string
function errors.short(message)
  local line = message:match("^[^\n]*")
  if #line <= LONGEST then return line end
  local cut = utf8.len(line, 1, 1) and utf8.offset(line, 0, LONGEST + 1) or LONGEST + 1
  return ("%s … (%d bytes in all)"):format(line:sub(1, cut - 1), #message)
end

return errors
