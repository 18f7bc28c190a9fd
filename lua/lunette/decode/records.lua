-- The records that wait in a ring buffer, decoded: what a decoder declares as the value of a
-- ring buffer map is the layout of its records.

local records = {}

-- A record that is shorter than the layout stays bytes.
local function decoded(plan, record)
  if not plan or record.busy or #record.data < plan:size() then return nil end
  return plan:decode(record.data)
end

--- Looks at the unconsumed records and consumes none: what map:ring(limit) gives, each record
--- with its `value` where a decoder says what it is.
---@param map bpf.Map
---@param limit? integer
---@return table|nil ring, string? err, integer? errno
function records.look(map, limit)
  local ring, err, errno = map:ring(limit)
  if not ring then return nil, err, errno end
  local plan = map:decoder().record_plan
  for _, record in ipairs(ring.records) do record.value = decoded(plan, record) end
  return ring
end

return records
