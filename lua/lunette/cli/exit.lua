-- Exit codes, and how a command ends early with one line on stderr.

local exit = {
  OK = 0,
  FAILED = 1, -- the kernel, a script or a query reported an error
  USAGE = 2, -- the command line is wrong
  MISSING = 3, -- no such program, map, link, file
  DENIED = 4, -- a privilege is missing
  INTERRUPTED = 130, -- Ctrl-C
}

--- For --help: the meaning of the codes.
exit.TEXT = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no such object, "
  .. "4 not permitted, 130 interrupted."

local Failure = {}
Failure.__index = Failure
Failure.__tostring = function(failure) return failure.message end

--- Ends the command: raises what main() prints as one line.
---@param code integer
---@param format string
---@param ... any
function exit.fail(code, format, ...)
  local message = select("#", ...) > 0 and format:format(...) or format
  error(setmetatable({ code = code, message = message }, Failure), 0)
end

--- The failure inside an error value; nil for any other error.
---@param err any
---@return { code: integer, message: string }|nil
function exit.failure(err)
  return getmetatable(err) == Failure and err or nil
end

-- Phrases of the kernel's messages, and their exit codes.
local WORDS = {
  { "[Oo]peration not permitted", exit.DENIED }, { "[Pp]ermission denied", exit.DENIED },
  { "CAP_%u+", exit.DENIED }, { "not allowed", exit.DENIED }, { "not found", exit.MISSING },
  { "No such file", exit.MISSING }, { "no such ", exit.MISSING },
  { "has the id", exit.MISSING }, { "unknown type", exit.USAGE },
}

--- The exit code for a message of the kernel or of GraphQL.
---@param message string
---@return integer
function exit.code_of(message)
  for _, word in ipairs(WORDS) do
    if message:find(word[1]) then return word[2] end
  end
  return exit.FAILED
end

--- Returns its arguments, or ends the command when the first is nil (`nil, message`).
---@param value any
---@param err string|nil
function exit.check(value, err, ...)
  if value == nil then exit.fail(exit.code_of(tostring(err)), "%s", tostring(err)) end
  return value, err, ...
end

return exit
