-- The audit log: a line for each change that a client of the server makes or is refused.

local core = require("lunette.core.server")
local json = require("lunette.runtime.json")

local audit = {}

local MOST = 2000 -- bytes of the arguments

local function text_of(args)
  local ok, text = pcall(json.encode, args)
  if not ok then return "(arguments that JSON can't hold)" end
  return #text > MOST and text:sub(1, MOST) .. "…" or text
end

--- Writes "USER@ADDRESS WHAT ARGUMENTS: OUTCOME".
---@param request table|nil nil for a command of this process, which leaves no line
---@param what string a field of Mutation, or a route's method and path
---@param args table|nil
---@param outcome string "done", or why not
---@param before any what was there, for a change that can be undone
function audit.write(request, what, args, outcome, before)
  if not request then return end
  local parts = { ("%s@%s %s"):format(request.user or "nobody", request.remote or "?", what) }
  if args then parts[#parts + 1] = " " .. text_of(args) end
  parts[#parts + 1] = ": " .. outcome
  if before then parts[#parts + 1] = ", before: " .. text_of(before) end
  core.log("audit", table.concat(parts))
end

return audit
