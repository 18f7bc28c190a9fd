-- Formats numbers for people.

local units = {}

local BYTES = { "B", "K", "M", "G", "T" }

--- 4096 -> "4K", 1536 -> "1.5K"
---@param n number|nil
---@return string|nil
function units.bytes(n)
  if not n then return nil end
  local i = 1
  while n >= 1024 and i < #BYTES do n, i = n / 1024, i + 1 end
  local digits = (n >= 10 or n == math.floor(n)) and "%.0f%s" or "%.1f%s"
  return digits:format(n, BYTES[i])
end

local TIMES = { { 1, "s" }, { 1e-3, "ms" }, { 1e-6, "us" } }

--- 0.0000015 -> "1.50us": three digits and a unit, up to seconds
---@param seconds number|nil
---@return string|nil
function units.duration(seconds)
  if not seconds then return nil end
  if seconds == 0 then return "0" end
  local scale, unit = 1e-9, "ns"
  for _, time in ipairs(TIMES) do
    if seconds >= time[1] then
      scale, unit = time[1], time[2]
      break
    end
  end
  local n = seconds / scale
  if unit == "s" and n >= 1000 then return ("%.0fs"):format(n) end
  return (n >= 100 and "%.0f%s" or n >= 10 and "%.1f%s" or "%.2f%s"):format(n, unit)
end

local AGES = { { 86400, "d" }, { 3600, "h" }, { 60, "m" } }

--- Seconds as one or two words: "3d 4h", "12m", "8s"
---@param seconds number|nil
---@return string|nil
function units.age(seconds)
  if not seconds then return nil end
  seconds = math.max(0, math.floor(seconds))
  for i, age in ipairs(AGES) do
    if seconds >= age[1] then
      local whole, rest = seconds // age[1], seconds % age[1]
      local finer = AGES[i + 1] or { 1, "s" }
      local more = whole < 10 and rest // finer[1] or 0
      return more > 0 and ("%d%s %d%s"):format(whole, age[2], more, finer[2])
        or ("%d%s"):format(whole, age[2])
    end
  end
  return ("%ds"):format(seconds)
end

local COUNTS = { { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" } }

--- 12345 -> "12.3k"
---@param n number|nil
---@return string|nil
function units.count(n)
  if not n then return nil end
  for _, count in ipairs(COUNTS) do
    if n >= count[1] then
      local x = n / count[1]
      return (x >= 100 and "%.0f%s" or "%.1f%s"):format(x, count[2])
    end
  end
  return (n == math.floor(n) and "%.0f" or n >= 10 and "%.1f" or "%.2f"):format(n)
end

return units
