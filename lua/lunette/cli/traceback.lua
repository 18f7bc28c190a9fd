-- An error as its user wants to see it: the message and the frames of his own code, without
-- those of the command that runs it.

local exit = require("lunette.cli.exit")

local TAIL = "%s*%[C%]: in function 'lunette%.core%.interrupt%.call'.*$"

--- A message handler: the error as text with its traceback.
---@param err any
---@return string
return function(err)
  if exit.failure(err) then return err.message end
  local kind = type(err)
  local known = kind == "string" or kind == "number" or getmetatable(err)
    and getmetatable(err).__tostring
  local text = known and tostring(err) or require("lunette.runtime.inspect").format(err)
  local trace = debug.traceback("", 2):gsub(TAIL, "")
  return text .. trace
end
