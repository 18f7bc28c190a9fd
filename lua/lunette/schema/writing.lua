-- How text and typed values become bytes of a map, and how they are written.

local bpf = require("bpf")
local decode = require("lunette.decode")

local writing = {}

local function hex(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

--- Reads text in a format into exactly so many bytes. The error names the argument.
---@param name string
---@param text string
---@param format string
---@param size integer
---@return string|nil bytes, string? err
function writing.parse(name, text, format, size)
  local bytes, err = decode.parse(text, format, size)
  if not bytes then return nil, ("%s: %s"):format(name, err) end
  return bytes
end

--- What to write so that one CPU's value changes (per-CPU maps), or the only one.
---@return string|string[]|nil value, string? err
function writing.for_cpu(map, info, key, bytes, cpu)
  if not info.per_cpu then
    if cpu then return nil, "cpu: the map has one value for all CPUs" end
    return bytes
  end
  local cpus = bpf.cpus()
  if not cpu then return nil, ("cpu: needed, 0 to %d"):format(cpus - 1) end
  if cpu < 0 or cpu >= cpus then
    return nil, ("cpu: there is no CPU %d, only 0 to %d"):format(cpu, cpus - 1)
  end
  local values, err = map:lookup(key)
  if not values then return nil, ("key: %s"):format(err or "no such entry") end
  values[cpu + 1] = bytes
  return values
end

--- The value of a new entry: one text, or one a CPU.
---@return string|string[]|nil value, string? err
function writing.values(info, texts, format)
  local wanted = info.per_cpu and bpf.cpus() or 1
  if #texts ~= wanted then
    return nil, ("values: %d needed, got %d"):format(wanted, #texts)
  end
  local values = {}
  for i, text in ipairs(texts) do
    local bytes, err = writing.parse(("values[%d]"):format(i - 1), text, format, info.value_size)
    if not bytes then return nil, err end
    values[i] = bytes
  end
  return info.per_cpu and values or values[1]
end

return writing
