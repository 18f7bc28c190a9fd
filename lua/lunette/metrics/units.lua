-- Units of the kernel's numbers, and Prometheus's units (seconds, bytes, ratios). A conversion is a
-- divisor: dividing an integer by 1e9 gives the nearest double; multiplying by 1e-9 does not.

local units = {}

local DIVISORS = {
  seconds = { ns = 1e9, us = 1e6, ms = 1e3, s = 1, minutes = 1 / 60, jiffies = 100 },
  bytes = { bits = 8, B = 1, kB = 1 / 1000, KiB = 1 / 1024, MiB = 1 / 1048576,
    pages = 1 / 4096, sectors = 1 / 512 },
  ratio = { percent = 100, permille = 1000, ratio = 1 },
}

local function names()
  local list = {}
  for _, known in pairs(DIVISORS) do
    for name in pairs(known) do list[#list + 1] = name end
  end
  table.sort(list)
  return table.concat(list, ", ")
end

--- The divisor that converts numbers in `from` to `unit`.
---@param from string|nil
---@param unit string|nil
---@return number|nil divisor, string? err
function units.divisor(from, unit)
  if from == nil or from == unit then return 1 end
  local divisor = DIVISORS[unit] and DIVISORS[unit][from]
  if divisor then return divisor end
  local base = units.base(from)
  if not base then return nil, "there is no such unit; there are " .. names() end
  if unit == nil then return nil, ('the metric needs unit = "%s", too'):format(base) end
  return nil, ('it converts to unit = "%s", not to "%s"'):format(base, unit)
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
