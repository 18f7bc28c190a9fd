-- Units of the kernel's numbers, and Prometheus's units (seconds, bytes, ratios). A conversion is a
-- divisor: dividing an integer by 1e9 gives the nearest double; multiplying by 1e-9 does not.

local units = {}

local DIVISORS = {
  seconds = { ns = 1e9, us = 1e6, ms = 1e3, s = 1, minutes = 1 / 60, jiffies = 100 },
  bytes = { bits = 8, B = 1, kB = 1 / 1000, KiB = 1 / 1024, MiB = 1 / 1048576,
    pages = 1 / 4096, sectors = 1 / 512 },
  ratio = { percent = 100, permille = 1000, ratio = 1 },
}

--- The divisor that converts numbers in `from` to `unit`.
---@param from string|nil
---@param unit string|nil
---@return number|nil divisor, string? err
function units.divisor(from, unit)
  if from == nil or from == unit then return 1 end
  local known = DIVISORS[unit]
  if not known then
    return nil, ("no conversion to unit '%s' (from '%s')"):format(tostring(unit), from)
  end
  local divisor = known[from]
  if not divisor then
    return nil, ("no conversion from '%s' to '%s'"):format(from, unit)
  end
  return divisor
end

--- Prometheus's unit for numbers in `from`: "ns" -> "seconds".
---@param from string|nil
---@return string|nil
function units.base(from)
  for unit, known in pairs(DIVISORS) do
    if from == unit or known[from] then return unit end
  end
  return nil
end

return units
