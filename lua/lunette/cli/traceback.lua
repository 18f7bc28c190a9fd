-- An error as its user wants to see it: the message and the frames of his own code, without
-- those of the command that runs it.

local errors = require("lunette.runtime.errors")
local exit = require("lunette.cli.exit")

local TAIL = "%s*%[C%]: in function 'lunette%.core%.interrupt%.call'.*$"

--- A message handler: the error as text with its traceback.
---@param err any
---@return string
return function(err)
  if exit.failure(err) then return err.message end
  return (errors.trace(err, 2):gsub(TAIL, ""))
end
