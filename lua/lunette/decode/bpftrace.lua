-- bpftrace's maps, whose BTF says nothing: keys of several parts, aggregations a CPU.

local d = require("lunette.decode.combinators")

local bpftrace = {}

--- Whether bpftrace made the map: its maps are named after the script's @variables.
function bpftrace.made(info) return info.name:sub(1, 3) == "AT_" end

local function key_node(info)
  if info.key_size == 16 then return d.cstring(16) end
  if info.key_size == 8 then return d.u64() end
  return d.bytes(info.key_size)
end

--- The decoder's parts for a map of bpftrace's, or nil.
---@return { key: table, value: table, reduce: string?, why: string }|nil
function bpftrace.guess(info)
  if not bpftrace.made(info) or info.key_size == 0 then return nil end
  if info.value_size ~= 8 then return nil end
  return { key = key_node(info), value = d.i64(), reduce = "sum",
    why = "bpftrace made it (its name begins with AT_)" }
end

return bpftrace
