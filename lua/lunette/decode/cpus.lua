-- The ways to merge the values of the CPUs into one.

local cpus = {}

cpus.WAYS = { sum = true, min = true, max = true, avg = true, last = true }

--- Raises when it is no such way.
---@param how any
---@param level integer whom to blame, as in error()
---@return string how
function cpus.check(how, level)
  if cpus.WAYS[how] then return how end
  error(("cpus: unknown method '%s' (sum, min, max, avg, last)"):format(tostring(how)), level + 1)
end

return cpus
