-- The error text for a script's author: the message and the frames of the script, without those of
-- the command.

local errors = require("lunette.runtime.errors")
local exit = require("lunette.cli.exit")

local TAIL = "%s*%[C%]: in function 'lunette%.core%.interrupt%.call'.*$"

--- A message handler for xpcall.
---@param err any
---@return string
return function(err)
  if exit.failure(err) then return err.message end
  return (errors.trace(err, 2):gsub(TAIL, ""))
end
