-- The owners and attachments of programs for top. Reading them costs more than the counters, so
-- they are read every few seconds, or when programs come and go.

local lunette = require("lunette")
local graph = require("lunette.cli.graph")
local show = require("lunette.cli.show")

local facts = {}

local EVERY = 5 -- seconds
local SHARE = 20 -- reading them takes at most 1/SHARE of the time

local QUERY = [[
{ programs(filter: {}) { id owners { pid comm } attachments { kind target } } }]]

local known, ids = {}, ""
local read_at, took = -math.huge, 0

local function attached(attachments)
  local first = attachments[1]
  if not first then return nil end
  local more = #attachments > 1 and (" +%d"):format(#attachments - 1) or ""
  return ("%s %s%s"):format(first.kind, first.target, more)
end

local function read()
  local from = lunette.now()
  local data = graph.execute(QUERY).data
  known = {}
  for _, program in ipairs(data and graph.value(data) and data.programs or {}) do
    known[program.id] = {
      owners = show.owners(program.owners), attached = attached(program.attachments),
    }
  end
  read_at = lunette.now()
  took = read_at - from
end

-- True when it is time to read again: sooner when the set of programs has changed.
local function due(same_ids)
  return lunette.now() - read_at >= math.max(same_ids and EVERY or 0, took * SHARE)
end

--- Adds owners and attach points to rows.
---@param rows table[]
function facts.add(rows)
  local list = {}
  for i, row in ipairs(rows) do list[i] = row.id end
  local now_ids = table.concat(list, ",")
  if due(now_ids == ids) then
    read()
    ids = now_ids
  end
  for _, row in ipairs(rows) do
    local fact = known[row.id] or {}
    row.owners, row.attached = fact.owners, fact.attached
  end
end

return facts
