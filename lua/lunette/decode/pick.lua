-- Picks select a column of a decoder, for metric labels and values, sorting and filters.

local pick = {}

-- Ways to merge the values of the CPUs.
pick.CPUS = { sum = true, min = true, max = true, avg = true, last = true }

--- Raises when it is no such way.
---@param how any
---@param level integer whom to blame, as in error()
---@return string how
function pick.check_cpus(how, level)
  if pick.CPUS[how] then return how end
  error(("cpus: unknown method '%s' (sum, min, max, avg, last)"):format(tostring(how)), level + 1)
end

local Pick = {}
Pick.__index = Pick

local function new(side, path, reduce)
  return setmetatable({ side = side, path = path, reduce = reduce }, Pick)
end

--- Sets how the CPUs' values are merged: d.value("calls"):cpus("sum").
---@param how "sum"|"min"|"max"|"avg"|"last"
function Pick:cpus(how) return new(self.side, self.path, pick.check_cpus(how, 2)) end

function Pick:sum_cpus() return self:cpus("sum") end -- the old spelling

--- A column of the key: d.key("comm"); without a path the whole key.
---@param path? string
function pick.key(path) return new("key", path or "key") end

--- A column of the value: d.value("calls").
---@param path? string
function pick.value(path) return new("value", path or "value") end

--- True when a value is a pick.
function pick.is(v) return getmetatable(v) == Pick end

return pick
