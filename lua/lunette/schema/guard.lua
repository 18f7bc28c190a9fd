-- Guards what writes: the server must allow it and the token must have been given. Why a change
-- failed, or was refused, stands in the field `error` of its answer; where the request does not
-- ask for that field, it is an error of the response.

local audit = require("lunette.runtime.audit")
local kernel = require("lunette.schema.kernel")

local guard = {}

local FORBIDDEN = "writing is not allowed: start the server with --allow-write and send its token"

local function tell(ctx, field, args, result, err)
  if args.dryRun then return end
  local outcome = result and "done" or err == FORBIDDEN and "refused" or "failed: " .. tostring(err)
  audit.write(ctx.request, field, args, outcome, type(result) == "table" and result.before or nil)
end

--- A resolver that lets a change through only where writing is allowed, a dry run always. The
--- change returns true or the fields of the answer, or nil and why it failed.
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
