-- Guards what writes: the server must allow it and the token must have been given.

local kernel = require("lunette.schema.kernel")

local guard = {}

local FORBIDDEN = "writing is not allowed: start the server with --allow-write and send its token"

--- A resolver that lets a change through only where writing is allowed, a dry run always. The
--- change returns true or the rest of the answer, or nil and why it failed.
---@param change fun(args: table, ctx: table): table|true|nil, string?
function guard.guarded(change)
  return function(_, args, ctx)
    if not ctx.can_write and not args.dryRun then error(FORBIDDEN, 0) end
    local result, err = change(args, ctx)
    kernel.forget(ctx)
    if not result then return { error = err, written = false, values = {} } end
    return type(result) == "table" and result or {}
  end
end

return guard
