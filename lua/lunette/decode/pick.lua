-- Picks: one column of a decoder, for metric labels and values, sorting and filters.

local pick = {}

local Pick = {}
Pick.__index = Pick

local function new(side, path, reduce)
  return setmetatable({ side = side, path = path, reduce = reduce }, Pick)
end

function Pick:sum_cpus() return new(self.side, self.path, "sum") end
function Pick:min_cpus() return new(self.side, self.path, "min") end
function Pick:max_cpus() return new(self.side, self.path, "max") end
function Pick:avg_cpus() return new(self.side, self.path, "avg") end

--- A column of the key: d.key("comm"); without a path the whole of it.
---@param path? string
function pick.key(path) return new("key", path or "key") end

--- A column of the value: d.value("calls").
---@param path? string
function pick.value(path) return new("value", path or "value") end

--- Whether a value is a pick.
function pick.is(v) return getmetatable(v) == Pick end

return pick
