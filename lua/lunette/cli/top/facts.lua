-- Who holds each program and where it hangs: read again every few seconds, or when programs
-- come and go, as it costs more than the counters.

local graph = require("lunette.cli.graph")
local show = require("lunette.cli.show")
local tty = require("lunette.core.tty")

local facts = {}

local EVERY = 5 -- seconds

local QUERY = [[
{ programs { id owners { pid comm } attachments { kind target } } }]]

local known, ids, read_at = {}, "", -EVERY

local function attached(attachments)
  local first = attachments[1]
  if not first then return nil end
  local more = #attachments > 1 and (" +%d"):format(#attachments - 1) or ""
  return ("%s %s%s"):format(first.kind, first.target, more)
end

local function read()
  local data = graph.execute(QUERY).data
  known = {}
  for _, program in ipairs(data and graph.value(data) and data.programs or {}) do
    known[program.id] = {
      owners = show.owners(program.owners), attached = attached(program.attachments),
    }
  end
end

--- Adds owners and attach points to rows.
---@param rows table[]
function facts.add(rows)
  local list = {}
  for i, row in ipairs(rows) do list[i] = row.id end
  local now_ids = table.concat(list, ",")
  if now_ids ~= ids or tty.now() - read_at >= EVERY then
    read()
    ids, read_at = now_ids, tty.now()
  end
  for _, row in ipairs(rows) do
    local fact = known[row.id] or {}
    row.owners, row.attached = fact.owners, fact.attached
  end
end

return facts
