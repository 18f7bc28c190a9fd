-- Decodes the records waiting in a ring buffer: a decoder's value for a ring buffer map is the
-- layout of its records.

local records = {}

-- Decodes a record; one shorter than the layout stays bytes.
local function decoded(plan, record)
  if not plan or record.busy or #record.data < plan:size() then return nil end
  return plan:decode(record.data)
end

--- Reads the unconsumed records without consuming them: the result of map:ring(limit), each record
--- with its `value` when there is a decoder.
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
