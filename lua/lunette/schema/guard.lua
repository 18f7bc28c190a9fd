-- Guards mutations: the server must allow writing, and the request must have the right. The reason
-- of a failed or refused change is in the field `error` of its result; when the request does not
-- select that field, it is an error of the response.

local audit = require("lunette.runtime.audit")
local kernel = require("lunette.schema.kernel")

local guard = {}

local FORBIDDEN = "writing is not allowed: start the server with --allow-write and send its token"

local function tell(ctx, field, args, result, err)
  if args.dryRun then return end
  local outcome = result and "done" or err == FORBIDDEN and "refused" or "failed: " .. tostring(err)
  audit.write(ctx.request, field, args, outcome, type(result) == "table" and result.before or nil)
end

--- Wraps a change as a resolver that checks the right to write; a dry run is always allowed. The
--- change returns true or the fields of the result, or nil and the error.
---@param change fun(args: table, ctx: table): table|true|nil, string?
function guard.guarded(change)
  return function(_, args, ctx, info)
    local result, err = nil, FORBIDDEN
    if ctx.can_write or args.dryRun then
      result, err = change(args, ctx)
      kernel.forget(ctx)
    end
    tell(ctx, info.field_name, args, result, err)
    if result then return type(result) == "table" and result or {} end
    if not info:selects("error") then error(err, 0) end
    return { error = err, written = false, values = {} }
  end
end

return guard
